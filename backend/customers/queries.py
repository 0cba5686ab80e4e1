"""Reads of customers. Every statement runs under the actor's row security."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import String, and_, cast, func, or_, select, text

from backend.customers.errors import MergedAway, out_of_scope
from backend.customers.models import (
    Customer,
    CustomerMove,
    CustomerValue,
    FileRecord,
    Membership,
    Person,
    PersonContact,
    PersonPrivate,
)
from backend.customers.rules import THINGS
from backend.kernel.bulk import Part
from backend.kernel.db import among
from backend.kernel.uow import UnitOfWork


async def lock(uow: UnitOfWork, customer_id: UUID, *, any_status: bool = False) -> Customer:
    """The customer, locked for a change, if it lies in the actor's scope.

    Raises Problem `out_of_scope`, and MergedAway for a household that is part of another one by now, unless
    `any_status`.
    """
    found = await uow.session.scalar(
        select(Customer)
        .where(Customer.id == customer_id)
        # its key stays, so whoever writes a row that names it need not wait
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise out_of_scope("This customer")
    if found.status == "merged" and not any_status:
        raise await merged_away(uow, customer_id)
    return found


LOCK_PLACES = text(
    "SELECT id, grid_id, lon, lat, books FROM customer WHERE id = ANY(:ids) AND status <> 'merged'"
    " ORDER BY id FOR NO KEY UPDATE"
)


@dataclass(frozen=True, slots=True)
class Place:
    """What another domain's rows need of a customer. WGS-84 degrees."""

    id: UUID
    grid_id: UUID | None
    lon: float | None
    lat: float | None
    books: Sequence[str]


async def lock_places(uow: UnitOfWork, ids: Iterable[UUID]) -> dict[UUID, Place]:
    """As `lock`, for several: those that the actor may change and that are households of their own, locked
    in order of id."""
    rows = await uow.session.execute(LOCK_PLACES, {"ids": list(ids)})
    return {row.id: Place(*row) for row in rows}


COUNT_INPUTS = (
    "UPDATE customer c SET inputs_revision = c.inputs_revision + n.changes"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:changes AS bigint[])) AS n(id, changes) WHERE c.id = n.id"
)


def counting_inputs(changes: Mapping[UUID, int]) -> Part:
    """What counts up `inputs_revision` by each customer's number of changes. Those out of sight stay."""
    return Part(COUNT_INPUTS, {"ids": list(changes), "changes": list(changes.values())})


async def merged_away(uow: UnitOfWork, customer_id: UUID) -> MergedAway:
    """Where a merged household went, however many merges ago."""
    into, grid_id, status = customer_id, None, "merged"
    async with uow.elevated("whose it is now is for the next lock to judge, under the actor's own scope"):
        while status == "merged":
            row = (
                await uow.session.execute(
                    select(CustomerMove.other_id, Customer.grid_id, Customer.status)
                    .join(Customer, Customer.id == CustomerMove.other_id)
                    .where(
                        CustomerMove.customer_id == into,
                        CustomerMove.kind == "merge",
                        CustomerMove.undone_at.is_(None),
                    )
                )
            ).one()
            into, grid_id, status = row
    return MergedAway(into, [grid_id] if grid_id else [])


async def went_over(uow: UnitOfWork, old: UUID, new: UUID) -> bool:
    """Whether rows of the household `old` may lie with `new` since it split or was merged."""
    found = await uow.session.scalar(
        select(CustomerMove.id)
        .where(
            CustomerMove.undone_at.is_(None),
            or_(
                and_(CustomerMove.customer_id == old, CustomerMove.other_id == new),
                # a merge that took back a split: the phone may still name the household that was split off
                and_(CustomerMove.customer_id == new, CustomerMove.other_id == old),
            ),
        )
        .limit(1)
    )
    return found is not None


async def lock_inputs(uow: UnitOfWork, ids: Iterable[UUID]) -> dict[UUID, int]:
    """`inputs_revision` of each customer, locked in order of id: it stays so until the transaction ends."""
    rows = await uow.session.execute(
        select(Customer.id, Customer.inputs_revision)
        .where(among(Customer.id, ids))
        .order_by(Customer.id)
        .with_for_update(key_share=True)
    )
    return {row.id: row.inputs_revision for row in rows}


async def visible(uow: UnitOfWork, ids: Iterable[UUID]) -> list[Customer]:
    """Those of `ids` that the actor may see."""
    return list(await uow.session.scalars(select(Customer).where(Customer.id.in_(list(ids)))))


def by_id(rows: Iterable[Customer]) -> Mapping[UUID, Customer]:
    """Rows by their id."""
    return {row.id: row for row in rows}


# What phones receive, by the thousand when a partition's pages are made: the tables' columns, for objects
# that nobody changes cost several times as much.
_customer, _person, _contact = Customer.__table__.c, Person.__table__.c, PersonContact.__table__.c
_private = PersonPrivate.__table__.c
_membership, _value, _record = Membership.__table__.c, CustomerValue.__table__.c, FileRecord.__table__.c
_CUSTOMERS = select(
    cast(_customer.id, String).label("id"),
    _customer.kind,
    _customer.name,
    _customer.pinyin,
    _customer.initials,
    cast(_customer.grid_id, String).label("grid_id"),
    _customer.address,
    _customer.lon,
    _customer.lat,
    _customer.member_count,
    _customer.books,
    _customer.status,
    cast(_customer.branch_id, String).label("branch_id"),
    cast(_customer.owner_id, String).label("owner_id"),
    cast(_customer.created_on, String).label("created_on"),
    cast(_customer.phone_person_id, String).label("phone_person_id"),
)
_MEMBERS = select(
    cast(_membership.id, String).label("id"),
    cast(_membership.customer_id, String).label("customer_id"),
    cast(_person.id, String).label("person_id"),
    _person.name,
    _membership.relation,
    _person.sex,
    cast(_person.birth_on, String).label("birth_on"),
    _membership.whereabouts,
    _person.occupation,
    _person.education,
    cast(_person.guardian_id, String).label("guardian_id"),
    _person.consented,
    cast(_membership.since_on, String).label("since_on"),
    cast(_person.created_by, String).label("created_by"),
).select_from(Membership.__table__.join(Person.__table__, _person.id == _membership.person_id))
_PHONES = select(cast(_contact.person_id, String).label("person_id"), _contact.phone_sealed)
_PRIVATE = select(cast(_private.person_id, String).label("person_id"), _private.sealed)
# of a contested number when and by whom another one was entered last
_NUMBERED = text(
    "SELECT DISTINCT ON (i.person_id) i.person_id::text AS person_id, e.observed_at, e.entered_by::text AS by"
    " FROM person_identity i LEFT JOIN number_entry e ON e.person_id = i.person_id"
    " WHERE i.person_id = ANY(:people) ORDER BY i.person_id, e.recorded_at DESC"
)
# of one purpose the consent observed last counts; of two at the same moment the withdrawal. What an entry
# said that has become part of another one is that one's
CONSENTS = text(
    "SELECT DISTINCT ON (coalesce(p.part_of, p.id), purpose) coalesce(p.part_of, p.id)::text AS person_id,"
    " c.purpose, c.given, c.text_number, c.observed_at, coalesce(s.part_of, c.signed_by)::text AS signed_by,"
    " c.paper"
    " FROM consent c JOIN person p ON p.id = c.person_id LEFT JOIN person s ON s.id = c.signed_by"
    " WHERE p.id = ANY(:people) OR p.part_of = ANY(:people)"
    " ORDER BY coalesce(p.part_of, p.id), purpose, observed_at DESC, given, recorded_at DESC"
)
_VALUES = select(
    cast(_value.customer_id, String).label("customer_id"),
    _value.field,
    _value.source,
    _value.amount,
    _value.choice,
    _value.observed_at,
    cast(_value.recorded_by, String).label("recorded_by"),
    _value.shown,
).order_by(_value.customer_id, _value.field, _value.source)
_RECORDS = select(
    cast(_record.id, String).label("id"),
    cast(_record.customer_id, String).label("customer_id"),
    _record.kind,
    _record.label,
    _record.value_fen,
    _record.area_m2,
    _record.quantity,
    _record.observed_at,
    _record.source,
    _record.detail,
    cast(_record.recorded_by, String).label("recorded_by"),
).where(_record.removed_at.is_(None))


async def shown_customers(uow: UnitOfWork, ids: Sequence[str]) -> Sequence[Any]:
    """Of those of `ids` that the actor may see, what phones receive; ids and days as text."""
    return (await uow.session.execute(_CUSTOMERS.where(among(_customer.id, ids)))).all()


async def points_of(uow: UnitOfWork, ids: Sequence[str]) -> Mapping[str, int]:
    """Completeness points of those of `ids` that the actor may see."""
    rows = await uow.session.execute(
        select(cast(_customer.id, String), _customer.completeness_points).where(among(_customer.id, ids))
    )
    return {row[0]: row[1] for row in rows}


# a household by its own name or a member's, as typed; its place is its address with its grid's name
RESEMBLING = text(
    "SELECT c.id, c.name, c.pinyin, c.lon, c.lat,"
    " concat_ws(' ', g.township, g.name, c.address) AS place,"
    " ARRAY(SELECT p.name FROM membership m JOIN person p ON p.id = m.person_id"
    "   WHERE m.customer_id = c.id AND m.until_on IS NULL) AS people"
    " FROM customer c LEFT JOIN grid g ON g.id = c.grid_id"
    " WHERE c.status = 'active' AND (c.pinyin = :pinyin OR c.name LIKE ANY(:patterns) OR EXISTS ("
    "   SELECT 1 FROM membership m JOIN person p ON p.id = m.person_id"
    "   WHERE m.customer_id = c.id AND m.until_on IS NULL AND p.name LIKE ANY(:patterns)))"
    " ORDER BY c.id LIMIT 200"
)


async def resembling(uow: UnitOfWork, pinyin: str, patterns: Sequence[str]) -> Sequence[Any]:
    """Active households in the actor's scope with a name or member like one of the SQL `patterns`, or whose
    name reads so: id, name, pinyin, lon, lat, place, people (names)."""
    given = {"pinyin": pinyin, "patterns": list(patterns)}
    return (await uow.session.execute(RESEMBLING, given)).all()


async def books_of(uow: UnitOfWork, ids: Iterable[UUID]) -> dict[UUID, list[str]]:
    """The partitions that hold each customer."""
    rows = await uow.session.execute(select(Customer.id, Customer.books).where(among(Customer.id, ids)))
    return {row.id: row.books for row in rows}


async def values_of(uow: UnitOfWork, ids: Iterable[UUID]) -> list[CustomerValue]:
    """All values of the customers, every source."""
    return list(
        await uow.session.scalars(
            select(CustomerValue)
            .where(CustomerValue.customer_id.in_(list(ids)))
            .order_by(CustomerValue.customer_id, CustomerValue.field, CustomerValue.source)
        )
    )


async def shown_values(uow: UnitOfWork, ids: Sequence[str]) -> Sequence[Any]:
    """All values of the customers, every source, as phones receive them."""
    return (await uow.session.execute(_VALUES.where(among(_value.customer_id, ids)))).all()


async def members(uow: UnitOfWork, ids: Sequence[str]) -> Sequence[Any]:
    """Current members by membership ids, with the person's own fields; ids and days as text."""
    where = among(_membership.id, ids), _membership.until_on.is_(None)
    return (await uow.session.execute(_MEMBERS.where(*where))).all()


async def phones(uow: UnitOfWork, person_ids: Sequence[str]) -> dict[str, str]:
    """Decrypted phones per person, for roles that may see them (row security hides the table from agents)."""
    rows = await uow.session.execute(_PHONES.where(among(_contact.person_id, person_ids)))
    return {person: uow.keys.open_field(sealed, f"phone:{person}") for person, sealed in rows}


async def private(uow: UnitOfWork, person_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What only the bank's people may see of each person, by field (row security hides it from agents)."""
    rows = await uow.session.execute(_PRIVATE.where(among(_private.person_id, person_ids)))
    return {
        person: msgspec.json.decode(uow.keys.open_field(sealed, f"private:{person}"))
        for person, sealed in rows
    }


async def numbered(uow: UnitOfWork, person_ids: Sequence[str]) -> Mapping[str, Any]:
    """Those of the people whose ID number the bank has, with when and by whom another one was entered."""
    async with uow.elevated("that there is a number, and whether it is contested; nothing of the number"):
        given = {"people": [UUID(one) for one in person_ids]}
        rows = (await uow.session.execute(_NUMBERED, given)).all()
    return {row.person_id: row for row in rows}


async def consents(uow: UnitOfWork, person_ids: Sequence[str]) -> dict[str, list[Any]]:
    """The last word of each person on each purpose, given or withdrawn."""
    found: dict[str, list[Any]] = {}
    given = {"people": [UUID(one) for one in person_ids]}
    for row in await uow.session.execute(CONSENTS, given):
        found.setdefault(row.person_id, []).append(row)
    return found


async def members_of(uow: UnitOfWork, customer_id: UUID) -> Sequence[str]:
    """The ids of a customer's current memberships."""
    now = _membership.customer_id == customer_id, _membership.until_on.is_(None)
    rows = select(cast(_membership.id, String)).where(*now).order_by(_membership.id)
    return (await uow.session.scalars(rows)).all()


async def records_of(uow: UnitOfWork, customer_id: UUID) -> Sequence[str]:
    """The ids of a customer's records that were not removed."""
    now = _record.customer_id == customer_id, _record.removed_at.is_(None)
    rows = select(cast(_record.id, String)).where(*now).order_by(_record.id)
    return (await uow.session.scalars(rows)).all()


async def records(uow: UnitOfWork, ids: Sequence[str]) -> Sequence[Any]:
    """Records by id that were not removed; ids as text."""
    return (await uow.session.execute(_RECORDS.where(among(_record.id, ids)))).all()


RECORDS_OF = text(
    "SELECT a.id FROM file_record a WHERE a.id = ANY(:ids) AND (a.recorded_by = :staff OR EXISTS"
    " (SELECT 1 FROM file_record_history h WHERE h.record_id = a.id AND h.recorded_by = :staff))"
)


async def records_of_actor(uow: UnitOfWork, ids: Sequence[str]) -> set[str]:
    """Those of the records that the actor recorded at some time, whoever did last."""
    given = {"ids": [UUID(one) for one in ids], "staff": uow.actor.require_staff()}
    async with uow.elevated("the household may have moved away; only what the actor did is answered"):
        return {str(one) for one in await uow.session.scalars(RECORDS_OF, given)}


SECTIONS = text(
    "SELECT c.id, c.kind,"
    " EXISTS (SELECT 1 FROM membership m JOIN person_contact p ON p.person_id = m.person_id"
    "   WHERE m.customer_id = c.id AND m.until_on IS NULL) AS phone,"
    " (c.lon IS NOT NULL) AS point, (c.member_count > 0) AS members,"
    " t.kinds, t.seen_on, v.fields, v.said_on FROM customer c CROSS JOIN LATERAL ("
    "   SELECT coalesce(array_agg(kind), '{}') AS kinds, coalesce(array_agg(day), '{}') AS seen_on FROM ("
    "     SELECT kind, min((observed_at AT TIME ZONE :zone)::date) AS day FROM file_record"
    "     WHERE customer_id = c.id AND removed_at IS NULL AND kind = ANY(:things) GROUP BY kind) a) t"
    " CROSS JOIN LATERAL ("
    "   SELECT coalesce(array_agg(field), '{}') AS fields, coalesce(array_agg(CASE WHEN source = 'collected'"
    "     THEN (observed_at AT TIME ZONE :zone)::date END), '{}') AS said_on FROM customer_value"
    "   WHERE customer_id = c.id AND shown AND (amount IS NOT NULL OR choice IS NOT NULL)) v"
    " WHERE c.id = ANY(:ids)"
)


async def section_facts(uow: UnitOfWork, ids: Iterable[UUID]) -> Sequence[Any]:
    """What each customer's file has data for: booleans of sections; `kinds` of things with the oldest day of
    each, `seen_on`; `fields` with a value with the day when it was said, `said_on` (nil: not collected)."""
    given = {"ids": list(ids), "things": [str(one) for one in THINGS], "zone": uow.clock.zone.key}
    return (await uow.session.execute(SECTIONS, given)).all()


async def count_members(uow: UnitOfWork, customer_id: UUID) -> int:
    """People who are members now."""
    now = select(func.count()).where(Membership.customer_id == customer_id, Membership.until_on.is_(None))
    return (await uow.session.scalar(now)) or 0
