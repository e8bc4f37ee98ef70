"""One text, one label of several: sentiment of reviews and short sentences, emotion, topic."""

import re

import scenes
from sample import with_labels

SENTIMENT_KEYS = ["情感分类"] * 4 + ["情感倾向", "情感", "情感极性", "评价"]
PAIRS = [("正向", "负向")] * 5 + [("正面", "负面"), ("积极", "消极"), ("好评", "差评"), ("推荐", "不推荐"), ("满意", "不满意"), ("喜欢", "讨厌")]
TOPIC_KEYS = ["分类"] * 3 + ["文本分类", "主题", "主题分类", "话题", "类别"]
TOPIC_NAMES = {
    "图书": ["图书", "图书", "书籍", "读书"], "酒店": ["酒店", "酒店", "住宿", "宾馆"], "数码": ["数码", "数码", "电子产品", "电脑"], "新闻": ["新闻", "新闻", "时政", "时事"],
    "体育": ["体育", "体育", "运动"], "财经": ["财经", "财经", "经济", "商业"], "娱乐": ["娱乐", "娱乐", "影视", "明星"], "美食": ["美食", "美食", "餐饮"], "健康": ["健康", "医疗", "医药"],
    "科技": ["科技", "科技", "互联网"], "法律": ["法律", "法律"], "灾害": ["灾害", "突发事件"],
}
STRANGERS = "军事 游戏 旅游 教育 房产 农业 股票 民生故事 文化 国际 电竞游戏 宠物 星座 时尚 汽车 家居 母婴 历史".split()
EMOTIONS = {
    "积极": "高兴 开心 快乐 幸福 喜悦 兴奋 激动 满足 太好了 真棒 爽 期待 感谢 喜欢 爱 美好 哈哈 甜蜜 欣慰".split(),
    "愤怒": "生气 愤怒 气死我了 可恶 混蛋 太过分了 火大 讨厌 无耻 滚 怒了 恶心 忍无可忍 岂有此理 气愤".split(),
    "悲伤": "难过 伤心 悲伤 哭了 心碎 痛苦 失落 绝望 泪流满面 心疼 遗憾 孤独 想哭 悲痛 郁闷".split(),
    "恐惧": "害怕 恐惧 可怕 吓死了 恐怖 惊恐 担心 发抖 心慌 不敢看 毛骨悚然 胆战心惊 紧张 好怕".split(),
    "惊奇": "惊讶 震惊 没想到 居然 竟然 不敢相信 吃惊 意外 天哪 不可思议 真的吗 惊呆了 出乎意料 大吃一惊 神奇".split(),
    "无情绪": "今天开会 正在上班 转发微博 下午三点 坐地铁 去超市 写作业 吃午饭 看电视 通知如下 详情请看 在路上 整理房间 打电话".split(),
}
SUBJECTS = ("天气 今天天气 心情 这部电影 这家餐厅 这个手机 服务 味道 质量 老板 这里的环境 这本书 他的表现 你们的态度 物流 这首歌 这个城市 孩子 房间 画面 菜 电影 手机 电脑 衣服 颜色 "
            "价格 客服 快递 包装 音质 屏幕 早餐 风景 空气 交通 位置 演员的演技 剧情 结局 比赛 生活 工作 同事 老师 学校 医生 司机 今天 周末 假期 旅行 晚餐 咖啡 蛋糕").split()
GOOD = ("好 棒 不错 漂亮 美 舒服 开心 精彩 完美 好吃 方便 便宜 贴心 感人 温暖 好看 赞 优秀 热情 干净 给力 清新 美好 舒适 喜人 可爱 晴朗 愉快 专业 细心 "
        "快 周到 流畅 清晰 实惠 满意 高兴 快乐 幸福 有趣").split()
BAD = ("差 糟糕 烂 难看 难吃 贵 慢 脏 吵 无聊 失望 恶心 讨厌 难受 坑 假 冷 旧 乱 伤心 生气 难过 可怕 恶劣 麻烦 郁闷 烦 黑心 卡 垃圾 难用 敷衍 冷漠 阴沉 闷热 粗鲁 "
       "离谱 差劲 痛苦 虚假").split()
SENTENCES = ["{s}真{w}", "{s}真{w}啊", "{s}很{w}", "{s}非常{w}", "{s}太{w}了", "今天{s}真{w}", "我觉得{s}{w}", "{s}{w}", "{s}特别{w}，{o}", "{s}挺{w}的", "{s}好{w}啊", "{s}也太{w}了吧", "{s}{w}极了", "{s}简直{w}到家了",
             "说实话{s}真的很{w}", "{o}，{s}很{w}", "{s}超级{w}！", "这{s}真是{w}", "昨天{s}特别{w}"]
TURNED = ["{s}不{w}", "{s}一点也不{w}", "{s}并不{w}", "{s}没有那么{w}", "{s}不怎么{w}", "{s}不太{w}"]
ASIDES = "我和朋友去了 第二次来了 刚收到货 昨天买的 朋友推荐的 用了一个月 住了两天 看完了 下午去的 在网上买的 带孩子去的".split()


def pair(rng):
    return rng.choice(PAIRS)


def sentiment(world, inventor, keys=1):
    rng = inventor.rng
    text, good = rng.choice(world.reviews)
    if rng.random() < 0.15:
        parts = re.split("(?<=[。！!；;])", text)
        if len(parts) > 2:
            rng.shuffle(parts)
            text = "".join(parts)
    elif len(text) < 120 and rng.random() < 0.2:  # two reviews of one mind: neither is known by heart
        other, same = rng.choice(world.reviews)
        text = text + other[:120] if same == good else text
    labels = pair(rng)
    return with_labels(rng, labels, labels[0 if good else 1], text[:240], rng.choice(SENTIMENT_KEYS), "sentiment")


def short_sentence(rng, words):
    """A short sentence that is clearly good or bad."""
    good = rng.random() < 0.5
    turned = rng.random() < 0.2
    group = GOOD if good != turned else BAD
    if rng.random() < 0.25 and not turned:
        word = rng.choice(words["good" if good else "bad"])
    else:
        word = rng.choice(group)
    sentence = rng.choice(TURNED if turned else SENTENCES)
    return sentence.format(s=rng.choice(SUBJECTS), w=word, o=rng.choice(ASIDES)) + rng.choice(["", "", "。", "！", "~"]), good


def short_sentiment(world, inventor, keys=1):
    rng = inventor.rng
    text, good = short_sentence(rng, inventor.words)
    labels = pair(rng)
    gold = labels[0 if good else 1]
    if rng.random() < 0.15:
        labels = labels + ("中性",)
        if rng.random() < 0.5:
            text, gold = rng.choice(world.news)["text"][:60], "中性"
    return with_labels(rng, labels, gold, text, rng.choice(SENTIMENT_KEYS), "short")


def emotion(world, inventor, keys=1):
    rng = inventor.rng
    gold = rng.choice(sorted(EMOTIONS))
    words = rng.sample(EMOTIONS[gold], rng.choice([1, 1, 2]))
    about = rng.choice(SUBJECTS)
    text = rng.choice(["{a}，{w}", "{w}！{a}", "看到{a}我{w}", "{a}让人{w}", "{w}{a}", "{a}{w}"]).format(a=about, w="，".join(words))
    if gold == "无情绪" and rng.random() < 0.5:
        text = rng.choice(world.news)["text"][:80]
    labels = rng.sample(sorted(set(EMOTIONS) - {gold}), rng.randint(2, 5)) + [gold]
    return with_labels(rng, labels, gold, text, rng.choice(["情感分类", "情绪分类", "情绪", "情感分类"]), "emotion")


def themed(rng, words):
    """A sentence about words of one theme."""
    theme, gold = rng.choice([("食物", "美食"), ("医药", "健康"), ("IT", "科技"), ("财经", "财经"), ("法律", "法律")])
    chosen = rng.sample(words["themes"][theme], 4)
    form = rng.choice(["{}和{}的{}", "关于{}、{}与{}", "{}，{}，{}，{}", "如何看待{}和{}？{}", "{}怎么{}，{}"])
    return form.format(*chosen), gold


def scene_topic(inventor):
    """The topic that a scene's first relation or event stands for."""
    wanted = {"比赛项目": "体育", "胜负": "体育", "收购": "财经", "签约": "财经", "导演": "娱乐", "歌手": "娱乐", "产品发布": "科技", "地震": "灾害", "事故": "灾害"}
    chosen = []
    for plan in scenes.plans():
        keys = [plan.event[0][0]] if plan.event else []
        keys += [names[0] for _, names, _ in plan.relations]
        topic = next((topic for key in keys for word, topic in wanted.items() if word in key), None)
        if topic:
            chosen.append((plan, topic))
    plan, topic = inventor.rng.choice(chosen)
    return scenes.make(plan, inventor).text, topic


def stretch(rng, text):
    """A part of a text, its beginning more often than not."""
    start = rng.choice([0, 0, 0, rng.randrange(max(1, len(text) - 40))])
    return text[start : start + rng.choice([30, 60, 60, 60, 120, 200])]


def topic(world, inventor, keys=1):
    rng = inventor.rng
    r = rng.random()
    base = r < 0.7
    if base:
        text, gold = rng.choice(world.topics)
        text = stretch(rng, text)
        if rng.random() < 0.2:  # what one review says and what another says: no word may count on its neighbours
            other, same = rng.choice(world.topics)
            text = stretch(rng, text)[:60] + stretch(rng, other)[:60] if same == gold else text
    elif r < 0.85:
        text, gold = themed(rng, inventor.words)
    else:
        text, gold = scene_topic(inventor)
    usual = ["图书", "酒店", "数码", "新闻"] if base and rng.random() < 0.6 else sorted(TOPIC_NAMES)
    # News is not told apart from its subjects.
    rest = [name for name in usual if name != gold and not (gold == "新闻" and name in ("财经", "灾害", "体育", "法律", "健康", "娱乐")) and not (name == "新闻" and not base)
            and (gold, name) not in (("数码", "科技"), ("科技", "数码"))]
    if base and usual != sorted(TOPIC_NAMES):
        labels = rest + [gold]
    else:
        labels = rng.sample(rest, min(len(rest), rng.randint(1, 5))) + rng.sample([w for w in STRANGERS if gold != "新闻" or w in ("游戏", "宠物", "星座", "时尚", "母婴")], rng.randint(0, 3)) + [gold]
    plain = rng.random() < 0.6
    named = {label: label if plain or label not in TOPIC_NAMES else rng.choice(TOPIC_NAMES[label]) for label in labels}
    return with_labels(rng, [named[label] for label in labels], named[gold], text, rng.choice(TOPIC_KEYS), "topic")
