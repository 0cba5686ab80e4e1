"""What each role's phone receives of customers. An agent's rows are an allow-list."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from backend.customers import ages, queries
from backend.customers.people import given, sealed_fields
from backend.customers.person_fields import ID_NUMBER, fields
from backend.customers.service import value_of
from backend.customers.unanswered import left
from backend.kernel.projections import Projection, itself, online
from backend.kernel.uow import UnitOfWork

Rows = Mapping[str, Sequence[Any]]
BOOKS = frozenset({"grid", "care"})
AGENT = "agent"

CUSTOMER_AGENT = (
    "kind",
    "name",
    "pinyin",
    "initials",
    "grid_id",
    "address",
    "lon",
    "lat",
    "members",
    "home_book",
    "status",
)
CUSTOMER = (*CUSTOMER_AGENT, "branch_id", "owner_id", "phone", "created_on")
MEMBER_AGENT = (
    "customer_id",
    "person_id",
    "name",
    "relation",
    "sex",
    "birth_on",
    "whereabouts",
    "occupation",
    "education",
    "guardian_id",
    "id_known",
    "id_contested",
    "consents",
    "given",
)
#: what lies sealed comes last, in the order of its declaration
PRIVATE = tuple(sealed_fields())
MEMBER = (*MEMBER_AGENT, "phone", *PRIVATE)
#: fields that need a consent, by its purpose
CONSENTED = {name: one.consent for name, one in fields().items() if one.consent}
FILE_AGENT = ("values", "open_sections", "unanswered")
FILE = (*FILE_AGENT, "points")
RECORD = (
    "customer_id",
    "kind",
    "label",
    "value_fen",
    "area_m2",
    "quantity",
    "observed_on",
    "source",
    "detail",
    "staff_id",
)


async def load_customers(uow: UnitOfWork, ids: Sequence[str], projection: str) -> Rows:
    """Customers in scope."""
    rows = await queries.shown_customers(uow, ids)
    full = projection != AGENT
    people = [row.phone_person_id for row in rows if row.phone_person_id]
    phones = await queries.phones(uow, people) if full and people else {}
    found: dict[str, Sequence[Any]] = {}
    for row in rows:
        values: list[Any] = [
            row.kind,
            row.name,
            row.pinyin,
            row.initials,
            row.grid_id,
            row.address,
            row.lon,
            row.lat,
            row.member_count,
            row.books[0] if row.books else None,
            row.status,
        ]
        if full:
            phone = phones.get(row.phone_person_id) if row.phone_person_id else None
            values += [row.branch_id, row.owner_id, phone, row.created_on]
        found[row.id] = values
    return found


async def load_members(uow: UnitOfWork, ids: Sequence[str], projection: str) -> Rows:
    """Current members; for bank staff with their phone and what is sealed. What needs a consent that is not
    in force is left out for everybody."""
    rows = await queries.members(uow, ids)
    people = [row.person_id for row in rows]
    numbered = await queries.numbered(uow, people) if people else {}
    consents = await queries.consents(uow, people) if people else {}
    changes = await given(uow, people) if people else {}
    full = projection != AGENT
    phones = await queries.phones(uow, people) if full and people else {}
    private = await queries.private(uow, people) if full and people else {}
    found: dict[str, Sequence[Any]] = {}
    for row in rows:
        values: dict[str, Any] = dict(zip(row._fields, row, strict=True))
        values["phone"] = phones.get(row.person_id)
        values |= {name: private.get(row.person_id, {}).get(name) for name in PRIVATE}
        values["id_known"] = row.person_id in numbered
        values["id_contested"] = _contested(uow, numbered.get(row.person_id), full)
        values["consents"] = [_said(uow, one, full) for one in consents.get(row.person_id, [])]
        for name, purpose in CONSENTED.items():
            if purpose not in row.consented:
                values[name] = None
        values["given"] = _given(uow, values, changes.get(row.person_id, {}), full)
        found[row.id] = [values[name] for name in (MEMBER if full else MEMBER_AGENT)]
    return found


def _given(
    uow: UnitOfWork, values: Mapping[str, Any], changes: Mapping[str, tuple[str, str | None]], full: bool
) -> list[Any]:
    """[day, who, fields] of what a member's row shows; the first, without fields, is for all that was never
    changed. An agent is told by whom only where it was the agent."""
    me = str(uow.actor.staff_id)
    shown = MEMBER if full else MEMBER_AGENT
    by_whom: dict[tuple[str, str | None], list[str]] = {}
    for field, (day, who) in sorted(changes.items()):
        name = "id_known" if field == ID_NUMBER else field
        if name in shown and values[name] not in (None, False):
            by_whom.setdefault((day, who), []).append(field)
    first: tuple[str, str | None, list[str]] = (values["since_on"], values["created_by"], [])
    groups = [first, *((day, who, names) for (day, who), names in by_whom.items())]
    return [[day, who if full or who == me else None, names] for day, who, names in groups]


def _contested(uow: UnitOfWork, other: Any, full: bool) -> list[Any] | None:
    """[day, who] of another number that was entered last; an agent is told only of themselves."""
    if other is None or other.by is None:
        return None
    day = uow.clock.local(other.observed_at).date().isoformat()
    return [day, other.by if full or other.by == str(uow.actor.staff_id) else None]


def _said(uow: UnitOfWork, consent: Any, full: bool) -> list[Any]:
    """[purpose, given, number of the text, day, who signed], and of one on paper where it lies, which agents
    are not told (empty)."""
    day = uow.clock.local(consent.observed_at).date().isoformat()
    said = [consent.purpose, consent.given, consent.text_number, day, consent.signed_by]
    return said if consent.paper is None else [*said, consent.paper if full else ""]


async def load_files(uow: UnitOfWork, ids: Sequence[str], projection: str) -> Rows:
    """Shown values per field with source, day and who; for agents their own only. Sections without data, and
    what was asked in vain: an agent is told by whom only where it was the agent."""
    points = await queries.points_of(uow, ids)
    visible = list(points)
    standards = await ages.standards(uow)
    values: dict[str, dict[str, list[Any]]] = {one: {} for one in visible}
    for row in await queries.shown_values(uow, visible):
        if projection == AGENT or row.shown:
            day = uow.clock.local(row.observed_at).date().isoformat()
            values[row.customer_id][row.field] = [value_of(row), row.source, day, row.recorded_by]
    found: dict[str, Sequence[Any]] = {}
    async with uow.elevated("which sections are open counts what the agent cannot read, and says no more"):
        facts = await queries.section_facts(uow, [UUID(one) for one in visible])
        unanswered = await left(uow, [UUID(one) for one in visible])
    me = str(uow.actor.staff_id)
    for fact in facts:
        _, missing = ages.judged(fact, standards)
        one = str(fact.id)
        asked = {
            question: [why, day, who if projection != AGENT or who == me else None]
            for question, (why, day, who) in unanswered.get(one, {}).items()
        }
        row_values: list[Any] = [values[one], missing, asked]
        if projection != AGENT:
            row_values.append(points[one])
        found[one] = row_values
    return found


async def load_records(uow: UnitOfWork, ids: Sequence[str], _projection: str) -> Rows:
    """Records; row security leaves an agent their own."""
    found: dict[str, Sequence[Any]] = {}
    for row in await queries.records(uow, ids):
        seen_on = uow.clock.local(row.observed_at).date().isoformat()
        found[row.id] = [*row[1:7], seen_on, row.source, row.detail, row.recorded_by]
    return found


PROJECTIONS = (
    Projection(
        "customer",
        BOOKS,
        {"manager": CUSTOMER, AGENT: CUSTOMER_AGENT},
        load_customers,
        online=online(CUSTOMER, itself, load_customers),
    ),
    Projection(
        "file",
        BOOKS,
        {"manager": FILE, AGENT: FILE_AGENT},
        load_files,
        online=online(FILE, itself, load_files),
    ),
    Projection(
        "member",
        BOOKS,
        {"manager": MEMBER, AGENT: MEMBER_AGENT},
        load_members,
        sort="customer_id",
        online=online(MEMBER, queries.members_of, load_members),
    ),
    Projection(
        "record",
        BOOKS,
        {"manager": RECORD, AGENT: RECORD},
        load_records,
        sort="customer_id",
        recorded=queries.records_of_actor,
        online=online(RECORD, queries.records_of, load_records),
    ),
)
