"""Questions: what a passage answers, what it does not, and the choice between given answers."""

import scenes
from sample import Sample, hint, with_labels
from task_ner import exchange, scene_spans, scene_text

WHO = {"PER": ["谁"], "LOC": ["哪里", "什么地方", "哪儿"], "TIME": ["什么时候", "何时", "哪天"], "ORG": ["哪个机构", "什么机构", "哪个单位"]}
WHOLE = {"PER": ["文中提到了哪些人？", "有哪些人？", "文中有谁？"], "LOC": ["文中提到了哪些地方？", "有哪些地名？"], "TIME": ["文中提到了哪些时间？"], "ORG": ["文中提到了哪些机构？", "有哪些机构？"]}
FILLERS = {"PER": "person", "LOC": "place", "TIME": "time", "ORG": "organisation", "COMPANY": "company", "TITLE": "title", "PRODUCT": "product", "MONEY": "money", "WORK": "work", "SPORT": "sport"}


def clause_with_one_name(text, spans, rng):
    """A clause whose one name of a kind can be asked for: (question, span), or None."""
    four = [s for s in spans if s[2] in WHO]
    rng.shuffle(four)
    for a, b, kind in four:
        begin = max(text.rfind(mark, 0, a) for mark in "，。！？；：") + 1
        ends = [text.find(mark, b) for mark in "，。！？；："]
        end = min([e for e in ends if e >= 0] or [len(text)])
        inside = [s for s in four if begin <= s[0] and s[1] <= end]
        if len(inside) == 1 and 5 <= end - begin <= 40 and text.count(text[a:b]) == 1:
            return text[begin:a] + rng.choice(WHO[kind]) + text[b:end] + "？", (a, b)
    return None


def cloze(world, inventor, keys=4):
    rng = inventor.rng
    for _ in range(10):
        text, spans = exchange(rng.choice(world.news), inventor, 0.3)
        asked = clause_with_one_name(text, list(spans), rng)
        if asked:
            break
    else:
        return asked_scene(world, inventor, keys)
    queries = [(hint([], asked[0]), [asked[1]])]
    kind = rng.choice(sorted(WHOLE))
    queries.append((hint([], rng.choice(WHOLE[kind])), sorted({(a, b) for a, b, k in spans if k == kind})))
    if rng.random() < 0.3:
        strange, strange_spans = exchange(rng.choice(world.news), inventor, 0)
        wrong = clause_with_one_name(strange, list(strange_spans), rng)
        if wrong and strange != text:
            queries.append((hint([], wrong[0]), []))
    return Sample(text, queries[:keys], task="qa")


def asked_scene(world, inventor, keys=4):
    rng = inventor.rng
    text, placed, _ = scene_text(world, inventor)
    queries = []
    for scene in rng.sample(placed, len(placed)):
        for slot, questions in rng.sample(scene.plan.asks, len(scene.plan.asks)):
            asked = scenes.question(scene, text, rng.choice(questions))
            named = [s for s in scene.plan.asks]
            if asked is None or not named:
                continue
            alone = sum(other.plan is scene.plan for other in placed) == 1 or any(text[slice(*span)] in asked for span in scene.spans.values())
            if alone:
                queries.append((hint([], asked), [scene.spans[slot]] if slot in scene.spans else []))
    if not queries or rng.random() < 0.3:
        other = scenes.make(rng.choice(scenes.plans()), inventor)
        if other.plan.asks and other.plan not in [scene.plan for scene in placed]:
            asked = scenes.question(other, other.text, rng.choice(rng.choice(other.plan.asks)[1]))
            if asked:
                queries.insert(0, (hint([], asked), []))
    if not queries:
        return cloze(world, inventor, keys)
    return Sample(text, queries[:keys], task="qa")


def choice_of_news(world, inventor):
    """A clause of news less its name, and names in front: the one that stands there, others of the same text or none."""
    rng = inventor.rng
    for _ in range(10):
        text, spans = exchange(rng.choice(world.news), inventor, 0.5)
        asked = clause_with_one_name(text, list(spans), rng)
        if not asked:
            continue
        question, (a, b) = asked
        kind = next(k for start, end, k in spans if (start, end) == (a, b) and k in WHO)
        answer, others = text[a:b], sorted({text[c:d] for c, d, k in spans if k == kind})
        wrong = set(rng.sample(others, min(len(others), 2))) | {inventor.draw(FILLERS[kind]) for _ in range(rng.randint(0, 2))}
        wrong = sorted(w for w in wrong if w not in answer and answer not in w)[:3]
        if wrong and not any(mark in word for word in [answer, *wrong] for mark in ",|"):
            return with_labels(rng, wrong + [answer], answer, text, question, "choice")
    return None


def choice(world, inventor, keys=1):
    """A question with its possible answers in front of the passage."""
    rng = inventor.rng
    found = choice_of_news(world, inventor) if rng.random() < 0.5 else None
    if found:
        return found
    for _ in range(20):
        text, placed, _ = scene_text(world, inventor)
        scene = rng.choice(placed)
        asks = [(slot, q) for slot, q in scene.plan.asks if slot in scene.spans and scene.kinds.get(slot) in FILLERS]
        if not asks or sum(other.plan is scene.plan for other in placed) > 1:
            continue
        slot, questions = rng.choice(asks)
        asked = scenes.question(scene, text, rng.choice(questions))
        answer = text[slice(*scene.spans[slot])]
        if asked is None or "," in answer or "|" in answer:
            continue
        same_kind = [text[a:b] for a, b, kind in scene_spans(text, placed, inventor) if kind == scene.kinds[slot]]
        wrong = {inventor.draw(FILLERS[scene.kinds[slot]]) for _ in range(rng.randint(1, 3))} | set(same_kind[:1])
        wrong = [w for w in wrong if w != answer and "," not in w and "|" not in w]
        if wrong:
            return with_labels(rng, wrong[:3] + [answer], answer, text, asked, "choice")
    return asked_scene(world, inventor, keys)
