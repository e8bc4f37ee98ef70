"""Texts of 16 to 128 characters with what is asked about them, for ./run bench nlu. The same seed makes the same."""

import random
import sys

from served import ROOT

sys.path.insert(0, str(ROOT / "tools" / "uninlu"))

import scenes

SHORTEST, LONGEST = 16, 128
WORDS = {
    "person": "陈立平 吴晓燕 欧阳文 林国栋 周敏 卡洛斯 安娜".split(), "place": "寿光 南沙 青海湖 鄂尔多斯 莱州湾".split(), "city": "北京 成都 横滨 里昂 哈尔滨".split(),
    "country": "中国 法国 巴西 日本".split(), "company": "远山科技 北辰能源 海潮汽车 IBM".split(), "organisation": "新华社 水利部 红十字会".split(),
    "school": "华东大学 第七中学".split(), "team": "天津泰达 浦东联队 江城女排".split(), "game": "中超联赛 亚洲杯 全运会".split(), "sport": "跳台滑雪 乒乓球 马拉松".split(),
    "time": "7月28日 昨天下午 2018年 今年上半年".split(), "year": "1998 2016 2024".split(), "money": "2.7亿元 100万元 3500美元".split(), "score": "2比1 0-1 3:0".split(),
    "product": "飞鱼三号 智能手环 “天宫”二号".split(), "title": "总经理 副市长 教授".split(), "work": "《山路》 《长夜》".split(), "food": "牛肉面 豆腐 月饼".split(),
}  # fmt: skip
SCHEMAS = [
    {"人物": None, "地理位置": None, "组织机构": None}, {"公司": None, "产品": None}, {"人物": {"国籍(国籍)": None, "职务": None}}, {"属性词": {"情感词": None}},
    {"胜负(事件触发词)": {"时间": None, "胜者": None, "败者": None}}, {"这件事发生在哪里？": None}, {"情感分类": None}, {"分类": None},
]  # fmt: skip
LABELS = "体育,财经,科技,娱乐|"


class Filler:
    def __init__(self, rng):
        self.rng = rng

    def draw(self, what):
        return self.rng.choice(WORDS.get(what) or [str(self.rng.randint(1, 9000))])


def bodies(count, seed):
    """[{"text", "schema"}]: short texts are more frequent than long ones, no text comes twice."""
    rng, plans = random.Random(seed), scenes.plans()
    filler, found = Filler(rng), {}
    while len(found) < count:
        size, text = round(SHORTEST * (LONGEST / SHORTEST) ** rng.random()), ""
        while len(text) < size:
            text += scenes.make(rng.choice(plans), filler).text
        schema = rng.choice(SCHEMAS)
        found.setdefault(text[:size], {"text": (LABELS if "分类" in schema else "") + text[:size], "schema": schema})
    return list(found.values())
