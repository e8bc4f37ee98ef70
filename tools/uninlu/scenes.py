"""Reads templates.txt and makes scenes: a text whose slots are known, with its relations, event and questions."""

import functools
import re
from dataclasses import dataclass, field
from pathlib import Path

SLOT = re.compile(r"\{(?:([A-Z])[:=])?([^{}]+)\}")
ROOT_OF = {  # what a filler is, as an entity
    "person": "PER", "place": "LOC", "city": "LOC", "country": "LOC", "company": "COMPANY", "product": "PRODUCT", "organisation": "ORG", "school": "ORG",
    "time": "TIME", "year": "TIME", "money": "MONEY", "title": "TITLE", "work": "WORK", "game": "GAME", "team": "TEAM", "sport": "SPORT", "food": "FOOD",
}


@dataclass
class Plan:
    relations: list = field(default_factory=list)  # (subject slot, keys, object slot)
    event: tuple = None  # (keys, trigger slot)
    roles: list = field(default_factory=list)  # (slot, keys)
    asks: list = field(default_factory=list)  # (slot, questions)
    texts: list = field(default_factory=list)


@dataclass
class Scene:
    text: str
    spans: dict  # slot -> (start, end)
    kinds: dict  # slot -> entity kind
    plan: Plan


@functools.cache
def plans():
    found = []
    text = (Path(__file__).resolve().parent / "templates.txt").read_text()
    for block in re.split(r"\n\s*\n", text):
        plan = Plan()
        for line in block.splitlines():
            word, _, rest = line.partition(" ")
            if word == "rel":
                subject, keys, target = rest.split(" ")
                plan.relations.append((subject, keys.split("|"), target))
            elif word == "event":
                keys, trigger = rest.split(" ")
                plan.event = (keys.split("|"), trigger)
            elif word == "role":
                slot, keys = rest.split(" ")
                plan.roles.append((slot, keys.split("|")))
            elif word == "ask":
                slot, questions = rest.split(" ", 1)
                plan.asks.append((slot, questions.split("|")))
            elif word == "text":
                plan.texts.append(rest)
        if plan.texts:
            found.append(plan)
    return found


def make(plan, inventor, template=None):
    """A scene of this plan."""
    template = template or inventor.rng.choice(plan.texts)
    text, spans, kinds, at = "", {}, {}, 0
    for match in SLOT.finditer(template):
        text += template[at : match.start()]
        name, what = match.groups()
        given = match.group(0)[2:3] == "=" and name
        filler = inventor.rng.choice(what.split("|")) if given else inventor.draw(what)
        if name:
            spans[name] = (len(text), len(text) + len(filler))
            if not given and what in ROOT_OF:
                kinds[name] = ROOT_OF[what]
        text += filler
        at = match.end()
    return Scene(text + template[at:], spans, kinds, plan)


def moved(scene, by):
    """The same scene in a longer text, `by` characters further on."""
    return Scene(scene.text, {slot: (a + by, b + by) for slot, (a, b) in scene.spans.items()}, scene.kinds, scene.plan)


def question(scene, text, words):
    """A question with its slots filled; None when it names a slot that this text lacks. `text` is the text that the spans are in."""
    def fill(match):
        span = scene.spans[match.group(2)]
        return text[span[0] : span[1]]

    try:
        return SLOT.sub(fill, words)
    except KeyError:
        return None
