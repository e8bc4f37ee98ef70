"""Names of all kinds: news with names exchanged, and scenes from templates."""

import scenes
from sample import FOUR, KEYS, Sample, edit, hint

ASKED_OF_NEWS = FOUR + ("NT", "COMPANY", "TITLE", "WORK", "MONEY", "COUNTRY")
NEVER_IN_NEWS = ("PRODUCT", "GAME", "TEAM", "FOOD")


def exchange(found, inventor, how_much=0.3):
    """A news record with some of its names exchanged for others of the same kind (the same name everywhere in the text)."""
    rng, text = inventor.rng, found["text"]
    chosen, changes, taken = {}, [], []
    for a, b, kind in sorted(found["spans"], key=lambda s: s[0] - s[1]):
        if kind not in FOUR or any(a < d and c < b for c, d in taken):
            continue
        name = text[a:b]
        if (kind, name) not in chosen:
            odds = how_much if kind in ("PER", "LOC") else how_much / 3
            chosen[kind, name] = None
            if rng.random() < odds and not (kind == "PER" and len(name) == 1):
                chosen[kind, name] = inventor.draw({"PER": "person", "LOC": "place", "ORG": "organisation", "TIME": "time"}[kind])
        if chosen[kind, name] is not None:
            changes.append((a, b, chosen[kind, name]))
            taken.append((a, b))
        elif kind == "ORG":
            continue
    new, spans = edit(text, found["spans"], changes)
    return new, spans


def inner_places(text, spans, inventor):
    """Places that an invented organisation begins with count as places, as they do in news."""
    known = inventor.known_places()
    found = []
    for a, b, kind in spans:
        if kind in ("ORG", "COMPANY", "TEAM", "RAIL"):
            end = next((e for e in range(min(b, a + 7), a + 1, -1) if text[a:e] in known), None)
            if end is not None:
                found.append([a, end, "LOC"])
    return found


def kinds_of(text, spans, inventor):
    """Spans by kind, with the kinds that follow from others."""
    by_kind = {}
    for a, b, kind in spans:
        by_kind.setdefault(kind, set()).add((a, b))
        if kind == "LOC" and text[a:b] in inventor.known_countries():
            by_kind.setdefault("COUNTRY", set()).add((a, b))
        if kind == "ORG" and text[a:b].endswith(("公司", "集团")):
            by_kind.setdefault("COMPANY", set()).add((a, b))
    return by_kind


def news(world, inventor, keys=4):
    rng = inventor.rng
    found = rng.choice(world.news)
    text, spans = exchange(found, inventor, rng.choice([0, 0, 0.4, 0.8]))
    if len(text) < 60 and rng.random() < 0.5:
        more, more_spans = exchange(rng.choice(world.news), inventor)
        if len(text) + len(more) < 250:
            spans = spans + [[a + len(text), b + len(text), kind] for a, b, kind in more_spans]
            text += more
    spans = spans + [s for s in inner_places(text, spans, inventor) if s not in spans]
    by_kind = kinds_of(text, spans, inventor)
    present = [kind for kind in ASKED_OF_NEWS if kind in by_kind]
    asked = set(rng.sample(present, min(len(present), keys - 1)))
    asked |= set(rng.sample(FOUR, 2))
    rest = [kind for kind in ASKED_OF_NEWS + NEVER_IN_NEWS if kind not in asked]
    order = list(asked) + rng.sample(rest, 2)
    queries = [(hint([], rng.choice(KEYS[kind])), sorted(by_kind.get(kind, ()))) for kind in order[:keys]]
    return Sample(text, queries, tags=[s for s in spans if s[2] in FOUR], task="ner")


def scene_text(world, inventor, count=None):
    """One to three scenes in a row, sometimes in the middle of news: (text, scenes moved to their place, spans of the news)."""
    rng = inventor.rng
    plans = scenes.plans()
    made = [scenes.make(rng.choice(plans), inventor) for _ in range(count or rng.choice([1, 1, 2, 3]))]
    if len(made) > 1 and rng.random() < 0.4:
        made[1] = scenes.make(made[0].plan, inventor)
    text, placed, spans = "", [], []
    where = rng.randrange(len(made) + 1) if rng.random() < 0.3 else -1
    for at, one in enumerate(made + [None]):
        if at == where:
            record = rng.choice(world.news)
            if len(record["text"]) < 120:
                spans += [[a + len(text), b + len(text), kind] for a, b, kind in record["spans"]]
                text += record["text"]
        if one is not None:
            placed.append(scenes.moved(one, len(text)))
            text += one.text
    return text, placed, spans


def scene_spans(text, placed, inventor):
    """Entities of scenes."""
    spans = []
    for scene in placed:
        for slot, kind in scene.kinds.items():
            a, b = scene.spans[slot]
            spans.append([a, b, kind])
            if kind == "COMPANY":
                spans.append([a, b, "ORG"])
    return spans + inner_places(text, spans, inventor)


def invented(world, inventor, keys=4):
    rng = inventor.rng
    text, placed, spans = scene_text(world, inventor)
    spans = spans + scene_spans(text, placed, inventor)
    by_kind = kinds_of(text, spans, inventor)
    present = [kind for kind in by_kind if kind in KEYS and kind != "NT"]
    asked = rng.sample(present, min(len(present), keys - 1))
    unclear = {"NT", "TITLE", "SPORT", "FOOD", "GAME", "PRODUCT", "WORK"} | ({"ORG"} if "TEAM" in by_kind else set())
    rest = [kind for kind in KEYS if kind not in by_kind and kind not in unclear]
    asked = [kind for kind in asked if not (kind == "ORG" and "TEAM" in by_kind)] + rng.sample(rest, min(len(rest), 3))
    queries = [(hint([], rng.choice(KEYS[kind])), sorted(by_kind.get(kind, ()))) for kind in asked[:keys]]
    tags = [s for s in spans if s[2] in FOUR] if "TEAM" not in by_kind else None
    return Sample(text, queries, tags=tags, task="ner2")
