"""Recalculation *now*: what a visit, an import or an edit touched, in PostgreSQL, in one unit of work."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from backend.customers import api as customers
from backend.kernel.ids import uuid7
from backend.kernel.uow import UnitOfWork
from backend.strategy import freezing, queries, versions
from backend.strategy.queries import FeatureRow, NewDecision
from backend.strategy.rules import Result, bits_in, has_news

PROFILE_CHANGED = "strategy.profile_changed"
RECOMPUTE_WANTED = "strategy.recompute_wanted"


@dataclass(frozen=True, slots=True)
class Recomputed:
    """What a recalculation did: customers whose visible result changed, and those queued again because
    their inputs changed while it ran."""

    changed: tuple[UUID, ...]
    requeued: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Basis:
    """What results follow from beside the customer's own rows: the catalogue's version, the business day,
    the run over the population (None where the catalogue asks for none, or there is none yet)."""

    version: int
    as_of: date
    frozen_run_id: UUID | None


async def recompute(
    uow: UnitOfWork, customer_ids: Iterable[UUID], cause: str, *, tell: bool = True
) -> Recomputed:
    """Works out the results of the customers anew and writes what would look different.

    Writes profile, decision (with the feature row) and partition changes only for results that changed, and
    emits `strategy.profile_changed` for those whose tier, limit, rhythm or events moved, with the names of
    the events that began to hold (`events_raised`; of a first result all that hold) and ceased to
    (`events_ended`). Not with `tell` false: for a first load, whose duties are spread otherwise. A customer
    whose inputs moved on since its features were read is left as it is and queued again. Needs the role
    `system`. Raises Tampered, CatalogueError.
    """
    ids = sorted(set(customer_ids))
    if not ids:
        return Recomputed((), ())
    force = await versions.held_in_force(uow)
    statements = await force.edition.compiled()
    as_of = uow.today
    run_id = await freezing.cited(uow, force.edition.catalogue)
    rows = {row.customer_id: row for row in await queries.feature_rows(uow, statements, ids, as_of)}
    results = await queries.results_of(uow, statements, (row.features for row in rows.values()), as_of)
    differing = await _differing(uow, results)
    basis = Basis(force.version, as_of, run_id)
    return await put_in_force(uow, rows, differing, basis, cause, tell=tell)


async def put_in_force(
    uow: UnitOfWork,
    rows: Mapping[UUID, FeatureRow],
    results: dict[UUID, Result],
    basis: Basis,
    cause: str,
    *,
    tell: bool,
) -> Recomputed:
    """Writes those of `results` (worked out from `rows` on `basis`) that differ from what is in force, as
    `recompute` says; locks the customers of all of them. Needs the role `system`. Raises Superseded where the
    basis is not in force any more: nothing is written then."""
    suspects = sorted(results)
    if not suspects:
        return Recomputed((), ())
    await versions.hold(uow, basis.version)
    await freezing.hold(uow, basis.frozen_run_id)
    # From here on nobody else moves these customers' inputs or results. A change committed after the features
    # were read is seen now; one still to come waits for us and is recalculated by its own event.
    current = await customers.lock_inputs(uow, suspects)
    requeued = [one for one in suspects if current.get(one) != rows[one].inputs_revision]
    for one in requeued:
        uow.emit(RECOMPUTE_WANTED, {"customer_id": str(one), "cause": cause})
    steady = {one: results[one] for one in suspects if current.get(one) == rows[one].inputs_revision}
    changed = await _merge(uow, rows, steady, basis, cause, tell=tell)
    return Recomputed(tuple(changed), tuple(requeued))


async def _differing(uow: UnitOfWork, results: dict[UUID, Result]) -> dict[UUID, Result]:
    held = await queries.profiles(uow, results)
    return {
        one: result
        for one, result in results.items()
        if one not in held or queries.result_in(held[one]) != result
    }


async def _merge(
    uow: UnitOfWork,
    rows: Mapping[UUID, FeatureRow],
    results: dict[UUID, Result],
    basis: Basis,
    cause: str,
    *,
    tell: bool,
) -> list[UUID]:
    held = await queries.profiles(uow, results)
    before = {one: queries.result_in(profile) for one, profile in held.items()}
    decisions = [
        NewDecision(uuid7(), rows[one], result)
        for one, result in results.items()
        if before.get(one) != result
    ]
    if not decisions:
        return []
    await queries.write(uow, decisions, basis.version, basis.as_of, cause, basis.frozen_run_id)
    books = await customers.home_books(uow, [decision.row.customer_id for decision in decisions])
    catalogue = await versions.catalogue_in_force(uow)
    events = {event.bit: event.name for event in catalogue.offering.events}
    for decision in decisions:
        one, result = decision.row.customer_id, decision.result
        uow.touch_all(books.get(one, []), "profile", one)
        old = before.get(one)
        if tell and has_news(old, result):
            raised, ended = _moved(events, old.event_words if old else (), result.event_words)
            uow.emit(
                PROFILE_CHANGED,
                {
                    "customer_id": str(one),
                    # names the change: whoever tells of it tells of each once
                    "decision_id": str(decision.id),
                    "cause": cause,
                    "tier_before": old.tier if old else None,
                    "tier_after": result.tier,
                    "limit_before": old.limit_fen if old else None,
                    "limit_after": result.limit_fen,
                    "contact_days": result.contact_days,
                    "visit_days": result.visit_days,
                    "events_raised": raised,
                    "events_ended": ended,
                },
            )
    return [decision.row.customer_id for decision in decisions]


def _moved(
    names: Mapping[int, str], before: Sequence[int], after: Sequence[int]
) -> tuple[list[str], list[str]]:
    """The names of events that rose and that ended, in the order of their bits."""
    old, new = bits_in(before), bits_in(after)
    raised, ended = sorted(new - old), sorted(old - new)
    return [names[bit] for bit in raised if bit in names], [names[bit] for bit in ended if bit in names]
