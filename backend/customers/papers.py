"""Consents that were signed on paper, as a file of the bank tells of them.

Many at once, and by the rules of those that are signed on the phone (`consents`). Job only: it
sees everybody.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text

from backend.customers import dealings, photos, queries, suggestions
from backend.customers.consent_texts import purposes, text_wrong
from backend.customers.person_fields import ADULT_YEARS, years_between
from backend.kernel.uow import UnitOfWork

#: of everybody who is named: what decides who signs, and the customer that they are a member of, or were
#: last; the household before a business. An entry that has become part of another one is that one
_SIGNERS = text(
    "SELECT DISTINCT ON (n.number_index, n.asked) n.number_index, n.asked, p.id, p.birth_on, p.guardian_id,"
    " m.customer_id,"
    " EXISTS (SELECT 1 FROM membership d WHERE d.person_id = p.id AND d.left_reason = 'died'"
    "   AND d.until_on IS NOT NULL) AS died"
    " FROM (SELECT i.number_index, NULL::uuid AS asked, i.person_id FROM person_identity i"
    "        WHERE i.number_index = ANY(:numbers)"
    "       UNION ALL SELECT NULL, p.id, p.id FROM person p WHERE p.id = ANY(:ids)) n"
    " JOIN person s ON s.id = n.person_id JOIN person p ON p.id = coalesce(s.part_of, s.id)"
    " JOIN membership m ON m.person_id = p.id JOIN customer c ON c.id = m.customer_id"
    " ORDER BY n.number_index, n.asked, (m.until_on IS NULL) DESC, (c.status = 'active') DESC,"
    "  m.in_household DESC, m.since_on DESC, m.id"
)
_INSERT = text(
    "INSERT INTO consent (id, person_id, customer_id, purpose, given, text_number, signed_by, signature_hash,"
    "  reason, observed_at, recorded_at, recorded_by, paper)"
    " SELECT uuidv7(), n.person_id, n.customer_id, n.purpose, true, n.text_number, n.signed_by, NULL, NULL,"
    "  n.observed_at, :now, NULL, n.paper FROM unnest(CAST(:people AS uuid[]), CAST(:customers AS uuid[]),"
    "   CAST(:purposes AS text[]), CAST(:numbers AS int[]), CAST(:signers AS uuid[]),"
    "   CAST(:moments AS timestamptz[]), CAST(:papers AS text[]))"
    "  AS n(person_id, customer_id, purpose, text_number, signed_by, observed_at, paper)"
)
_KNOWN = text(
    "SELECT coalesce(p.part_of, p.id) AS person_id, c.id, c.purpose, c.text_number, c.observed_at, c.paper"
    " FROM consent c JOIN person p ON p.id = c.person_id WHERE c.given AND c.paper IS NOT NULL"
    " AND (p.id = ANY(:people) OR p.part_of = ANY(:people)) ORDER BY c.recorded_at, c.id"
)
_LOCK = text("SELECT id, consented FROM person WHERE id = ANY(:people) ORDER BY id FOR UPDATE")
_SET = text("UPDATE person SET consented = CAST(:consented AS text[]) WHERE id = :person")
_MEMBERS = text(
    "SELECT m.id, m.customer_id, m.person_id, c.books"
    " FROM membership m JOIN customer c ON c.id = m.customer_id"
    " WHERE m.person_id = ANY(:people) AND m.until_on IS NULL ORDER BY m.customer_id, m.id"
)


class Asked(NamedTuple):
    """How a row names its person: `number` as `number_index` answers it, or the person's id."""

    number: bytes | None
    person_id: UUID | None


@dataclass(frozen=True, slots=True)
class Signer:
    """A person that a paper may be of."""

    person_id: UUID
    customer_id: UUID
    birth_on: date | None
    guardian_id: UUID | None
    died: bool


class Paper(NamedTuple):
    """A consent on paper: whose, for what, in which words, signed by whom on which day, and where it lies."""

    person_id: UUID
    customer_id: UUID
    purpose: str
    text_number: int
    signed_by: UUID
    signed_on: date
    place: str


class Laid(NamedTuple):
    """What became of papers: how many are new, lie elsewhere now, or were known; and the customers whose
    figures may differ."""

    added: int
    moved: int
    known: int
    customers: list[UUID]


async def signers(uow: UnitOfWork, asked: Collection[Asked]) -> Mapping[Asked, Signer]:
    """Those of the people who are known."""
    given = {
        "numbers": [one.number for one in asked if one.number is not None],
        "ids": [one.person_id for one in asked if one.person_id is not None],
    }
    found: dict[Asked, Signer] = {}
    for row in await uow.session.execute(_SIGNERS, given):
        signer = Signer(row.id, row.customer_id, row.birth_on, row.guardian_id, row.died)
        found[Asked(row.number_index, row.asked)] = signer
    return found


def purpose_of(cell: str) -> str | None:
    """The purpose by its code or its name in either language; None for none."""
    said = cell.strip().lower()
    return next((code for code, one in purposes().items() if said in (code, one.zh, one.en.lower())), None)


def paper_wrong(signer: Signer, purpose: str, number: int, day: date, guardian_years: int) -> str | None:
    """Why such a paper is none, as a code; None if it is one. Who signs goes by the age on the day."""
    if text_wrong(purpose, number, day):
        return "text_then"
    if signer.died:
        return "died"
    if signer.birth_on is None:
        return "no_birth"
    years = years_between(signer.birth_on, day)
    if purposes()[purpose].adults and years < ADULT_YEARS:
        return "minor"
    return "no_guardian" if years < guardian_years and signer.guardian_id is None else None


def signed_by(signer: Signer, day: date, guardian_years: int) -> UUID:
    """The person, or the guardian of somebody too young to sign on that day."""
    assert signer.birth_on is not None
    young = years_between(signer.birth_on, day) < guardian_years
    return signer.guardian_id if young and signer.guardian_id is not None else signer.person_id


async def keep_papers(uow: UnitOfWork, papers: Sequence[Paper]) -> Laid:
    """Adds what is not known yet, and what lies elsewhere now once more, with its new place.

    A paper counts from the beginning of the day on which it was signed, so that whatever was said on a phone
    that day counts after it: who withdrew has withdrawn.
    """
    people = sorted({one.person_id for one in papers})
    # customers before what hangs on them, each in order, as everybody takes them
    await queries.lock_inputs(uow, {row.customer_id for row in await _members(uow, people)})
    before = {row.id: row.consented for row in await uow.session.execute(_LOCK, {"people": people})}
    known = {
        (row.person_id, row.purpose, row.text_number, row.observed_at): row
        for row in await uow.session.execute(_KNOWN, {"people": people})
    }
    fresh: list[Paper] = []
    moved = 0
    for one in papers:
        there = known.get((one.person_id, one.purpose, one.text_number, _moment(uow, one)))
        if there is None or there.paper != one.place:
            fresh.append(one)
            moved += there is not None
    if fresh:
        await uow.session.execute(_INSERT, _columns(uow, fresh))
    told = sorted({one.person_id for one in fresh})
    changed = await _count(uow, told, before)
    customers: dict[UUID, None] = {}
    for row in await _members(uow, told):
        uow.touch_all(row.books, "member", row.id)
        if row.person_id in changed:
            customers[row.customer_id] = None
    await dealings.holders_changed(uow, customers)
    return Laid(len(fresh) - moved, moved, len(papers) - len(fresh), list(customers))


async def _members(uow: UnitOfWork, people: Sequence[UUID]) -> Sequence[Any]:
    return (await uow.session.execute(_MEMBERS, {"people": people})).all()


async def _count(uow: UnitOfWork, people: Sequence[UUID], before: Mapping[UUID, Sequence[str]]) -> set[UUID]:
    """Works out anew what is in force of each; those of whom something else is."""
    changed: set[UUID] = set()
    last = await queries.consents(uow, [str(one) for one in people])
    for person_id in people:
        now = sorted(one.purpose for one in last[str(person_id)] if one.given)
        if now == sorted(before[person_id]):
            continue
        changed.add(person_id)
        await uow.session.execute(_SET, {"consented": now, "person": person_id})
        if photos.CONSENT in now and photos.CONSENT not in before[person_id]:
            await photos.consented(uow, person_id, given=True)
        await suggestions.consented(uow, person_id)
    return changed


def _moment(uow: UnitOfWork, one: Paper) -> datetime:
    return datetime.combine(one.signed_on, time(), uow.clock.zone)


def _columns(uow: UnitOfWork, papers: Sequence[Paper]) -> dict[str, object]:
    return {
        "now": uow.now,
        "people": [one.person_id for one in papers],
        "customers": [one.customer_id for one in papers],
        "purposes": [one.purpose for one in papers],
        "numbers": [one.text_number for one in papers],
        "signers": [one.signed_by for one in papers],
        "moments": [_moment(uow, one) for one in papers],
        "papers": [one.place for one in papers],
    }
