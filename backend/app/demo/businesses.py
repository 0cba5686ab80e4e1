"""Businesses of a grid: shops, workshops, farms, each run by the head of a household there."""

from uuid import UUID

from backend.app.demo.contacts import Place, contact
from backend.app.demo.dealings import Holder, Profile, deal
from backend.app.demo.households import Runner
from backend.app.demo.names import TRADES
from backend.app.demo.particulars import Particulars
from backend.app.demo.rows import MembershipRow
from backend.app.demo.site import Recorded, Shape, Site
from backend.app.demo.townships import TOWNSHIPS, short

_FEN = 100

# these have a legal person and staff; the others are self-employed people (个体户)
_FIRMS = ("专业合作社", "家具厂", "茶厂")
_KINDS = {"专业合作社": "cooperative", "家庭农场": "family_farm", "家具厂": "firm", "茶厂": "firm"}
#: what has not been asked for yet, and how often
_GAPS = {("turnover_year_fen", "costs_year_fen"): 0.05, ("business_kind",): 0.06}
#: section of GB/T 4754-2017 by the first digits of a trade's code
_SECTIONS = {
    "01": "a",
    "03": "a",
    "15": "c",
    "21": "c",
    "51": "f",
    "52": "f",
    "62": "h",
    "80": "o",
    "81": "o",
}


#: a square metre's rent a year
_RENT_FEN = 240 * _FEN


class Businesses:
    """Makes the businesses of one grid."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def make(self, runner: Runner) -> None:
        """Adds one business, run by `runner`, to the batch."""
        site = self._site
        world, stream = site.world, site.stream
        code, sign, _, median = stream.choices(TRADES, [trade[2] for trade in TRADES])[0]
        since = site.since()
        at = world.calendar.at(since, 10)
        customer_id = stream.id_at(at)
        name = world.namer.shop(stream, short(TOWNSHIPS[site.team.grid.township]), sign)
        relation = "legal_person" if sign in _FIRMS else "owner"
        world.batch.add(
            MembershipRow(
                stream.id_at(at),
                customer_id,
                runner.person_id,
                relation,
                None,
                since,
                None,
                in_household=False,
            )
        )
        recorded = site.recorded(since, visited=stream.chance(0.85))
        spot = site.spot(located=stream.chance(0.97))
        turnover = stream.amount(median * _FEN * 2.718281828 ** (0.5 * runner.rich), 0.6, 1_000 * _FEN)
        fields: set[str] = set()
        if recorded.by is not None:
            fields = self._file(customer_id, runner, sign, code, turnover, recorded)
            self._premises(customer_id, sign, code, recorded)
        phone = runner.person_id if runner.has_phone else None
        site.customer(
            Shape(customer_id, "business", name, spot, phone, 1, recorded, since),
            fields,
            ["premises"] if recorded.by is not None else [],
        )
        profile = Profile(
            holders=(Holder(world.holder_key(customer_id), None),),
            income_fen=turnover // 2,
            rich=runner.rich + 0.3,
            wages_fen=0,
            trade_fen=turnover,
            cars=stream.chance(0.4),
            wants_loan=0.30,
            business=True,
            since=since,
        )
        deal(world, stream, customer_id, profile)
        contact(world, stream, customer_id, Place(spot.lon, spot.lat, site.team), since)

    def _file(
        self, customer_id: UUID, runner: Runner, sign: str, code: str, turnover: int, recorded: Recorded
    ) -> set[str]:
        stream = self._site.stream
        costs = int(turnover * stream.uniform(0.72, 0.93)) // (1_000 * _FEN) * (1_000 * _FEN)
        values: dict[str, int | str] = {
            "turnover_year_fen": turnover,
            "costs_year_fen": costs,
            "staff_count": max(1, stream.amount(9 if sign in _FIRMS else 3, 0.6, 1)),
            "residence_years": stream.randint(1, 25),
            # a shop that has grown is a firm too
            "business_kind": _KINDS.get(sign, "firm" if stream.chance(0.1) else "self_employed"),
            "trade": f"{_SECTIONS[code[:2]]}{code[:2]}",
        }
        for part, share in _GAPS.items():
            if stream.chance(share):
                for name in part:
                    del values[name]
        for name, value in values.items():
            self._site.value(customer_id, name, value, recorded)
        more = Particulars(self._site, customer_id, recorded)
        more.business(turnover, costs, runner.customer_id, firm=sign in _FIRMS)
        return set(values)

    def _premises(self, customer_id: UUID, sign: str, code: str, recorded: Recorded) -> None:
        stream = self._site.stream
        area = stream.randint(25, 160) * (8 if sign in _FIRMS else 1)
        rented = f'true, "rent_year_fen": {area * _RENT_FEN}' if stream.chance(0.6) else "false"
        self._site.record(
            customer_id,
            "premises",
            f"{sign} {area} 平方米",
            recorded,
            value_fen=stream.amount(area * 900 * _FEN, 0.4, 1_000 * _FEN),
            area_m2=area,
            quantity=1,
            detail=f'{{"trade": "{code}", "rented": {rented}}}',
        )
