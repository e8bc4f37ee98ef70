"""Relations and events: nested prompts, from scenes and from patterns in news."""

import re

import scenes
from sample import KEYS, Sample, hint
from task_ner import exchange, scene_spans, scene_text

VERBS_OF_NEWS = {
    "会见": ("会见者", "被会见者"), "访问": ("访问者", "访问地"), "出席": ("出席者", "活动"), "视察": ("视察者", "视察地"), "考察": ("考察者", "考察地"),
    "接见": ("会见者", "被会见者"), "抵达": ("人物", "到达地"), "当选": ("当选者", "职位"), "会晤": ("会见者", "被会见者"), "看望": ("看望者", "被看望者"), "慰问": ("慰问者", "被慰问者"),
}


def key_of(rng, keys):
    """One of the synonyms; the type in brackets may be left out."""
    key = rng.choice(keys)
    return key.split("(")[0] if "(" in key and rng.random() < 0.15 else key


def relation(world, inventor, keys=4):
    """Root spans, then the relations of some of them; the other relations of the scene, and those of other scenes, find nothing."""
    rng = inventor.rng
    text, placed, _ = scene_text(world, inventor)
    placed = [scene for scene in placed if scene.plan.relations and any(s in scene.spans and o in scene.spans for s, _, o in scene.plan.relations)]
    if not placed:
        return pattern(world, inventor, keys)
    spans = scene_spans(text, placed, inventor)
    queries, main = [], rng.choice(placed)
    subject = rng.choice([s for s, _, o in main.plan.relations if s in main.spans and o in main.spans])
    kind = main.kinds.get(subject)
    root = rng.choice(KEYS[kind]) if kind else "线路"
    if kind and len(placed) == 1 and rng.random() < 0.6:
        queries.append((hint([], root), sorted({(a, b) for a, b, k in spans if k == kind})))
    a, b = main.spans[subject]
    name = text[a:b]
    same_name = [m.start() for m in re.finditer(re.escape(name), text)]
    if len(same_name) > 1:
        return invented_again(world, inventor, keys)
    by_key = {}
    for s, alternatives, o in main.plan.relations:
        if s == subject:
            by_key.setdefault(key_of(rng, alternatives), set()).update({main.spans[o]} if o in main.spans else ())
    order = list(by_key)
    rng.shuffle(order)
    queries += [(hint([(root, name)], key), sorted(by_key[key])) for key in order[: keys - len(queries)]]
    if len(queries) < keys:
        other = rng.choice(scenes.plans())
        own = {k for _, alternatives, _ in main.plan.relations for k in alternatives}
        strange = [k for _, alternatives, _ in other.relations for k in alternatives if k not in own and k.split("(")[0] not in {x.split("(")[0] for x in own}]
        if strange and other is not main.plan:
            queries.append((hint([(root, name)], rng.choice(strange)), []))
    return Sample(text, queries, task="relation")


def invented_again(world, inventor, keys):
    return event(world, inventor, keys)


def pattern(world, inventor, keys=4):
    """Title and country in front of a person in news: 中国 国家主席 江泽民."""
    rng = inventor.rng
    for _ in range(20):
        text, spans = exchange(rng.choice(world.news), inventor, 0.3)
        titled = [(t, p) for t in spans if t[2] == "TITLE" for p in spans if p[2] == "PER" and p[0] == t[1]]
        if titled:
            break
    else:
        return event(world, inventor, keys)
    title, person = rng.choice(titled)
    name = text[person[0] : person[1]]
    titles = sorted({(t[0], t[1]) for t, p in titled if text[p[0] : p[1]] == name})
    root = rng.choice(KEYS["PER"])
    queries = [(hint([(root, name)], key_of(rng, ["职务", "职位", "头衔", "身份", "职务(头衔)"])), titles)]
    lands = [s for s in spans if s[2] == "LOC" and s[1] == title[0] and text[s[0] : s[1]] in inventor.known_countries()]
    if lands:
        queries.append((hint([(root, name)], key_of(rng, ["国籍(地理位置)", "国籍(国籍)", "国籍(国家)", "国籍"])), [(lands[0][0], lands[0][1])]))
    others = sorted({text[s[0] : s[1]] for s in spans if s[2] == "PER"} - {text[p[0] : p[1]] for _, p in titled})
    if others:
        queries.append((hint([(root, rng.choice(others))], rng.choice(["职务", "职位"])), []))
    queries.append((hint([], root), sorted({(s[0], s[1]) for s in spans if s[2] == "PER"})))
    return Sample(text, queries[:keys], task="relation")


def event(world, inventor, keys=4):
    """The trigger, then its roles."""
    rng = inventor.rng
    if rng.random() < 0.15:
        found = event_of_news(world, inventor)
        if found:
            return found
    plans = [plan for plan in scenes.plans() if plan.event]
    made = scenes.make(rng.choice(plans), inventor)
    if made.plan.event[1] not in made.spans:
        return event(world, inventor, keys)
    text = made.text
    if rng.random() < 0.5:
        other = scenes.make(rng.choice([p for p in scenes.plans() if p is not made.plan]), inventor)
        if rng.random() < 0.5:
            made = scenes.moved(made, len(other.text))
            text = other.text + text
        else:
            text += other.text
    else:
        other = None
    alternatives, trigger = made.plan.event
    a, b = made.spans[trigger]
    key = rng.choice(alternatives)
    kinds = {key: {(a, b)}}
    if other is not None and other.plan.event:
        same = set(other.plan.event[0]) & set(alternatives)
        if same and key in same:
            return event(world, inventor, keys)
    queries = [(hint([], key), sorted(kinds[key]))]
    strange = rng.choice(plans)
    if strange is not made.plan and (other is None or other.plan is not strange) and rng.random() < 0.5:
        queries.append((hint([], rng.choice(strange.event[0])), []))
    by_key = {}
    for slot, names in made.plan.roles:
        name = names[0] if rng.random() < 0.5 else rng.choice(names)
        by_key.setdefault(name, set()).update({made.spans[slot]} if slot in made.spans else ())
    order = list(by_key)
    rng.shuffle(order)
    queries += [(hint([(key, text[a:b])], name), sorted(by_key[name])) for name in order[: keys - len(queries)]]
    return Sample(text, queries, task="event")


def event_of_news(world, inventor):
    """A person, a verb of the list, and what stands right behind it."""
    rng = inventor.rng
    found = rng.choice(world.news)
    text = found["text"]
    for a, b in found["verbs"]:
        if text[a:b] not in VERBS_OF_NEWS:
            continue
        begin = max(text.rfind(mark, 0, a) for mark in "。！？；") + 1
        before = [s for s in found["spans"] if s[2] == "PER" and begin <= s[0] and s[1] <= a and a - s[1] < 14]
        after = [s for s in found["spans"] if s[2] in ("PER", "LOC") and b <= s[0] and s[0] - b < 6]
        if not before or not after:
            continue
        who, whom = VERBS_OF_NEWS[text[a:b]]
        key, path = text[a:b] + "(事件触发词)", [(text[a:b] + "(事件触发词)", text[a:b])]
        when = [s for s in found["spans"] if s[2] == "TIME" and begin <= s[0] and s[1] <= a]
        triggers = [(m.start(), m.end()) for m in re.finditer(text[a:b], text)]
        if len(triggers) > 1:
            continue
        queries = [(hint([], key), triggers), (hint(path, who), [(before[-1][0], before[-1][1])]), (hint(path, whom), [(after[0][0], after[0][1])])]
        if when:
            queries.append((hint(path, "时间"), [(s[0], s[1]) for s in when[:1]]))
        rng.shuffle(queries)
        return Sample(text, queries, task="event")
    return None
