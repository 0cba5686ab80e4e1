"""Households of a grid: people with their numbers, files as far as they have come, dealings, contacts."""

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from uuid import UUID

from backend.app.demo.contacts import Place, contact
from backend.app.demo.dealings import Holder, Profile, deal
from backend.app.demo.economy import Means, means_of
from backend.app.demo.families import Families, Family, Member
from backend.app.demo.particulars import Particulars
from backend.app.demo.rows import MembershipRow, PersonRow
from backend.app.demo.said import HOLDERS, Interview
from backend.app.demo.site import Recorded, Shape, Site

_FEN = 100

#: how far a household's file has come: everything; people and place; a line of a register
FILES = {"full": 0.77, "people": 0.15, "register": 0.08}

#: how often a part of a full file has not been asked for yet
GAPS = {"income": 0.05, "spending": 0.28, "home": 0.20, "assets": 0.06}

UNPLACED = 0.005
"""Share of households without a place: prospects from registers, in the branch's pool."""


@dataclass(frozen=True, slots=True)
class Runner:
    """A household whose head may run a business."""

    customer_id: UUID
    person_id: UUID
    has_phone: bool
    rich: float


class _Made(NamedTuple):
    person_id: UUID
    number_index: bytes | None
    has_phone: bool


class Households:
    """Makes the households of one grid."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._world = site.world
        self._stream = site.stream
        self._families = Families(site.world.namer, site.world.today)

    def make(self) -> Runner:
        """Adds one household to the batch."""
        site, world, stream = self._site, self._world, self._stream
        family = self._families.make(stream)
        file = stream.pick(FILES)
        since = site.since()
        customer_id = stream.id_at(world.calendar.at(since, 10))
        recorded = site.recorded(since, visited=file != "register")
        interview = Interview(world, customer_id, file, recorded)
        people: list[_Made] = []
        for one in family.members:
            head_id = people[0].person_id if people else None
            people.append(self._person(customer_id, one, recorded, since, interview, head_id))
        phone = next((one.person_id for one in people if one.has_phone), None)
        means = means_of(stream, family)
        if stream.chance(UNPLACED):
            spot = site.nowhere()
        else:
            spot = site.spot(located=file != "register" and stream.chance(0.97))
        fields: set[str] = set()
        things: list[str] = []
        if file == "full":
            gaps = {part for part, share in GAPS.items() if stream.chance(share)}
            fields = self._file(customer_id, means, recorded, gaps)
            more = Particulars(site, customer_id, recorded)
            if "assets" not in gaps:
                self._things(customer_id, means, recorded, more)
                things = [one.kind for one in means.things]
            more.household(family, means)
        elif stream.chance(0.5):
            fields = self._registered(customer_id, family)
        shape = Shape(customer_id, "household", family.head.name, spot, phone, len(people), recorded, since)
        site.customer(shape, fields, things)
        if spot.placed:
            holders = self._holders(customer_id, family, people)
            deal(world, stream, customer_id, self._profile(family, means, since, holders))
            if file != "register":
                contact(world, stream, customer_id, Place(spot.lon, spot.lat, site.team), since)
        return Runner(customer_id, people[0].person_id, people[0].has_phone, means.rich)

    def _holders(self, customer_id: UUID, family: Family, people: list[_Made]) -> tuple[Holder, ...]:
        """Head and spouse; who has no ID number on file is meant by the household's own id."""
        held = [made for one, made in zip(family.members, people, strict=True) if one.relation in HOLDERS]
        return tuple(
            Holder(made.number_index, made.person_id)
            if made.number_index
            else Holder(self._world.holder_key(customer_id), None)
            for made in held
        )

    def _profile(self, family: Family, means: Means, since: date, holders: tuple[Holder, ...]) -> Profile:
        return Profile(
            holders=holders,
            income_fen=means.income_fen,
            rich=means.rich,
            wages_fen=means.income.get("income_wages_fen", 0),
            trade_fen=means.income.get("income_trade_fen", 0) * 3,
            cars=means.cars > 0,
            wants_loan=0.17 if family.head.age < 62 else 0.02,
            business=False,
            since=since,
        )

    def _person(
        self,
        customer_id: UUID,
        member: Member,
        recorded: Recorded,
        since: date,
        interview: Interview,
        head_id: UUID | None,
    ) -> _Made:
        """Adds a person with membership and numbers."""
        world, stream, batch = self._world, self._stream, self._world.batch
        at = world.calendar.at(since, 10)
        person_id = stream.id_at(at)
        said = interview.ask(person_id, member, head_id or person_id)
        batch.add(
            PersonRow(
                person_id,
                member.name,
                member.sex,
                member.born,
                member.education,
                member.occupation,
                recorded.by,
                list(said.consented),
                said.guardian_id,
            )
        )
        batch.add(
            MembershipRow(
                stream.id_at(at),
                customer_id,
                person_id,
                member.relation,
                member.whereabouts if "whereabouts" in said.consented else None,
                max(since, member.born),
                None,
                in_household=True,
            )
        )
        number_index = None
        if stream.chance(0.96):
            number = self._site.numbers.id_number(member.born, member.sex)
            # cards given out after the 46th birthday have no end (居民身份证法, article 5)
            until = None if member.age > 46 else stream.day(world.today, world.calendar.before(-3_600))
            given_by = [recorded.by] if recorded.by else []
            identity = world.identity_row(person_id, number, until, given_by)
            number_index = identity.number_index
            batch.add(identity)
        has_phone = 14 < member.age < 82 and stream.chance(0.88 if member.relation == "head" else 0.72)
        if has_phone:
            batch.add(world.phone_row(person_id, self._site.numbers.phone()))
        return _Made(person_id, number_index, has_phone)

    def _file(self, customer_id: UUID, means: Means, recorded: Recorded, gaps: set[str]) -> set[str]:
        """Adds the values of a full file but for its gaps; returns the fields that have one."""
        site, stream = self._site, self._stream
        values: dict[str, int | str] = {}
        if "income" not in gaps:
            values |= means.income
        if "spending" not in gaps:
            values |= means.spending
        if "assets" not in gaps and stream.chance(0.3):
            values["deposits_elsewhere_fen"] = stream.amount(16_000 * _FEN, 0.9, 1_000 * _FEN)
        if "home" not in gaps:
            values["residence_years"] = stream.randint(2, 60)
            values["home_type"] = means.home_type
            values["hukou"] = "local" if stream.chance(0.95) else "other"
            values["harmony"] = stream.pick({"good": 0.84, "fair": 0.13, "poor": 0.03})
        for name, value in values.items():
            site.value(customer_id, name, value, recorded)
        wages = means.income.get("income_wages_fen")
        if "income" not in gaps and wages and stream.chance(0.3):
            # what the payroll says stands beside what the family says
            calendar = self._world.calendar
            said = int(wages * stream.uniform(0.85, 1.1)) // _FEN * _FEN
            known = Recorded(calendar.at(calendar.before(20), 3), None)
            site.value(customer_id, "income_wages_fen", said, known, source="core", shown=False)
        return set(values)

    def _registered(self, customer_id: UUID, family: Family) -> set[str]:
        """Adds what the registers say of a household without a file."""
        calendar = self._world.calendar
        known = Recorded(calendar.at(calendar.before(90), 3), None)
        values: dict[str, int | str] = {"hukou": "local"}
        pensions = sum(2_700 * _FEN for one in family.members if one.age >= 60)
        if pensions:
            values["income_transfers_fen"] = pensions
        for name, value in values.items():
            self._site.value(customer_id, name, value, known, source="register")
        return set(values)

    def _things(self, customer_id: UUID, means: Means, recorded: Recorded, more: Particulars) -> None:
        for one in means.things:
            self._site.record(
                customer_id,
                one.kind,
                one.label,
                recorded,
                value_fen=one.value_fen,
                area_m2=one.area_m2,
                quantity=one.quantity,
                detail=more.detail(one),
            )
