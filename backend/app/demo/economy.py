"""What a family earns, spends, has and owes. Amounts in fen.

Income by type follows `marginals.INCOME`, homes and vehicles `HOMES`, `FLAT_OWNERS` and `VEHICLES`; how
planting, breeding and trade share the business income, and everything else, is made up.
"""

import json
from dataclasses import dataclass, field

from backend.app.demo.families import AWAY, HOME, Family
from backend.app.demo.marginals import FLAT_OWNERS, HOMES, VEHICLES
from backend.app.demo.seeded import Stream

MU_M2 = 667
YUAN = 100

# labels with the codes of record_kinds.yaml
_CROPS = {
    "水稻": "rice",
    "茶叶": "tea",
    "油菜": "rape",
    "玉米": "maize",
    "蔬菜": "vegetables",
    "菊花": "flowers",
}
_ANIMALS = {
    "猪": ("pig", 4, 1_900),
    "牛": ("cattle", 3, 9_500),
    "羊": ("sheep", 9, 1_100),
    "鸡": ("chicken", 40, 60),
    "鸭": ("duck", 30, 55),
}
_MACHINES = (
    ("微耕机", "tiller", 4_000),
    ("拖拉机", "tractor", 28_000),
    ("插秧机", "transplanter", 22_000),
    ("收割机", "harvester", 78_000),
    ("采茶机", "tea_picker", 3_500),
)
_CARS = (
    ("轿车", "car", 52_000),
    ("面包车", "car", 32_000),
    ("皮卡", "pickup", 58_000),
    ("越野车", "car", 96_000),
)
_STRUCTURES = ("brick", "wood", "concrete")


@dataclass(frozen=True, slots=True)
class Thing:
    """A thing of the household, or a debt outside the bank. `detail`: JSON text."""

    kind: str
    label: str
    value_fen: int | None = None
    area_m2: int | None = None
    quantity: int | None = None
    detail: str = "{}"


@dataclass(slots=True)
class Means:
    """A household's economy. `rich`: its standing, normally distributed around 0, which all amounts share."""

    rich: float
    income: dict[str, int] = field(default_factory=dict)
    spending: dict[str, int] = field(default_factory=dict)
    things: list[Thing] = field(default_factory=list)
    home_type: str = "homestead"
    cars: int = 0

    @property
    def income_fen(self) -> int:
        return sum(self.income.values())


def means_of(stream: Stream, family: Family) -> Means:
    """The economy of a family."""
    means = Means(rich=stream.gauss(0.0, 0.55))
    homes = _homes(stream, means)
    mu = _farmland(stream, means, family)
    _income(stream, means, family, mu)
    _spending(stream, means, family)
    _vehicles(stream, means, family)
    if stream.chance(0.20 if homes < 3 else 0.4):
        amount = stream.amount(26_000 * YUAN, 0.8, 1_000 * YUAN)
        means.things.append(_debt("elsewhere", "他行贷款", amount))
    if stream.chance(0.07):
        amount = stream.amount(18_000 * YUAN, 0.7, 1_000 * YUAN)
        means.things.append(_debt("private", "亲友借款", amount))
    return means


def _debt(lender: str, label: str, balance_fen: int) -> Thing:
    return Thing("debt", label, balance_fen, detail=json.dumps({"lender": lender}))


def _homes(stream: Stream, means: Means) -> int:
    number = stream.pick(
        {0: HOMES.figures["0"], 1: HOMES.figures["1"], 2: HOMES.figures["2"], 3: HOMES.figures["3+"]}
    )
    # a second home is mostly the flat in town
    flat_share = 0.52 if number >= 2 else max(0.0, (FLAT_OWNERS - 0.52 * 12.5) / HOMES.figures["1"])
    flat = number > 0 and stream.chance(flat_share)
    for place in range(number):
        if flat and place == number - 1:
            area = stream.randint(80, 140)
            value = stream.amount(area * 4_200 * YUAN, 0.18, 10_000 * YUAN)
            means.things.append(
                Thing(
                    "real_estate",
                    "商品房",
                    value,
                    area,
                    1,
                    '{"type": "flat", "structure": "concrete", "deed": true}',
                )
            )
            continue
        floors = stream.pick({1: 0.28, 2: 0.55, 3: 0.17})
        area = floors * stream.randint(70, 115)
        value = stream.amount(area * 620 * YUAN, 0.35 + abs(means.rich) * 0.1, 1_000 * YUAN)
        structure = stream.choice(_STRUCTURES)
        deed = "true" if stream.chance(0.7) else "false"
        parts = f'"structure": "{structure}", "floors": {floors}, "deed": {deed}'
        detail = f'{{"type": "homestead", {parts}}}'
        means.things.append(Thing("real_estate", f"宅基地房 {floors} 层", value, area, 1, detail))
    means.home_type = "rented" if number == 0 else "flat" if flat and number == 1 else "homestead"
    return number


def _farmland(stream: Stream, means: Means, family: Family) -> float:
    """Adds the farmland and tells how many mu the household itself works."""
    if means.home_type != "homestead" or not stream.chance(0.93):
        return 0.0
    own = round(max(0.6, stream.gauss(1.55, 0.5) * len(family.members)), 1)
    farmers = family.working("farm")
    taken = 0.0
    if farmers and stream.chance(0.07):
        taken = round(stream.amount(38 * 100, 0.7, 10) / 100, 1)
    given = 0.0 if taken else own if not farmers else own * 0.6 if stream.chance(0.15) else 0.0
    crop = stream.choice(list(_CROPS))
    for tenure, part in (("contracted", own - given), ("rented_out", given), ("rented_in", taken)):
        if part >= 0.05:
            label = f"{crop} {round(part, 1):g} 亩"
            detail = json.dumps({"crop": _CROPS[crop], "tenure": tenure})
            means.things.append(Thing("farmland", label, None, round(part * MU_M2), 1, detail))
    return own + taken - given


def _income(stream: Stream, means: Means, family: Family, mu: float) -> None:
    scale = 2.718281828 ** (0.45 * means.rich)
    earned: dict[str, float] = {}
    if mu:
        earned["income_planting_fen"] = mu * stream.uniform(950, 2_700) * YUAN * (0.75 if mu > 20 else 1.0)
    if family.working("farm") and stream.chance(0.21):
        animal = stream.choice(list(_ANIMALS))
        code, usual, price = _ANIMALS[animal]
        heads = max(1, round(usual * 2.718281828 ** stream.gauss(0.0, 0.8)))
        value = heads * price * YUAN // 2
        label = f"{animal} {heads} {'头' if price > 500 else '只'}"
        detail = json.dumps({"animal": code})
        means.things.append(Thing("livestock", label, value, None, heads, detail))
        earned["income_breeding_fen"] = value * stream.uniform(1.1, 2.4) + 3_500 * YUAN
    traders = family.working("trade")
    if traders:
        earned["income_trade_fen"] = sum(stream.amount(74_000 * YUAN, 0.6) for _ in range(traders)) * scale
    local = family.working("wages", at=HOME)
    if local:
        earned["income_wages_fen"] = sum(stream.amount(26_500 * YUAN, 0.4) for _ in range(local)) * scale
    away = family.working("wages", at=AWAY)
    if away:
        # what comes home, not what is earned
        earned["income_migrant_fen"] = sum(stream.amount(23_500 * YUAN, 0.35) for _ in range(away)) * scale
    transfers = stream.uniform(3_400, 11_000) * YUAN * max(1, len(family.members)) / 3
    for one in family.members:
        if one.age >= 60:
            pension = stream.uniform(2_600, 3_800) if stream.chance(0.74) else stream.uniform(24_000, 46_000)
            transfers += pension * YUAN
    earned["income_transfers_fen"] = transfers
    means.income = {name: int(amount) // (100 * YUAN) * (100 * YUAN) for name, amount in earned.items()}


def _spending(stream: Stream, means: Means, family: Family) -> None:
    living = (5_200 * len(family.members) * YUAN + means.income_fen * 0.28) * stream.uniform(0.8, 1.2)
    spent = {
        "spending_living_fen": living,
        "spending_gifts_fen": stream.amount(4_200 * YUAN, 0.5),
        "spending_medical_fen": stream.amount(2_400 * YUAN, 0.9),
    }
    studying = sum(1 for one in family.members if one.occupation == "学生")
    if studying:
        spent["spending_tuition_fen"] = studying * stream.amount(5_600 * YUAN, 0.6)
    means.spending = {name: int(amount) // (100 * YUAN) * (100 * YUAN) for name, amount in spent.items()}


def _vehicles(stream: Stream, means: Means, family: Family) -> None:
    grown = sum(1 for one in family.members if 18 <= one.age <= 68)
    # chances rise with size and standing; the factors keep the county's mean at the published rate
    cars = VEHICLES.figures["car"] / 100 * (0.30 + 0.245 * grown) * (1.30 if means.rich > 0.1 else 0.75)
    number = 1 if stream.chance(min(cars, 0.95)) else 0
    if number and stream.chance(0.06):
        number = 2
    means.cars = number
    for _ in range(number):
        label, code, price = stream.choice(_CARS)
        value = stream.amount(price * YUAN, 0.35, 1_000 * YUAN)
        means.things.append(Thing("vehicle", label, value, None, 1, json.dumps({"type": code})))
    bikes = VEHICLES.figures["two_wheeler"] / 100 * (0.25 + 0.27 * grown)
    two_wheelers = int(bikes) + (1 if stream.chance(bikes - int(bikes)) else 0)
    if two_wheelers:
        label = stream.choice(("电动车", "摩托车"))
        means.things.append(
            Thing(
                "vehicle",
                f"{label} {two_wheelers} 辆",
                two_wheelers * 1_600 * YUAN,
                None,
                two_wheelers,
                '{"type": "motorcycle"}',
            )
        )
    if family.working("farm") and stream.chance(0.17):
        label, code, price = stream.choice(_MACHINES)
        value = stream.amount(price * YUAN, 0.25, 500 * YUAN)
        means.things.append(Thing("machinery", label, value, None, 1, json.dumps({"machine": code})))
    if stream.chance(0.16):
        amount = stream.amount(22_000 * YUAN, 0.9, 1_000 * YUAN)
        means.things.append(Thing("financial", "他行存款", amount, None, 1, '{"form": "deposit"}'))
