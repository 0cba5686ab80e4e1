"""Counting who meets a choice, within what the asker sees."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from backend.audience import queries, schemas
from backend.audience.rules import CHOOSERS, FOR_A_PURPOSE, Scope, scope_of
from backend.audience.schemas import AnyCondition, Counted
from backend.audience.tree import Contains, Every, Node, Vocabulary, leaves, resolved
from backend.kernel.clock import millis
from backend.kernel.errors import not_allowed
from backend.kernel.uow import UnitOfWork
from backend.strategy import api as strategy

EVERYBODY = Every(())


async def count(uow: UnitOfWork, choice: AnyCondition) -> Counted:
    """How many of the asker's customers meet the choice. Raises Problem `not_allowed`, `choice_too_large`,
    `unknown_condition`, `malformed`."""
    scope = scope_for(uow)
    node = await read(uow, choice)
    return Counted(
        await queries.count(uow, node, scope), await queries.count(uow, EVERYBODY, scope), millis(uow.now)
    )


def scope_for(uow: UnitOfWork) -> Scope:
    """Whose customers the asker may choose from. Raises Problem `not_allowed`."""
    if uow.actor.role not in CHOOSERS:
        raise not_allowed(
            "Customers are chosen by account managers, heads and head office's business department."
        )
    return scope_of(uow.actor)


async def read(uow: UnitOfWork, choice: AnyCondition) -> Node:
    """The choice, resolved against the catalogue and the ground. Raises as `count`."""
    words = await _vocabulary(uow)

    def began(days: int) -> int:
        day = uow.today - timedelta(days=days)
        return int(datetime.combine(day, time.min, uow.clock.zone).timestamp())

    # measured before the database is asked for what it names
    resolved(choice, words, began, lambda _: frozenset())
    names = sorted({name for one in _conditions(choice) for name in _townships(one)})
    grids = {name: await queries.grids_of_townships(uow, [name]) for name in names}
    node = resolved(choice, words, began, lambda asked: frozenset().union(*(grids[one] for one in asked)))
    if uow.actor.role in FOR_A_PURPOSE and any(isinstance(one, Contains) for one in leaves(node)):
        raise not_allowed(
            "Names are looked for within a branch: head office looks a customer up by a whole name."
        )
    return node


async def _vocabulary(uow: UnitOfWork) -> Vocabulary:
    catalogue = await strategy.catalogue_in_force(uow)
    return Vocabulary(
        {tag.name: tag.bit for tag in catalogue.tags},
        {
            name: tuple(option.code for option in catalogue.choices[name].options)
            for name in ("tier", "stage", "grade")
        },
    )


def _conditions(choice: AnyCondition) -> Iterator[AnyCondition]:
    match choice:
        case schemas.All(of) | schemas.Any(of):
            for one in of:
                yield from _conditions(one)
        case schemas.Not(of):
            yield from _conditions(of)
        case _:
            yield choice


def _townships(one: AnyCondition) -> list[str]:
    return one.any_of if isinstance(one, schemas.Townships) else []
