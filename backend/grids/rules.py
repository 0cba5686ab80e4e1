"""What a grid is and who may hold it: names with their meanings, and pure checks of them."""

from enum import StrEnum

from backend.kernel.actor import Role


class GridKind(StrEnum):
    """What stands on the ground of a grid."""

    village = "village"  # 村组
    community = "community"  # 社区
    market = "market"  # 商圈
    street_shops = "street_shops"  # 沿街商铺
    industrial_park = "industrial_park"  # 园区
    enterprise = "enterprise"  # 企业
    institutions = "institutions"  # 机关事业


CHINESE_KINDS = {
    "村组": GridKind.village,
    "村": GridKind.village,
    "社区": GridKind.community,
    "商圈": GridKind.market,
    "沿街商铺": GridKind.street_shops,
    "园区": GridKind.industrial_park,
    "企业": GridKind.enterprise,
    "机关事业": GridKind.institutions,
}
"""The words that a bank's own files use, as `kind_of_word` reads them."""


class Duty(StrEnum):
    """In what part a person holds a grid. A stand-in (代管) does the responsible person's work for some
    days.
    """

    responsible = "responsible"
    agent = "agent"
    assistant = "assistant"
    supervisor = "supervisor"
    stand_in = "stand_in"


SINGLE_DUTIES = frozenset({Duty.responsible, Duty.supervisor})
"""Duties with one holder at a time: the next one ends the one before.

A grid has any number of agents and assistants.
"""

MAY_HOLD: dict[Duty, frozenset[Role]] = {
    Duty.responsible: frozenset({Role.manager, Role.deputy_head, Role.branch_head}),
    Duty.agent: frozenset({Role.agent}),
    Duty.assistant: frozenset({Role.manager, Role.deputy_head, Role.branch_head}),
    Duty.stand_in: frozenset({Role.manager, Role.deputy_head, Role.branch_head}),
    Duty.supervisor: frozenset({Role.branch_head, Role.deputy_head, Role.hq_business}),
}
"""Which roles a duty is for. An agent is not bank staff, so an agent only ever holds the agent's duty."""


def kind_of_word(word: str) -> GridKind | None:
    """The kind that `word` names, in English code or Chinese; None where it names none."""
    word = word.strip()
    if word in GridKind.__members__:
        return GridKind(word)
    return CHINESE_KINDS.get(word)


def kind_of_name(name: str, statistical_code: str = "") -> GridKind:
    """The kind that a village's name shows, else its statistical code.

    The last three digits of the statistical bureau's 12-digit codes tell the class: 001 to 199 residents'
    committees (居委会), 200 to 399 villagers' committees (村委会), 400 to 499 places treated as a community,
    500 and over as a village (国家统计局, 统计用区划代码编制规则).
    """
    if any(word in name for word in ("工业园", "产业园", "园区")):
        return GridKind.industrial_park
    if "社区" in name or name.endswith("居委会"):
        return GridKind.community
    if name.endswith(("村", "村委会")):
        return GridKind.village
    last = statistical_code[9:12]
    if last.isdecimal() and (1 <= int(last) <= 199 or 400 <= int(last) <= 499):
        return GridKind.community
    return GridKind.village


def short_name(name: str) -> str:
    """A village's name without the committee: 白泉社区居委会 → 白泉社区, 佛岭村村委会 → 佛岭村, 东风村委会 →
    东风村.
    """
    name = name.strip()
    if name.endswith("村委会") and len(name) > 3:
        stem = name[:-3]
        return stem if stem.endswith(("村", "社区")) else stem + "村"
    if name.endswith("居委会") and len(name) > 3:
        return name[:-3]
    return name
