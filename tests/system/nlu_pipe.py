"""The C++ half of Chinese NLU over a pipe (tests/nlu), the model's two graphs beside it, and texts to hold both against the plain Python reference."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools" / "uninlu"))

import scenes  # noqa: E402
from reference import Pipeline  # noqa: E402
from runner import OnnxRunner  # noqa: E402

MODEL = ROOT / "models" / "uninlu-small" / "1"
PIPE = Path(os.environ.get("GATEHOUSE_NLU_PIPE", ROOT / "build" / "asan" / "tests" / "nlu" / "nlu_pipe"))
FORMS = ["paths", "grouped", "tree", "flat"]
UNITS = ["codepoint", "utf16", "byte"]

WORDS = {
    "place": "北京 上海 大莱龙 鄂尔多斯 寿光 纽约 São·Paulo 莱州".split(), "person": "谷爱凌 王小明 江泽民 Élodie 欧阳娜娜 阿卜杜拉·艾哈迈德".split(),
    "time": "7月28日 昨晚 2018年 今年上半年 １９９８年".split(), "company": "苹果公司 天津泰达 IBM 中国石油天然气集团公司".split(),
    "organisation": "国务院 新华社 联合国教科文组织".split(), "product": "iPhone\u00a015 摄像头 “天宫”二号".split(), "money": ["2.7亿日元", "100万元", "€3,5"],
}  # fmt: skip


class OneByOne(OnnxRunner):
    """Computes each row by itself and once, so that nothing depends on what it is computed with: int8 scales are a whole batch's."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._rows = {}

    def _row(self, ids, kind, first):
        key = (tuple(map(int, ids)), int(kind), int(first))
        if key not in self._rows:
            steps = numpy.arange(len(ids))
            given = [numpy.array([row], numpy.int64) for row in (ids, numpy.ones(len(ids)), numpy.full(len(ids), kind), first + steps)]
            self._rows[key] = super().lower(*given)[0]
        return self._rows[key]

    def lower(self, ids, mask, kinds, positions):
        sizes = mask.sum(1)
        rows = [self._row(row[:size], kind[0], position[0]) for row, size, kind, position in zip(ids, sizes, kinds, positions)]
        found = numpy.zeros((len(rows), ids.shape[1], rows[0].shape[1]), numpy.float32)
        for at, row in enumerate(rows):
            found[at, : len(row)] = row
        return found

    def pair(self, text, hint):
        ones = [numpy.ones((1, len(row)), numpy.int64) for row in (text, hint)]
        head, tail = super().upper(text[None], ones[0], numpy.zeros(1, numpy.int64), hint[None], ones[1])
        return head[0], tail[0]

    def upper(self, text, text_mask, index, hint, hint_mask):
        found = numpy.full((2, len(index), text.shape[1]), -1e4, numpy.float32)
        for at, number in enumerate(index):
            size, hint_size = int(text_mask[number].sum()), int(hint_mask[at].sum())
            found[:, at, :size] = self.pair(text[number, :size], hint[at, :hint_size])
        return found[0], found[1]


class Pipe:
    """Both halves of the C++ way: the program that knows what to compute, and ONNX Runtime, which computes it."""

    def __init__(self, runner, manifest, vocab=MODEL / "vocab.txt"):
        assert PIPE.exists(), f"{PIPE} is not there: ./run test builds it"
        self.runner = runner
        self.process = subprocess.Popen([PIPE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")
        nlu = manifest["nlu"]
        base = nlu["hint_position_base"]
        self.ask(
            do="load", vocab=str(vocab), lower_case=nlu["lower_case"], threshold=nlu["threshold"], prompt_base=base if isinstance(base, int) else None,
            window=nlu["max_len"], stride=nlu["stride"], longest_prompt=nlu["hint_max"], event_types=nlu.get("event_types", []),
        )  # fmt: skip

    def ask(self, **line):
        self.process.stdin.write(json.dumps(line, ensure_ascii=False) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def encode(self, text, most=None):
        found = self.ask(do="encode", text=text, most=most)
        return found["ids"], [tuple(place) for place in found["places"]]

    def extract(self, text, schema, **options):
        """What it comes to, or {"error", "text"}; `steps` says how often the model was asked."""
        answer, rows, steps = self.ask(do="extract", text=text, schema=schema, **options), [], 0
        while "slots" in answer:
            rows += [self.runner._row(row["ids"], row["kind"], row["first"]) for row in answer["rows"]]
            pairs = [self.runner.pair(rows[text_row], rows[prompt]) for text_row, prompt in answer["slots"]]
            answer, steps = self.ask(logits=[[list(map(float, side)) for side in pair] for pair in pairs]), steps + 1
        return {**answer, "steps": steps}

    def close(self):
        self.process.stdin.close()
        assert self.process.wait(timeout=30) == 0


def reference():
    """The plain Python pipeline over the shipped model, computing row by row."""
    pipeline = Pipeline(MODEL)
    pipeline.runner = OneByOne(MODEL, pipeline.tokenizer, pipeline.manifest["nlu"]["hint_position_base"])
    return pipeline


class Filler:
    """Fills the slots of templates.txt with a few words of our own; that of lexicons.py needs packages."""

    def __init__(self, rng):
        self.rng = rng

    def draw(self, what):
        return self.rng.choice(WORDS.get(what) or [str(self.rng.randint(1, 3000)), what])


NESTED = [
    {"人物": {"职务": None, "国籍(国籍)": None, "出生地(地理位置)": None}, "组织机构": None}, {"属性词": {"情感词": None}}, {"属性词": ["正向情感(情感词)", "负向情感(情感词)"]},
    {"胜负(事件触发词)": {"时间": None, "胜者": None, "败者": None}}, {"收购(事件触发词)": {"收购方": {}, "被收购方": "", "时间": []}}, {"公司": {"产品(产品)": {"价格": None}}},
]  # fmt: skip
FLAT = ["人物", "地理位置", "组织机构", "时间", "公司", "产品", "职务", "金额", "这件事发生在哪里？", "是谁？", "情感分类"]
LABELS = ["正向,负向", "财经，体育,科技", "相似,不相似", "无情绪,积极,愤怒,悲伤", "是的,不是"]


def requests(count, rng):
    """(text, schema, options) of all kinds: news-like sentences, some long, some with labels in front or in the request, some with noise in between."""
    plans, filler = scenes.plans(), Filler(rng)

    def sentence():
        return scenes.make(rng.choice(plans), filler).text

    for number in range(count):
        text = "".join(sentence() for _ in range(rng.randint(1, 3)))
        if number % 25 == 0:
            while len(text) < 500:
                text += sentence()
        if number % 7 == 0:
            at = rng.randint(0, len(text))
            text = text[:at] + rng.choice([" ", "\u3000", "😀", "\u0301", "[SEP]", "\ufeff", "𠮷", "ＡＢ", "\u00ad"]) + text[at:]
        options = {3: {"mode": "compat"}, 4: {"mode": "multi"}}.get(number % 5, {})
        if number % 4 == 1:
            text, schema = rng.choice(LABELS) + rng.choice("|｜") + text, {rng.choice(["分类", "情感分类", "文本匹配"]): None}
        elif number % 8 == 2:
            schema, options["labels"] = {"分类": None, "情感分类": None}, rng.choice(LABELS).replace("，", ",").split(",")
        elif number % 3 == 0:
            schema = rng.choice(NESTED)
        else:
            schema = dict.fromkeys(rng.sample(FLAT, rng.randint(1, 4)))
        yield text, schema, options


STRETCHES = [(0x20, 0x7F), (0x4E00, 0x9FA5), (0x3000, 0x3029), (0xFF00, 0xFFEF), (0xC0, 0x250), (0x2000, 0x206F), (0x1F600, 0x1F64F), (0xAC00, 0xAC40),
             (0x300, 0x320), (0x400, 0x450), (0x9, 0xE), (0x20000, 0x20010), (0x2CEA0, 0x2CEC0), (0xE000, 0xE010), (0x1E00, 0x1EFF), (0x621, 0x64A)]  # fmt: skip


def noise(rng):
    return "".join(chr(rng.randint(*rng.choice(STRETCHES))) for _ in range(rng.randint(0, 40)))


def seeded():
    seed = random.randrange(1 << 32)
    return seed, random.Random(seed)
