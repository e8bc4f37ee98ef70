"""Aspects and opinions: in reviews by pattern, and in clauses put together; `#` in front stands for an aspect that is not named."""

import reviews
from sample import Sample, hint

ROOTS = ["属性词"] * 4 + ["属性", "评价对象"]
OPINIONS = ["情感词"] * 3 + ["观点词", "评价词"]
BY_SIGN = {"pos": ["正向情感(情感词)"] * 3 + ["正面评价(情感词)"], "neg": ["负向情感(情感词)"] * 3 + ["负面评价(情感词)"], "neutral": ["中性情感(情感词)"]}
SAID_ALONE = {  # opinions that name no aspect
    "pos": "很满意 值得购买 非常喜欢 很棒 推荐 物超所值 太棒了 超赞 很喜欢 不错 满意 值得推荐 好评 完美 很值 爱了 非常满意 五星好评".split(),
    "neg": "很失望 不值 太差了 后悔 不推荐 差评 垃圾 上当了 非常失望 气死了 不满意 太坑了 无语 再也不来了 糟糕 不会再买 受骗".split(),
    "neutral": "一般 还行 凑合 一般般 马马虎虎 中规中矩 普通".split(),
}
SAID_OF = {
    "pos": "好 不错 很好 很棒 快 很快 漂亮 好看 舒服 实惠 合理 周到 热情 清晰 流畅 干净 方便 满意 给力 完美 一流 高 足 精美 细腻 好听 好吃 可口 结实 耐用 安静 宽敞 新鲜 到位 出色".split(),
    "neg": "差 很差 太差 慢 太慢 贵 太贵 难看 糟糕 恶劣 模糊 卡 卡顿 脏 吵 小 破 难吃 粗糙 冷淡 失望 垃圾 不行 不好 低 短 麻烦 难用 烂 太吵 太小 不清晰 不新鲜 不耐用".split(),
    "neutral": "一般 还行 还可以 普通 一般般 凑合 中等 马马虎虎".split(),
}
THICKENERS = ["很", "非常", "挺", "特别", "真", "比较", "太", "也", "都", "还", "真的很", "", "", "", "", ""]
JOINTS = ["，", "，", "，", "。", ",", "；", " ", "！", "但是", "，但", "，不过", "，而且"]


def clauses(rng):
    """A text put together: (text, [aspect start, end, opinion start, end, sign] with aspect None where it is not named)."""
    text, found = "", []
    for at in range(rng.choice([1, 2, 2, 3, 3, 4])):
        if at:
            text += rng.choice(JOINTS)
        sign = rng.choice(["pos", "pos", "neg", "neg", "neutral"])
        if rng.random() < 0.3:
            opinion = rng.choice(SAID_ALONE[sign])
            found.append([None, None, len(text), len(text) + len(opinion), sign])
            text += opinion
            continue
        aspect, opinion = rng.choice(ASPECT_LIST), rng.choice(SAID_OF[sign])
        thick = "" if opinion[0] in "很太不还" or len(opinion) > 2 else rng.choice(THICKENERS)
        start = len(text)
        middle = rng.choice(["", "", "", "方面", "感觉", "确实", "真的", "有点" if sign == "neg" else ""])
        text += aspect + middle + thick
        found.append([start, start + len(aspect), len(text), len(text) + len(opinion), sign])
        text += opinion + rng.choice(["", "", "", "了", "的", "啊"])
    return text + rng.choice(["", "。", "！"]), found


ASPECT_LIST = sorted(reviews.ASPECTS)


def absa(world, inventor, keys=4):
    rng = inventor.rng
    if rng.random() < 0.5:
        text, found = clauses(rng)
    else:
        for _ in range(30):
            text, _ = rng.choice(world.reviews)
            found = reviews.aspects(text)
            if found and len(text) < 200:
                break
        else:
            text, found = clauses(rng)
    alone = [item for item in found if item[0] is None]
    if rng.random() < (0.6 if alone else 0.1):
        text = "#" + text
        found = [[0 if a is None else a + 1, 1 if b is None else b + 1, c + 1, d + 1, s] for a, b, c, d, s in found]
    found = [item for item in found if item[0] is not None]
    root = rng.choice(ROOTS)
    queries = [(hint([], root), sorted({(a, b) for a, b, *_ in found}))]
    names = [name for name in {text[a:b] for a, b, *_ in found} if text.count(name) == 1 or name == "#"]
    rng.shuffle(names)
    for name in sorted(names, key=lambda n: rng.random())[:2]:
        mine = [item for item in found if text[item[0] : item[1]] == name]
        if rng.random() < 0.5:
            queries.append((hint([(root, name)], rng.choice(OPINIONS)), sorted({(c, d) for _, _, c, d, _ in mine})))
        else:
            for sign in rng.sample(sorted(BY_SIGN), 2):
                queries.append((hint([(root, name)], rng.choice(BY_SIGN[sign])), sorted({(c, d) for _, _, c, d, s in mine if s == sign})))
    return Sample(text, queries[:keys], task="absa")
