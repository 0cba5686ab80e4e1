"""What else a full file holds: plans, guarantees, honours, registers, hopes for this year, a business's
papers and partners. Drawn from a stream of its own, so that the rest of the county stays as it was. All
made up."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

import msgspec

from backend.app.demo.economy import MU_M2, YUAN, Means, Thing
from backend.app.demo.families import Family
from backend.app.demo.rows import RecordRow
from backend.app.demo.seeded import Stream
from backend.app.demo.site import Recorded, Site

_PLANS = {"loan": 0.42, "deposit": 0.14, "card": 0.10, "insurance": 0.14, "wealth": 0.08, "qr": 0.12}
_COLLATERAL = {"none": 0.55, "guarantor": 0.25, "house": 0.14, "land": 0.06}
_HONOURS = ("十星级文明户", "最美庭院", "好婆媳", "致富带头人", "优秀党员")
_SEASONS = ((0.31, 0.22, 0.19, 0.28), (0.18, 0.27, 0.32, 0.23), (0.25, 0.25, 0.25, 0.25))
_UPSTREAM = ("县农资公司", "武汉批发市场", "镇粮站", "茶叶合作社", "县建材城", "本村农户")


class Particulars:
    """Adds to one customer's file what the rest of the demo does not."""

    def __init__(self, site: Site, customer_id: UUID, recorded: Recorded) -> None:
        self._site, self._customer, self._recorded = site, customer_id, recorded
        self._stream = Stream(site.world.seed, site.world.today, "particulars", customer_id)
        # what came later, likewise
        self._more = Stream(site.world.seed, site.world.today, "more", customer_id)

    def household(self, family: Family, means: Means) -> None:
        """A household's: registers, people living there, this year's income, plans, guarantees, honours."""
        stream = self._stream
        self._value("residents_count", sum(one.whereabouts == "home" for one in family.members) or 1)
        poor = means.rich < -0.5
        alone = len(family.members) == 1 and family.head.age >= 60
        if stream.chance(0.8):
            self._value("minimum_living", "yes" if stream.chance(0.16 if poor else 0.01) else "no")
            self._value("five_guarantees", "yes" if alone and stream.chance(0.3) else "no")
            self._value("out_of_poverty", "yes" if stream.chance(0.28 if poor else 0.05) else "no")
        if stream.chance(0.45):
            turn = stream.gauss(1.04, 0.16)
            for name, amount in means.income.items():
                expected = int(amount * turn) // (100 * YUAN) * (100 * YUAN)
                self._value(f"{name.removesuffix('_fen')}_expected_fen", max(expected, 0))
        if family.head.age < 66 and stream.chance(0.16):
            self._plan()
        if stream.chance(0.05):
            self._guarantee(60_000)
        self._land_and_savings()
        if stream.chance(0.09):
            year = self._site.world.today.year - stream.randint(0, 8)
            self._record("honour", stream.choice(_HONOURS), None, {"year": year, "given_by": "镇政府"})

    def detail(self, thing: Thing) -> str:
        """A thing's detail; a bank's debt mostly with the day on which it is due."""
        if thing.label != "他行贷款" or self._more.chance(0.3):
            return thing.detail
        due = self._site.world.today + timedelta(days=self._more.randint(-20, 420))
        told: dict[str, object] = msgspec.json.decode(thing.detail)
        return msgspec.json.encode(told | {"due_on": due.isoformat()}).decode()

    def _land_and_savings(self) -> None:
        """Here and there a greenhouse, an orchard, wealth products or shares of another house."""
        more = self._more
        for share, crop, label, greenhouse in (
            (0.03, "vegetables", "蔬菜大棚", True),
            (0.03, "fruit", "果园", False),
        ):
            if more.chance(share):
                detail = {"crop": crop, "tenure": "contracted", "greenhouse": greenhouse}
                self._record("farmland", label, None, detail, area_m2=more.randint(2, 12) * MU_M2)
        if more.chance(0.04):
            form = more.pick({"wealth": 0.6, "shares": 0.4})
            amount = more.amount(60_000 * YUAN, 0.7, 1_000 * YUAN)
            self._record("financial", {"wealth": "理财", "shares": "股票"}[form], amount, {"form": form})

    def business(self, turnover: int, costs: int, family_id: UUID, firm: bool) -> None:
        """A business's: licence, quarters, tax and power, trading partners, plans, guarantees."""
        stream, today = self._stream, self._site.world.today
        if stream.chance(0.88):
            since = today - timedelta(days=stream.randint(100, 4_500))
            self._value("licence_from", since.isoformat())
            if stream.chance(0.7):
                self._value("licence_term", "open_ended")
            else:
                soon = stream.chance(0.4)
                until = today + timedelta(days=stream.randint(-160, 200 if soon else 2_400))
                self._value("licence_until", until.isoformat())
        if stream.chance(0.6):
            shares = stream.choice(_SEASONS)
            for quarter, share in enumerate(shares, 1):
                self._value(f"turnover_q{quarter}_fen", int(turnover * share) // YUAN * YUAN)
                self._value(f"costs_q{quarter}_fen", int(costs * (share + 0.25) / 2) // YUAN * YUAN)
        if stream.chance(0.7 if firm else 0.4):
            self._value("tax_year_fen", stream.amount(turnover * (0.03 if firm else 0.008), 0.5))
        if stream.chance(0.5):
            self._value("power_year_kwh", stream.randint(900, 9_000) * (12 if firm else 1))
        for _ in range(stream.pick({0: 0.35, 1: 0.35, 2: 0.2, 3: 0.1})):
            role = stream.pick({"buyer": 0.5, "supplier": 0.5})
            detail = {"role": role, "share": stream.randint(5, 80)}
            self._record("partner", stream.choice(_UPSTREAM), stream.amount(turnover * 0.2, 0.6), detail)
        more = self._more
        if more.chance(0.12):
            # the owner's own tea, pigs or flour
            told = {"role": "supplier", "share": more.randint(5, 40), "customer": str(family_id)}
            self._record("partner", "业主自家", more.amount(turnover * 0.1, 0.6), told)
        if more.chance(0.15):
            area = more.randint(30, 200)
            told = {"type": "plant" if firm else "shop", "deed": more.chance(0.7)}
            self._record("real_estate", "自有铺面", area * 5_000 * YUAN, told, area_m2=area)
        if stream.chance(0.3):
            self._plan()
        if stream.chance(0.08):
            self._guarantee(200_000)

    def _plan(self) -> None:
        stream, today = self._stream, self._site.world.today
        product = stream.pick(_PLANS)
        detail: dict[str, object] = {
            "product": product,
            "when_on": (today + timedelta(days=stream.randint(-120, 300))).isoformat(),
        }
        amount = stream.amount(60_000 * YUAN, 0.7, 10_000 * YUAN) if product in ("loan", "deposit") else None
        if product == "loan":
            detail |= {"term_months": stream.choice((12, 24, 36, 60)), "collateral": stream.pick(_COLLATERAL)}
        self._record("intention", "", amount, detail)

    def _guarantee(self, median: int) -> None:
        stream, today = self._stream, self._site.world.today
        until = today + timedelta(days=stream.randint(-90, 900))
        amount = stream.amount(median * YUAN, 0.6, 10_000 * YUAN)
        self._record("guarantee", "替亲戚担保", amount, {"lender": "邮储银行", "until_on": until.isoformat()})

    def _value(self, name: str, value: int | str) -> None:
        self._site.value(self._customer, name, value, self._recorded)

    def _record(
        self,
        kind: str,
        label: str,
        value_fen: int | None,
        detail: Mapping[str, object],
        area_m2: int | None = None,
    ) -> None:
        recorded = self._recorded
        self._site.world.batch.add(
            RecordRow(
                self._stream.id_at(recorded.at),
                self._customer,
                kind,
                label,
                value_fen,
                area_m2,
                None,
                msgspec.json.encode(detail).decode(),
                "collected",
                recorded.at,
                recorded.by,
                None,
            )
        )
