"""Names, places, dates and so on that fill the slots of templates and stand in for names of the corpus. Everything is drawn from a given random source."""

FOREIGN = "阿埃艾安奥巴贝比波博布查达戴德迪杜恩法菲费弗福富盖戈格古哈海汉赫华怀霍基吉加贾杰金卡凯坎考科克肯库拉莱兰雷里利列林卢鲁伦罗洛马麦曼梅门蒙米莫姆穆纳内尼诺帕佩皮普奇乔切琼丘瑞萨塞桑沙圣史斯苏索塔泰坦汤特滕提廷图托瓦维温沃乌西希夏谢休雅亚扬耶伊约扎詹兹"
JAPANESE = "田中 铃木 佐藤 高桥 渡边 伊藤 山本 中村 小林 加藤 吉田 山田 佐佐木 山口 松本 井上 木村 清水 谷口 大谷 石川 前田 藤田 冈田 长谷川 村上 近藤 石井 后藤 坂本".split()
JAPANESE_GIVEN = "一郎 太郎 次郎 清太郎 健一 翔平 美咲 花子 直子 和夫 正雄 康弘 龙太郎 惠子 由美 真由美 大辅 拓也 裕子 茂 隆".split()
BRANDS = ("苹果 华为 小米 三星 索尼 联想 特斯拉 比亚迪 大众 丰田 本田 宝马 奔驰 奥迪 阿里巴巴 腾讯 百度 京东 美团 字节跳动 网易 拼多多 滴滴 谷歌 微软 亚马逊 英特尔 英伟达 高通 "
          "台积电 中兴 荣耀 海尔 格力 美的 茅台 可口可乐 百事 麦当劳 肯德基 星巴克 耐克 阿迪达斯 安踏 李宁 蔚来 理想 小鹏 吉利 长城 奇瑞 大疆 商汤 科大讯飞 宁德时代 海康威视 京东方 "
          "松下 佳能 尼康 西门子 飞利浦 戴尔 惠普 华硕 魅族 一加 雀巢 宝洁 联合利华 欧莱雅 波音 空客 推特 脸书 奈飞 甲骨文 快手 知乎 哔哩哔哩 顺丰 中通 圆通 万科 恒大 碧桂园 中石化 中石油").split()
COINED = "天宏华盛泰瑞恒康嘉德信通联达科创新海云星辰光远东方金银泽润明宇博雅腾飞龙翔凯安正大百利元亨丰和众兴隆盈禾微智慧诺思拓维尚优立蓝鲸木火麒麟"
TRADES = "科技 电子 汽车 医药 生物 能源 食品 服装 软件 网络 通信 建筑 地产 物流 传媒 文化 教育 证券 保险 航空 钢铁 化工 机械 家居 环保 半导体 智能 信息 贸易 投资".split()
THINGS = ("手机 电脑 笔记本 平板 平板电脑 耳机 手表 智能手表 音箱 电视 相机 汽车 电动车 轿车 操作系统 芯片 处理器 软件 游戏 应用 浏览器 机器人 无人机 空调 冰箱 洗衣机 饮料 奶茶 咖啡 "
          "疫苗 药物 新药 面膜 口红 香水 球鞋 运动鞋 羽绒服 路由器 打印机 显卡 键盘 鼠标 电池 摄像头 扫地机器人 热水器 充电宝 方便面 啤酒 酸奶").split()
MODELS = ("iPhone|iPad|MacBook|Mate|Galaxy|ThinkPad|Surface|Model|Kindle|AirPods|Apple Watch|PlayStation|Switch|Xbox|Windows|Android|iOS|ChatGPT|GPT|Pixel|Nova|Reno|Find|Magic|Zenfone|"
          "Vision Pro|HarmonyOS|Copilot|Gemini|Llama|Claude|RTX|Core|Xperia|Yoga|Redmi|Note").split("|")
MODEL_TAILS = "Pro|Max|Plus|Ultra|Air|mini|SE|Pro Max|X|S|Lite|GT|Note|||||".split("|")
CHINESE_PRODUCTS = "鸿蒙 微信 支付宝 抖音 淘宝 王者荣耀 原神 文心一言 通义千问 麒麟芯片 骁龙处理器 红旗轿车 元宝 豆包 汉EV 秦PLUS 问界M9 小爱同学 天猫精灵 绝地求生 和平精英 钉钉 高德地图 企业微信".split()
TEAMS = ("泰达 天海 国安 申花 恒大 鲁能 建业 富力 绿城 亚泰 上港 苏宁 永昌 力帆 斯威 雄狮 飞马 队 男篮 女排 男足 女足 队").split()
FOREIGN_TEAMS = "皇马 巴萨 曼联 曼城 切尔西 阿森纳 利物浦 拜仁 多特蒙德 尤文图斯 国际米兰 AC米兰 湖人 勇士 火箭 公牛 凯尔特人 热火 马刺 骑士 雄鹿 掘金 太阳 快船 巴黎圣日耳曼 马竞 罗马 那不勒斯".split()
GAMES = ("德比战 中超联赛 欧冠决赛 世界杯预选赛 亚洲杯 总决赛 季后赛 足协杯 友谊赛 揭幕战 半决赛 奥运会 亚运会 全运会 世锦赛 英超 西甲 德甲 意甲 法甲 NBA总决赛 CBA联赛 欧冠 世界杯 欧洲杯 "
         "联赛第{n}轮 全英公开赛 澳网 法网 温网 美网 北京冬奥会 东京奥运会 女排联赛 亚冠联赛 乒超联赛 世界女排大奖赛 大师赛 锦标赛").split()
SPORTS = "自由式滑雪 花样滑冰 短道速滑 跳水 体操 举重 乒乓球 羽毛球 游泳 百米跑 马拉松 射击 击剑 柔道 拳击 跳高 跳远 铅球 网球 高山滑雪 女子大跳台 男子双打 女子单打 男子4x100米接力".split()
WORDS_OF_TITLES = "春秋山河风雨雪月江湖梦影城南北东西故乡少年青春时光岁月长夜星辰大海之歌传奇记爱情往事红楼白鹿平凡世界活着人生英雄天下归来远方花火沉默孤独国王森林"
JOBS = "董事长 总经理 首席执行官 CEO 总裁 创始人 市长 省长 县长 部长 局长 院长 校长 教授 主任 书记 主席 总统 总理 首相 外长 主教练 队长 导演 编剧 演员 歌手 作家 记者 律师 医生 工程师 研究员 发言人 秘书长 副总裁 董事 经理 法官 司令 将军".split()
NATIONS = "中国 美国 日本 韩国 英国 法国 德国 俄罗斯 意大利 西班牙 巴西 阿根廷 加拿大 澳大利亚 印度 越南 泰国 新加坡 瑞典 挪威 荷兰 瑞士 波兰 埃及 南非 墨西哥 土耳其 伊朗".split()
COURTS = ("大学 学院 师范大学 理工大学 医科大学 农业大学 交通大学 外国语大学 财经大学 中学 第一中学 实验小学 音乐学院 美术学院 电影学院 政法大学").split()
BODIES = ("银行 医院 人民医院 研究所 博物馆 图书馆 电视台 日报社 出版社 公安局 教育局 卫生局 环保局 财政局 税务局 法院 检察院 市政府 县政府 消防支队 气象局 地震局 体育局 文化馆 红十字会 "
          "足球协会 作家协会 商会 基金会 科学院 交易所 铁路局 航空公司 供电公司 自来水公司 出租车公司 设计院 规划局 城管局 民政局 人民法院 发展和改革委员会 国土资源局").split()
ABSTRACT = "外交部 国防部 财政部 教育部 商务部 公安部 国务院 联合国 世界卫生组织 欧盟 北约 世界银行 国际奥委会 央行 证监会 发改委 卫健委 最高人民法院 全国人大 中国科学院 新华社 央视 国际足联 红十字会".split()
KNOWN_SCHOOLS = "北大 清华 复旦 北京大学 清华大学 浙江大学 南京大学 武汉大学 哈佛大学 牛津大学 剑桥大学 麻省理工学院 早稻田大学 东京大学 斯坦福大学 耶鲁大学 中山大学 同济大学 厦门大学 人大 南开大学 黄埔军校".split()


class Inventor:
    """Draws fillers; `words` is what lexicons.build() made."""

    def __init__(self, words, rng):
        self.words, self.rng = words, rng

    def draw(self, kind):
        return getattr(self, kind)()

    def _of(self, *names):
        return self.rng.choice(self.words[self.rng.choice(names)])

    def person(self):
        r = self.rng.random()
        if r < 0.35:
            return self.rng.choice(self.words["surname"]) + self.rng.choice(self.words["given"])
        if r < 0.5:
            given = self.rng.choice(self.words["given"])
            return self.rng.choice(self.words["surname"]) + given[0] + self.rng.choice(self.words["given"])[-1]
        if r < 0.75:
            return self._of("person")
        return self.foreigner() if r < 0.93 else self.rng.choice(JAPANESE) + self.rng.choice(JAPANESE_GIVEN)

    def foreigner(self):
        name = "".join(self.rng.choices(FOREIGN, k=self.rng.randint(2, 4)))
        if self.rng.random() < 0.2:
            name += "·" + "".join(self.rng.choices(FOREIGN, k=self.rng.randint(2, 4)))
        return name

    def surname_call(self):
        return self.rng.choice("小老") + self.rng.choice(self.words["surname"])

    def place(self):
        return self._of("province", "city", "city", "county", "county", "town", "village", "country", "abroad", "named") if self.rng.random() < 0.9 else self._invented_place()

    def _invented_place(self):
        body = "".join(self.rng.choices(FOREIGN, k=self.rng.randint(2, 4)))
        return body + self.rng.choice(["", "", "市", "州", "省", "岛", "镇", "河"])

    def city(self):
        return self._of("city", "city", "county", "abroad", "province")

    def country(self):
        return self.rng.choice(NATIONS) if self.rng.random() < 0.6 else self._of("country")

    def company(self):
        r = self.rng.random()
        if r < 0.3:
            return self.rng.choice(BRANDS) + self.rng.choice(["", "", "", "公司", "集团", "科技"])
        if r < 0.6:
            return self._of("companies") + self.rng.choice(["", "", "公司", "集团"])
        where = self._of("city", "province") if self.rng.random() < 0.5 else ""
        coined = "".join(self.rng.choices(COINED, k=self.rng.choice([2, 2, 3])))
        return where + coined + self.rng.choice(TRADES) + self.rng.choice(["公司", "有限公司", "股份有限公司", "集团", ""])

    def product(self):
        r = self.rng.random()
        if r < 0.45:
            name = self.rng.choice(MODELS)
            if self.rng.random() < 0.7:
                name += self.rng.choice(["", " "]) + str(self.rng.choice([3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 20, 30, 50, 60, 90]))
            tail = self.rng.choice(MODEL_TAILS)
            return name + (self.rng.choice(["", " "]) + tail if tail else "")
        if r < 0.6:
            return self.rng.choice(CHINESE_PRODUCTS)
        if r < 0.75:
            return self.rng.choice(BRANDS) + self.rng.choice(THINGS)
        if r < 0.85:
            return "".join(self.rng.choices(COINED, k=2)) + self.rng.choice(["", str(self.rng.randint(1, 20))]) + self.rng.choice(THINGS)
        return self.rng.choice(THINGS)

    def organisation(self):
        r = self.rng.random()
        if r < 0.2:
            return self.company()
        if r < 0.3:
            return self.rng.choice(ABSTRACT)
        return self._of("city", "county", "province", "country", "abroad") + self.rng.choice(BODIES + COURTS)

    def short_body(self):
        return self.rng.choice(ABSTRACT)

    def school(self):
        return self.rng.choice(KNOWN_SCHOOLS) if self.rng.random() < 0.35 else self._of("city", "province", "abroad") + self.rng.choice(COURTS)

    def team(self):
        return self.rng.choice(FOREIGN_TEAMS) if self.rng.random() < 0.35 else self._of("city", "province", "country") + self.rng.choice(TEAMS)

    def game(self):
        return self.rng.choice(GAMES).replace("{n}", str(self.rng.randint(1, 38)))

    def sport(self):
        return self.rng.choice(SPORTS)

    def time(self):
        r, year, month, day = self.rng.random(), self.rng.randint(1900, 2030), self.rng.randint(1, 12), self.rng.randint(1, 30)
        if r < 0.25:
            return f"{year}年" + self.rng.choice(["", f"{month}月", f"{month}月{day}日"])
        if r < 0.5:
            return f"{month}月{day}日" + self.rng.choice(["", "", "上午", "下午", "晚", "凌晨", "晚间"])
        if r < 0.6:
            return f"{day}日" + self.rng.choice(["", "上午", "下午", "晚上"])
        if r < 0.8:
            return self.rng.choice("昨天 今天 明天 前天 去年 今年 明年 上周 本周 下周 上周五 周一 星期天 本月 上个月 近日 日前 目前 昨日 今日 今晚 昨晚 去年底 今年初 春节 国庆节 当天 当晚".split())
        if r < 0.9:
            return self.rng.choice(["", "昨天", "今天", "周六"]) + self.rng.choice(["上午", "下午", "晚上", "早上"]) + f"{self.rng.randint(1, 12)}点" + self.rng.choice(["", "半", "30分"])
        return self.rng.choice([f"{year}-{month:02}-{day:02}", f"{year}/{month}/{day}", f"{year % 100 // 10 * 10}年代", f"{year}年春", f"{year}年底", f"{year}年第{self.rng.choice('一二三四')}季度"])

    def year(self):
        return f"{self.rng.randint(1900, 2025)}年"

    def money(self):
        return f"{self.rng.choice([1, 2, 3, 5, 8, 12, 30, 50, 99, 120, 188.5, 300, 1999, 5000])}{self.rng.choice(['', '万', '亿', '余万', '多亿'])}{self.rng.choice(['元', '美元', '元人民币', '欧元', '日元', '港元'])}"

    def number(self):
        return str(self.rng.randint(2, 5000))

    def age(self):
        return str(self.rng.randint(18, 99))

    def score(self):
        return f"{self.rng.randint(0, 5)}{self.rng.choice('-:比')}{self.rng.randint(0, 5)}"

    def magnitude(self):
        return f"{self.rng.randint(3, 8)}.{self.rng.randint(0, 9)}级"

    def title(self):
        return self.rng.choice(JOBS)

    def work(self):
        return "".join(self.rng.choices(WORDS_OF_TITLES, k=self.rng.randint(2, 5)))

    def food(self):
        return self.rng.choice(self.words["themes"]["食物"])

    def thing(self):
        return self.rng.choice(THINGS)

    def railway(self):
        ends = [self._of("city", "county", "abroad") for _ in range(2)]
        joined = "".join(end.rstrip("市县区")[0] for end in ends) if self.rng.random() < 0.6 else self.rng.choice("大莱龙 京沪 京九 陇海 沪昆 兰新 成渝 青藏 胶济 焦柳 宝成 襄渝".split())
        return joined + self.rng.choice("铁路 高铁 高速公路 城际铁路 大桥 运河 公路 地铁 隧道".split())

    def length(self):
        return f"{self.rng.randint(1, 3000)}{self.rng.choice(['公里', '千米', '.5公里', '米'])}"

    def known_places(self):
        if not hasattr(self, "_places"):
            levels = ("province", "city", "county", "town", "country", "abroad", "village")
            self._places = {name for level in levels for name in self.words[level]} | set(NATIONS)
        return self._places

    def known_countries(self):
        if not hasattr(self, "_countries"):
            self._countries = set(self.words["country"]) | set(NATIONS)
        return self._countries
