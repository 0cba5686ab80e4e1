"""Pull: what moved in the partitions that a phone holds or should hold."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from backend.identity import api as identity
from backend.kernel import revisions
from backend.kernel.actor import Actor
from backend.kernel.clock import millis
from backend.kernel.errors import Problem
from backend.kernel.uow import Database, UnitOfWork
from backend.sync import queries, snapshot
from backend.sync.facts import life_in
from backend.sync.partitions import Key, keys_for
from backend.sync.phones import said
from backend.sync.registry import Registry
from backend.sync.rows import groups_of
from backend.sync.schemas import OutboxState, PullRequest

CHANGES_PER_PAGE = 2000
SMALL_PARTITION = 300
MOST_PAGES = 32


@dataclass(frozen=True, slots=True)
class Pulling:
    """A phone that pulls: who it is, and the session it came by with the standing of its partitions."""

    database: Database
    registry: Registry
    actor: Actor
    resumed: identity.Resumed


async def pull(phone: Pulling, request: PullRequest) -> Mapping[str, Any]:
    """The answer to a pull.

    Where nothing moved, the standing that came with the session is all there is to read. Each partition that
    moved is read in its own short transaction.
    """
    database, actor, standing = phone.database, phone.actor, phone.resumed.standing
    assert standing is not None
    await _heard(phone, request)
    facts = life_in(standing.facts)
    entitled = {str(key): key for key in keys_for(actor)}
    fresh = request.epoch is None or request.epoch == facts.epoch
    answers: list[Mapping[str, Any]] = [
        _leaving(name, entitled.values(), request.partitions if fresh else {})
        for name in request.partitions
        if name not in entitled
    ]
    for name, key in entitled.items():
        held = request.partitions.get(name) if fresh else None
        revision, _ = standing.books[key.book]
        if held is not None and held == revision:
            answers.append({"key": name, "state": "same", "revision": revision})
            continue
        async with database.unit(actor) as uow:
            answers.append(await _moved(uow, phone.registry, key, held, revision))
    return {
        "epoch": facts.epoch,
        "now": millis(database.clock.now()),
        "durable_through": facts.durable_through,
        "partitions": answers,
    }


async def _heard(phone: Pulling, request: PullRequest) -> None:
    """Notes that the phone spoke, and what still waits on it, where that is news."""
    now, waiting = phone.database.clock.now(), said(request.outbox or OutboxState(), request.app)
    # a session that another phone of the person takes over was read with the former one's last contact
    same = phone.resumed.actor.installation_id == phone.actor.installation_id
    if identity.is_news(phone.resumed.heard if same else None, now, waiting):
        async with phone.database.unit(phone.actor) as uow:
            await identity.note_contact(uow, waiting)


def _leaving(name: str, entitled: Iterable[Key], held: Container[str]) -> Mapping[str, Any]:
    """What becomes of a key that the phone holds and should not.

    Where the same book is its person's under another key that shows no less, the old one stays until the
    phone holds the new one whole; where rights shrink, it goes first.
    """
    old = Key.parsed(name)
    heir = next((key for key in entitled if old is not None and key.book == old.book), None)
    if old is not None and heir is not None and str(heir) not in held and not heir.narrows(old):
        return {"key": name, "state": "kept", "until": str(heir)}
    return {"key": name, "state": "evict", "reason": "not_yours" if heir is None else "replaced"}


async def _moved(
    uow: UnitOfWork, registry: Registry, key: Key, held: int | None, revision: int
) -> Mapping[str, Any]:
    if held is None:
        if await queries.count_after(uow, key.book, 0, SMALL_PARTITION + 1) > SMALL_PARTITION:
            return await snapshot.manifest(uow, registry, key)
        held = 0
    elif held > revision:
        return await snapshot.manifest(uow, registry, key)
    changes = await queries.changes_after(uow, key.book, held, CHANGES_PER_PAGE + 1)
    # after the changes: tombstones that are dropped at this moment may be missing among them
    _, floor = (await revisions.current(uow.session, [key.book]))[key.book]
    if held < floor:
        return await snapshot.manifest(uow, registry, key)
    more = len(changes) > CHANGES_PER_PAGE
    if more:
        # a revision is sent whole or not at all; one that fills a page by itself comes as a snapshot
        last = changes[-1].revision
        changes = [change for change in changes if change.revision < last]
        if not changes:
            return await snapshot.manifest(uow, registry, key)
    upto = changes[-1].revision if changes and more else max(revision, changes[-1].revision if changes else 0)
    return {
        "key": str(key),
        "state": "changes",
        "from": held,
        "revision": upto,
        "groups": await groups_of(uow, registry, key, changes),
        "more": more,
    }


async def pages(
    database: Database, actor: Actor, name: str, revision: int, first: int, last: int
) -> bytes | None:
    """The bytes of pages `first` to `last`, one after the other; None where one of them is no longer kept or
    the key is not the actor's. Raises Problem 422 `too_many_pages`."""
    if not 0 <= last - first < MOST_PAGES:
        raise Problem(
            "too_many_pages", 422, "That many pages cannot be asked for", detail=f"Ask for 1 to {MOST_PAGES}."
        )
    key = next((key for key in keys_for(actor) if str(key) == name), None)
    if key is None:
        return None
    async with database.unit(actor) as uow:
        found = await queries.contents(uow, key.stored_as(actor), revision, first, last)
        return b"".join(found) if len(found) == last - first + 1 else None
