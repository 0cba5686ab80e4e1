"""Counting who meets a choice, within what the asker sees."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from backend.audience import queries, schemas
from backend.audience.memory import Memory
from backend.audience.rules import CHOOSERS, FOR_A_PURPOSE, Scope, scope_of
from backend.audience.schemas import AnyCondition, Counted
from backend.audience.tree import Contains, Every, Node, Vocabulary, leaves, resolved
from backend.kernel.actor import Actor
from backend.kernel.clock import millis
from backend.kernel.errors import not_allowed
from backend.kernel.uow import Database, UnitOfWork
from backend.strategy import api as strategy

EVERYBODY = Every(())


async def count(database: Database, actor: Actor, packed: Memory, choice: AnyCondition) -> Counted:
    """How many of the asker's customers meet the choice, in memory; by the database while that is read, and
    for names, which are not packed. Raises Problem `not_allowed`, `choice_too_large`, `unknown_condition`,
    `malformed`."""
    async with database.unit(actor) as uow:
        scope = scope_for(uow)
        words = await vocabulary(uow)
        node = await read(uow, choice)
    # outside the unit of work: who waits for their turn in memory must not hold a connection meanwhile
    if not names(node):
        in_memory = await packed.count(words, scope, (node, EVERYBODY))
        if in_memory is not None:
            (found, of), at = in_memory
            return Counted(found, of, millis(at))
    async with database.unit(actor) as uow:
        found, of = [await queries.count(uow, one, scope) for one in (node, EVERYBODY)]
        return Counted(found, of, millis(uow.now))


def scope_for(uow: UnitOfWork) -> Scope:
    """Whose customers the asker may choose from. Raises Problem `not_allowed`."""
    if uow.actor.role not in CHOOSERS:
        raise not_allowed(
            "Customers are chosen by account managers, heads and head office's business department."
        )
    return scope_of(uow.actor)


async def read(uow: UnitOfWork, choice: AnyCondition) -> Node:
    """The choice, resolved against the catalogue and the ground. Raises as `count`."""
    words = await vocabulary(uow)

    def began(days: int) -> int:
        day = uow.today - timedelta(days=days)
        return int(datetime.combine(day, time.min, uow.clock.zone).timestamp())

    # measured before the database is asked for what it names
    resolved(choice, words, began, lambda _: frozenset())
    townships = sorted({name for one in _conditions(choice) for name in _townships(one)})
    grids = {name: await queries.grids_of_townships(uow, [name]) for name in townships}
    node = resolved(choice, words, began, lambda asked: frozenset().union(*(grids[one] for one in asked)))
    if uow.actor.role in FOR_A_PURPOSE and names(node):
        raise not_allowed(
            "Names are looked for within a branch: head office looks a customer up by a whole name."
        )
    return node


def names(node: Node) -> bool:
    """Whether names are looked for."""
    return any(isinstance(one, Contains) for one in leaves(node))


async def vocabulary(uow: UnitOfWork) -> Vocabulary:
    """What may be chosen by: the catalogue's in force."""
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
