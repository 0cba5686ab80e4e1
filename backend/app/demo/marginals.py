"""The published tables that the demo county follows, each with its source.

`backend/decisions/0006-demo-county.md` says why these tables, and what is invented. Shares are in per
cent.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """A published distribution or rate: `figures` by label, in per cent or per 100 households."""

    figures: dict[str, float]
    source: str


HOUSEHOLD_SIZE = Table(
    {"1": 5.64, "2": 13.05, "3": 22.86, "4": 27.93, "5": 17.71, "6+": 12.81},
    "第二次全国农业普查 (31 December 2006), 表 1-1-1-14 全国农村按住户人口特征和住户经营类型分的家庭户数量, "
    "rows 按登记人数分, 222,236,712 rural households: stats.gov.cn/sj/pcsj/nypc/nypc2/nm/html/01010114.htm",
)
"""Households by the number of people registered in them, those away for work included."""

AGE = Table(
    {"0-14": 17.95, "15-59": 63.35, "60+": 18.70},
    "第七次全国人口普查公报（第五号）, 国家统计局, 11 May 2021, 表 5-1 (1 November 2020, whole country)",
)
"""People by age."""

RURAL_60_PLUS = 20.04
"""Share of people of 60 and over among all members of rural households, in per cent.

中国社会科学院农村发展研究所, 中国乡村振兴综合调查 2020 (3,833 households, 15,554 members), report of
May 2022; the same survey found 3.26 of 4.06 members living at home.
"""

AT_HOME = 80.3
"""Share of members living at home, in per cent: 3.26 residents of 15,554 / 3,833 members (source as
RURAL_60_PLUS)."""

INCOME = Table(
    {"wages": 42.24, "business": 34.26, "transfers_and_property": 23.50},
    "国家统计局, 2023年居民收入和消费支出情况 (January 2024): rural disposable income per head 21,691 yuan "
    "= wages 9,163 + net business income 7,431 + net property income 540 + net transfers 4,557",
)
"""Income by type. Wages earned away from home count as wages; property income has no field of its own."""

INCOME_PER_HEAD_FEN = 21_691_00

HOMES = Table(
    {"0": 0.5, "1": 87.0, "2": 11.6, "3+": 0.9},
    "第三次全国农业普查主要数据公报（第四号）, 国家统计局, 16 December 2017 (end of 2016, 230.27 million "
    "households): 拥有 1 处、2 处、3 处及以上住房",
)
"""Households by the number of homes they own."""

FLAT_OWNERS = 8.7
"""Households that own a flat (商品房), per cent; source as HOMES."""

VEHICLES = Table(
    {"car": 30.2, "two_wheeler": 101.9},
    "cars: 国家统计局, 2021, 农村居民平均每百户家用汽车拥有量 30.2 辆 (report of 12 October 2022); "
    "motorcycles and electric bicycles: 第三次全国农业普查主要数据公报（第四号）, end of 2016, "
    "101.9 per 100 households",
)
"""Vehicles per 100 households."""
