"""Two texts: the same meaning or not, what follows from what, whether a reply fits, whom a pronoun means."""

import re

import scenes
from sample import with_labels
from task_ner import scene_text

SMALL_WORDS = "的了着也都就还很吧呢啊"
TURN = [("是", "不是"), ("有", "没有"), ("能", "不能"), ("会", "不会"), ("可以", "不可以"), ("喜欢", "不喜欢"), ("要", "不要"), ("将", "不会"), ("已经", "还没有"), ("好", "不好"), ("可", "不可")]
NEGATIONS = ("不", "没", "未", "无", "非")
FRAMES = [("{a}&{b}", ["文本匹配"] * 3 + ["文本相似度", "是否相似"]), ("句子1：{a}；句子2：{b}", ["下面两句话的意思是否相同"] * 3 + ["两句话意思是否相同", "句子1和句子2的意思是否相同"])]
ANSWERS = [("相似", "不相似"), ("是的", "不是"), ("相同", "不同"), ("是", "否")]
NLI_KEY = ["段落2和段落1的关系是："] * 3 + ["段落1和段落2的关系是：", "段落2和段落1的关系"]
MEN = "爸爸 哥哥 弟弟 爷爷 叔叔 舅舅 父亲 丈夫 儿子 国王 王子 小伙子 老爷爷 男孩 先生 孙子 外公 姐夫".split()
WOMEN = "妈妈 姐姐 妹妹 奶奶 阿姨 姑姑 母亲 妻子 女儿 女王 公主 小姑娘 老奶奶 女孩 太太 孙女 外婆 嫂子".split()


def synonyms_of(inventor):
    """word -> words that may stand for it."""
    if not hasattr(inventor, "_synonyms"):
        inventor._synonyms = {}
        for group in inventor.words["synonyms"]:
            for word in group:
                inventor._synonyms.setdefault(word, group)
    return inventor._synonyms


def reworded(text, inventor, most=3):
    """The text with up to `most` words exchanged for synonyms; how many were."""
    rng, table, spots, at = inventor.rng, synonyms_of(inventor), [], 0
    while at < len(text):
        size = next((n for n in (4, 3, 2) if text[at : at + n] in table and len(text[at : at + n]) == n), 1)
        if size > 1:
            spots.append((at, at + size))
        at += size
    rng.shuffle(spots)
    spots = sorted(spots[:most], reverse=True)
    for a, b in spots:
        text = text[:a] + rng.choice([w for w in table[text[a:b]] if w != text[a:b]] or [text[a:b]]) + text[b:]
    return text, len(spots)


def same(text, inventor):
    """Another way to say it."""
    rng = inventor.rng
    new, _ = reworded(text, inventor, rng.choice([1, 2, 3]))
    clauses = re.split("([，,；])", new.rstrip("。！？"))
    if len(clauses) in (3, 5) and rng.random() < 0.4:
        new = clauses[2] + clauses[1] + clauses[0] + "".join(clauses[3:])
    if rng.random() < 0.5:
        spots = [i for i, c in enumerate(new) if c in SMALL_WORDS]
        if spots:
            at = rng.choice(spots)
            new = new[:at] + new[at + 1 :]
    if rng.random() < 0.2:
        new = rng.choice(["请问", "听说", "据了解，", "其实"]) + new
    return new


def turned(text, rng):
    """The opposite, by one word; None where there is no place for it."""
    choices = [(m.start(), a, b) for a, b in TURN for m in re.finditer(a, text) if not text[: m.start()].endswith(NEGATIONS)]
    choices += [(m.start(), b, a) for a, b in TURN for m in re.finditer(b, text)]
    if not choices:
        return None
    at, old, new = rng.choice(choices)
    return text[:at] + new + text[at + len(old) :]


def other(found, spans, inventor, text):
    """The same text about somebody, some place or some number else; None where it names none."""
    rng = inventor.rng
    spots = [(a, b, {"PER": "person", "LOC": "place", "TIME": "time"}[kind]) for a, b, kind in spans if kind in ("PER", "LOC", "TIME") and b <= len(text)]
    spots += [(m.start(), m.end(), "number") for m in re.finditer(r"\d+", text)]
    if not spots:
        return None
    a, b, kind = rng.choice(spots)
    return text[:a] + inventor.draw(kind) + text[b:]


def clause_of(world, inventor):
    """A sentence of news or of a review: (text, spans, the rest of the texts of its kind)."""
    rng = inventor.rng
    for _ in range(50):
        if rng.random() < 0.5:
            found = rng.choice(world.news)
            text, spans, group = found["text"], found["spans"], "news"
        else:
            (text, _), spans, group = rng.choice(world.reviews), [], "reviews"
        end = next((i + 1 for i, c in enumerate(text) if c in "。！？!?；" and i > 8), len(text))
        if 8 < end <= 70:
            return text[:end], spans, group
    return text[:60], [], group


def neighbour(text, group, world, inventor, tries=12):
    """Of some texts of the same kind the one that shares most pairs of characters."""
    def pairs(t):
        return {t[i : i + 2] for i in range(len(t) - 1)}

    wanted, best = pairs(text), (-1, "")
    for _ in range(tries):
        candidate, _, kind = clause_of(world, inventor)
        if candidate != text and (kind == group or not best[1]):
            best = max(best, (len(wanted & pairs(candidate)) / (len(pairs(candidate)) + 1), candidate))
    return best[1]


def make_pair(world, inventor):
    """(first, second, whether they mean the same)."""
    rng = inventor.rng
    if rng.random() < 0.08:
        text, spans, group = clause_of(world, inventor)
        return text, text, True
    text, spans, group = clause_of(world, inventor)
    good = rng.random() < 0.5
    if good:
        return text, same(text, inventor), True
    way = rng.random()
    second = None
    if way < 0.35:
        second = other(None, spans, inventor, text)
    elif way < 0.65:
        second = turned(text, rng)
    second = second or neighbour(text, group, world, inventor)
    if rng.random() < 0.5 and way < 0.65:
        second = same(second, inventor)
    return (text, second, False) if second.strip() else (text, neighbour(text, group, world, inventor) or "不知道", False)


def match(world, inventor, keys=1):
    rng = inventor.rng
    first, second, good = make_pair(world, inventor)
    if rng.random() < 0.5:
        first, second = second, first
    frame, names = rng.choice(FRAMES)
    if frame.startswith("句子"):
        first, second = first.rstrip("。；"), second.rstrip("；")
    yes, no = ANSWERS[0 if "&" in frame else 1] if rng.random() < 0.7 else rng.choice(ANSWERS)
    return with_labels(rng, [yes, no], yes if good else no, frame.format(a=first, b=second), rng.choice(names), "match")


def nli(world, inventor, keys=1):
    rng = inventor.rng
    gold = rng.choice(["蕴含", "矛盾", "中立"])
    if rng.random() < 0.5:
        made = [p for p in scenes.plans() if p.relations]
        scene = scenes.make(rng.choice(made), inventor)
        facts = [(s, k, o) for s, k, o in scene.plan.relations if s in scene.spans and o in scene.spans]
        if facts:
            return framed(rng, scene.text, *said(scene, rng.choice(facts), gold, inventor))
    text, spans, group = clause_of(world, inventor)
    second = None
    if gold == "矛盾":
        second = turned(text, rng)
    elif gold == "蕴含":
        second = same(text, inventor)
    if second is None:
        gold, second = "中立", neighbour(text, group, world, inventor)
    return framed(rng, text, second, gold)


def said(scene, fact, gold, inventor):
    """A sentence about a fact of the scene: true, false, or about something that the scene does not say."""
    rng = inventor.rng
    subject, keys, target = fact
    a, b = scene.spans[subject]
    who, what = scene.text[a:b], scene.text[slice(*scene.spans[target])]
    key = rng.choice(keys).split("(")[0]
    if gold == "矛盾":
        kind = {"PER": "person", "LOC": "place", "TIME": "time", "COMPANY": "company", "ORG": "organisation", "TITLE": "title", "PRODUCT": "product", "MONEY": "money", "WORK": "work", "SPORT": "sport"}.get(scene.kinds.get(target), None)
        if kind is None:
            gold = "蕴含"
        else:
            what = inventor.draw(kind)
    if gold == "中立":
        own = {k.split("(")[0] for _, names, _ in scene.plan.relations for k in names}
        plan = rng.choice([p for p in scenes.plans() if p.relations])
        strange = [k.split("(")[0] for _, names, _ in plan.relations for k in names if k.split("(")[0] not in own]
        if strange:
            key, what = rng.choice(strange), inventor.draw(rng.choice(["person", "place", "time"]))
        else:
            gold = "蕴含"
    return f"{who}的{key}是{what}。", gold


def framed(rng, first, second, gold):
    return with_labels(rng, ["蕴含", "矛盾", "中立"], gold, f"段落1：{first.rstrip('；')}；段落2：{second}", rng.choice(NLI_KEY), "nli")


def reply(world, inventor, keys=1):
    rng = inventor.rng
    context, answer, good = rng.choice(world.replies)
    return with_labels(rng, ["是的", "不是"], "是的" if good else "不是", f"上文：{context[-120:]}；回复：{answer[:80]}", "回复是否合适", "reply")


def coreference(world, inventor, keys=1):
    """他望着妹妹（候选词），…她(代词)…: whether the pronoun may mean the word."""
    rng = inventor.rng
    man, woman = rng.choice(MEN), rng.choice(WOMEN)
    her = rng.random() < 0.5
    meant, not_meant, pronoun = (woman, man, "她") if her else (man, woman, "他")
    word = meant if rng.random() < 0.5 else not_meant
    forms = ["{a}望着{b}，{p}(代词)慢慢地笑了。", "{b}走进房间，{a}说{p}(代词)已经等了很久。", "{a}告诉{b}，明天{p}(代词)要出门。", "因为{b}病了，{a}去医院看望{p}(代词)。", "{a}和{b}吵了一架，后来{p}(代词)先道了歉。",
             "{b}脸上显出一副要求{a}谅解的表情，{p}(代词)低下了头。"]
    a, b = rng.sample([meant, not_meant], 2)
    text = rng.choice(forms).format(a=a, b=b, p=pronoun)
    text = text.replace(word, word + rng.choice(["（候选词）", "(候选词)"]), 1)
    key = f"在下面的描述中，代词“{pronoun}”指代的是“{word}”吗？"
    return with_labels(rng, ["是的", "不是"], "是的" if word == meant else "不是", text, key, "coref")
