"""Invented people, villages and shops, with their pinyin. Any likeness to real ones is chance."""

from pypinyin import lazy_pinyin

from backend.app.demo.seeded import Stream

# commonest surnames whose reading is plain, with rough weights
SURNAMES = {
    name: weight
    for names, weight in (
        ("王李张刘陈杨黄赵吴周", 10.0),
        ("徐孙马朱胡郭何高林罗", 5.0),
        ("郑梁谢宋唐许韩冯邓曹", 3.0),
        ("彭肖田董袁潘于蒋蔡余", 2.0),
        ("杜叶程苏魏吕丁沈姜范", 1.5),
        ("江傅钟卢汪戴崔廖陆金", 1.2),
        ("石姚谭邹熊孔秦白史顾", 1.0),
        ("侯邵孟龙万段雷钱汤尹", 0.8),
        ("易常武乔赖龚文庞樊兰", 0.5),
        ("殷施陶洪翟安颜倪严牛", 0.4),
    )
    for name in names
}

# given names by (born before, sex): first characters, second characters
_GIVEN = (
    (1962, "m", "国建德福有金水根生发贵富春海山林祥永世家", "生发财贵山林祥华才明海水根福旺田清荣民义"),
    (1962, "f", "秀桂玉春凤菊翠莲香美素金银兰", "英兰芳珍香莲花梅云娥秀珠凤琴菊"),
    (1985, "m", "建志文明晓小国永宏卫海新", "军伟强勇斌涛明华平辉刚东峰兵林俊"),
    (1985, "f", "丽艳红霞小晓秀美海爱春", "丽艳红霞燕娟敏玲萍芳英梅琴花华"),
    (2006, "m", "志文俊浩鹏嘉子晓天伟", "杰豪鹏飞远超凯龙宇航阳东洋"),
    (2006, "f", "雨晓佳思梦静欣雅婷文", "婷雪洁丽琪颖慧倩怡静雯敏"),
    (9999, "m", "浩宇子梓俊一泽博睿昊", "轩泽宇豪然辰阳博睿涵晨"),
    (9999, "f", "梓欣雨思诗一可语佳若", "涵怡萱琪彤妍悦桐欣晴瑶"),
)

_VILLAGE_FIRST = "柳枫石竹松云白青上下东西南北大小龙凤金银桃梅茶杨樟槐桐荷麻莲"
_VILLAGE_SECOND = "溪岭塘湾冲坪坑桥源坞畈垅井岗堰墩圩陂潭川"

_SHOP_NAMES = (
    "兴旺", "永发", "福源", "顺达", "鑫隆", "惠民", "万家", "诚信", "联谊", "宏远", "吉祥", "丰收", "利民",
    "德胜", "恒通", "百汇", "春华", "和顺", "富民", "同心",
)  # fmt: skip

#: trade by code of GB/T 4754-2017, with what the sign says, share, and median yearly turnover in yuan
TRADES = (
    ("5212", "超市", 0.20, 620_000),
    ("5166", "农资店", 0.10, 900_000),
    ("6210", "饭店", 0.14, 480_000),
    ("8111", "汽车修理店", 0.06, 420_000),
    ("5124", "粮油店", 0.08, 760_000),
    ("5261", "建材店", 0.09, 1_100_000),
    ("8040", "理发店", 0.07, 120_000),
    ("2110", "家具厂", 0.04, 2_200_000),
    ("1530", "茶厂", 0.06, 1_800_000),
    ("0111", "家庭农场", 0.08, 560_000),
    ("0313", "养猪场", 0.04, 1_300_000),
    ("0190", "专业合作社", 0.04, 2_600_000),
)


class Namer:
    """Makes names and reads them. Readings are kept, one look-up a character."""

    def __init__(self) -> None:
        self._syllables: dict[str, str] = {}
        self._villages: set[str] = set()
        self._surnames = list(SURNAMES)
        total = 0.0
        self._cumulated = [total := total + weight for weight in SURNAMES.values()]

    def surname(self, stream: Stream) -> str:
        return stream.choices(self._surnames, cum_weights=self._cumulated)[0]

    def given(self, stream: Stream, born: int, sex: str) -> str:
        """A given name as was usual in the year `born`."""
        for before, of, first, second in _GIVEN:
            if born < before and sex == of:
                if stream.chance(0.18):
                    return stream.choice(second)
                return stream.choice(first) + stream.choice(second)
        raise ValueError(f"no names for sex {sex!r}")

    def village(self, stream: Stream) -> str:
        """A village's name without 村, used once in the county."""
        for _ in range(200):
            name = stream.choice(_VILLAGE_FIRST) + stream.choice(_VILLAGE_SECOND)
            if name not in self._villages:
                self._villages.add(name)
                return name
        # the two-character names are used up: put a third character in front
        name = next(
            one
            for first in _VILLAGE_FIRST
            for base in sorted(self._villages)
            if len(base) == 2 and (one := first + base) not in self._villages
        )
        self._villages.add(name)
        return name

    def shop(self, stream: Stream, place: str, sign: str) -> str:
        """A shop's name: place, fancy word, trade."""
        return f"{place}{stream.choice(_SHOP_NAMES)}{sign}"

    def reading(self, name: str) -> tuple[str, str]:
        """(pinyin without tones and blanks, initials), lower case, as the search wants them."""
        syllables = [self._syllable(one) for one in name]
        return "".join(syllables), "".join(one[:1] for one in syllables)

    def _syllable(self, character: str) -> str:
        found = self._syllables.get(character)
        if found is None:
            found = self._syllables[character] = lazy_pinyin(character)[0].lower()
        return found
