"""One training sample, the keys that name each kind of thing, and texts edited with their spans kept."""

from dataclasses import dataclass, field

KEYS = {
    "PER": "人物 人名 姓名 人物名称 人".split(),
    "LOC": "地理位置 地名 地点 位置 地理名称".split(),
    "ORG": "组织机构 机构名 机构 组织 机构名称 单位".split(),
    "NT": ["机构简称"],
    "TIME": "时间 日期 时间表达".split(),
    "COMPANY": "公司 企业 公司名 公司名称".split(),
    "PRODUCT": "产品 商品 产品名 产品名称".split(),
    "TITLE": "职务 职位 头衔".split(),
    "WORK": "作品 书名 作品名".split(),
    "MONEY": "金额 货币金额 钱数".split(),
    "COUNTRY": "国家 国名".split(),
    "GAME": "赛事名称 赛事".split(),
    "TEAM": "球队 队伍 运动队".split(),
    "SPORT": "比赛项目 体育项目".split(),
    "FOOD": "食物 食品 菜名".split(),
}
FOUR = ("PER", "LOC", "ORG", "TIME")


@dataclass
class Sample:
    text: str
    queries: list  # (hint, [(start, end)]): what each prompt should find
    labels: list = None  # [(start, end)] of the labels in front of the text, where the first query is a choice
    gold: int = -1  # the label to choose
    tags: list = None  # [(start, end, kind)] of FOUR for the tagging loss; None where they are not known
    task: str = ""


@dataclass
class World:
    """What builders draw from."""
    news: list = field(default_factory=list)
    reviews: list = field(default_factory=list)
    topics: list = field(default_factory=list)
    replies: list = field(default_factory=list)
    raw: list = field(default_factory=list)
    words: dict = field(default_factory=dict)


def hint(path, key):
    """The prompt: what was found so far, then the key."""
    return "".join(f"{kind}: {span}, " for kind, span in path) + f"{key}: "


def with_labels(rng, labels, gold, body, key, task, shuffle=True):
    """A choice between labels: `标签1,标签2|正文`. `gold` is a label, or None when none fits."""
    labels = list(labels)
    if shuffle:
        rng.shuffle(labels)
    spans, text = [], ""
    for label in labels:
        spans.append((len(text), len(text) + len(label)))
        text += label + ","
    text = text[:-1] + "|" + body
    at = labels.index(gold) if gold is not None else -1
    return Sample(text, [(hint([], key), [spans[at]] if at >= 0 else [])], spans, at, None, task)


def edit(text, spans, changes):
    """Text with some stretches replaced, and the spans moved along; spans cut by a change, or inside one, are dropped.

    `changes` is [(start, end, new text)] that do not overlap. Spans are lists that begin with start and end.
    """
    changes = sorted(changes)
    parts, shifts, at, by = [], [], 0, 0
    for start, end, new in changes:
        parts += [text[at:start], new]
        shifts.append((start, end, by, by + len(new) - (end - start)))
        at, by = end, by + len(new) - (end - start)
    parts.append(text[at:])

    def moved(position, is_end):
        shift = 0
        for start, end, before, after in shifts:
            if position >= end and (is_end or position > start or start == end):
                shift = after
            elif start < position < end:
                return None
            elif position <= start:
                break
        return position + shift

    kept = []
    for span in spans:
        start, end = moved(span[0], False), moved(span[1], True)
        inside = any(a <= span[0] and span[1] <= b and (a, b) != (span[0], span[1]) for a, b, _, _ in shifts)
        if start is not None and end is not None and not inside:
            kept.append([start, end, *span[2:]])
    return "".join(parts), kept
