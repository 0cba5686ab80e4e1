"""The unit of work: one transaction per request or job, committed before anything is answered.

Its first statement sets the scope that row-level security reads; its last ones write audit entries and
events and stamp
the partitions that moved (stamp last: the partition's row lock then orders commits, so a revision never
fills a gap).
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, EmulatedDBAPIException, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from backend.kernel import revisions
from backend.kernel.actor import Actor, Role
from backend.kernel.bulk import Part, inserting, write
from backend.kernel.clock import Clock
from backend.kernel.crypto import Keys
from backend.kernel.db import make_engine
from backend.kernel.ids import uuid7
from backend.kernel.models import OutboxEvent
from backend.kernel.revisions import Touch

SET_SCOPE = text(
    "SELECT set_config('tiange.role', :role, true), set_config('tiange.staff', :staff, true),"
    " set_config('tiange.grids', :grids, true), set_config('tiange.branches', :branches, true),"
    " set_config('tiange.request', :request, true), set_config('tiange.now', :now, true)"
)
SET_ROLE = text("SELECT set_config('tiange.role', :role, true)")
SET_GROUND = text(
    "SELECT set_config('tiange.grids', :grids, true), set_config('tiange.branches', :branches, true)"
)

#: how many connections may turn out dead one after the other: more than a pool holds
_MOST_DEAD = 20
#: what asyncpg raises; the last of them for a connection to which the server has just said goodbye
_REFUSALS = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, asyncpg.InternalClientError)


@dataclass(frozen=True, slots=True)
class AuditNote:
    """What will become a row of the audit trail. `detail` holds ids, field names and counts, no personal
    data."""

    action: str
    subject_kind: str
    subject_id: str
    detail: Mapping[str, Any]


AuditWriter = Callable[["UnitOfWork", list[AuditNote]], list[Part]]
Announcer = Callable[[Mapping[str, int], bool], Awaitable[None]]


class UnitOfWork:
    """What a domain function works in. Made by `Database.unit`, never by hand."""

    def __init__(
        self,
        session: AsyncSession,
        actor: Actor,
        now: datetime,
        today: date,
        clock: Clock,
        keys: Keys | None = None,
        demo_mode: bool = False,
    ) -> None:
        self._keys = keys
        self.demo_mode = demo_mode
        self.session = session
        self.actor = actor
        self.now = now
        self.today = today
        self.clock = clock
        self.revisions: dict[str, int] = {}
        self._role = actor.role.value
        self._touches: dict[tuple[str, str, str], Touch] = {}
        self._watched: set[str] = set()
        self._events: list[dict[str, Any]] = []
        self._audit: list[AuditNote] = []
        self._parts: list[Part] = []

    @property
    def keys(self) -> Keys:
        """The installation's keys. Raises RuntimeError where the process was started without them."""
        if self._keys is None:
            raise RuntimeError("this process holds no keys: open the Database with them")
        return self._keys

    def touch(
        self, book: str, kind: str, row_id: UUID | str, *, gone: bool = False, moved_to: str | None = None
    ) -> None:
        """Row `row_id` of `kind` changed in partition `book` (or left it)."""
        key = (book, kind, str(row_id))
        self._touches[key] = Touch(book, kind, str(row_id), gone, moved_to)
        self._watched.add(book)

    def touch_all(self, books: Iterable[str], kind: str, row_id: UUID | str, *, gone: bool = False) -> None:
        """`touch` in each of `books`."""
        for book in books:
            self.touch(book, kind, row_id, gone=gone)

    def emit(self, name: str, payload: Mapping[str, Any]) -> None:
        """Tells handlers (app/wiring.py says which) after the commit. `payload`: ids and counts, nothing
        personal."""
        self._events.append(
            {
                "id": uuid7(),
                "name": name,
                "payload": dict(payload),
                "created_at": self.now,
                "request_id": self.actor.request_id,
            }
        )

    def emit_once(self, name: str, payload: Mapping[str, Any]) -> None:
        """`emit`, unless this unit of work says the same already."""
        if not any(one["name"] == name and one["payload"] == payload for one in self._events):
            self.emit(name, payload)

    def audit(
        self, action: str, subject_kind: str, subject_id: UUID | str, detail: Mapping[str, Any] | None = None
    ) -> None:
        """Notes a change or a look at sensitive data in the audit trail of the same transaction."""
        self._audit.append(AuditNote(action, subject_kind, str(subject_id), detail or {}))

    @asynccontextmanager
    async def elevated(self, why: str) -> AsyncIterator[None]:
        """Works past the actor's own rows where a rule needs them all (merging values, say); `why` is for
        the reader.

        The service must have checked the actor's scope before; nothing read here may be answered to the
        actor.
        """
        async with self._seeing_as(Role.system, why):
            yield

    @asynccontextmanager
    async def overseeing(self, why: str) -> AsyncIterator[None]:
        """Reads what an auditor may, of the whole bank, and can change nothing of it; `why` is for the
        reader.

        For somebody of head office who said what for: the service has checked that and noted it in the trail.
        """
        async with self._seeing_as(Role.auditor, why):
            yield

    @asynccontextmanager
    async def _seeing_as(self, role: Role, why: str) -> AsyncIterator[None]:
        assert why
        await self.session.flush()
        before, self._role = self._role, role.value
        await self.session.execute(SET_ROLE, {"role": self._role})
        try:
            yield
            await self.session.flush()
        except Exception:
            # somebody may catch it and go on. In a failed transaction this fails too: there it is the
            # rollback, to a savepoint or of everything, that takes the role back
            self._role = before
            with suppress(SQLAlchemyError):
                await self.session.execute(SET_ROLE, {"role": before})
            raise
        self._role = before
        await self.session.execute(SET_ROLE, {"role": before})

    @asynccontextmanager
    async def widened(
        self, why: str, grid_ids: Iterable[UUID] = (), branch_ids: Iterable[UUID] = ()
    ) -> AsyncIterator[None]:
        """Works as if the actor held these grids, or saw these branches, too; `why` is for the reader.

        The caller must know that the actor had that right for what is done inside.
        """
        assert why
        await self.session.flush()
        before = self.actor
        self.actor = replace(
            before,
            grid_ids=(*before.grid_ids, *grid_ids),
            branch_ids=(*before.branch_ids, *branch_ids),
        )
        await self.session.execute(SET_GROUND, _ground(self.actor))
        try:
            yield
            await self.session.flush()
        except Exception:
            # as in `elevated`
            self.actor = before
            with suppress(SQLAlchemyError):
                await self.session.execute(SET_GROUND, _ground(before))
            raise
        self.actor = before
        await self.session.execute(SET_GROUND, _ground(before))

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """Part of the work that may fail alone: rows, touches, events and audit notes are all taken back
        on an error."""
        touches, events, audit = dict(self._touches), len(self._events), len(self._audit)
        try:
            async with self.session.begin_nested():
                yield
        except BaseException:
            self._touches = touches
            del self._events[events:]
            del self._audit[audit:]
            raise

    async def finish(self, write_audit: AuditWriter | None) -> bool:
        """Writes what was collected. Returns whether events were written. Called by `Database.unit` only."""
        await self.session.flush()
        parts, self._parts = self._parts, []
        if self._audit and write_audit is not None:
            parts += write_audit(self, self._audit)
        parts += inserting(OutboxEvent, self._events)
        self.revisions = await revisions.write_and_stamp(self.session, parts, list(self._touches.values()))
        return bool(self._events)

    def later(self, parts: Iterable[Part]) -> None:
        """Statements that write what nothing in this unit of work reads again: they go with its last one, or
        with `catch_up`. Not inside a savepoint, which would not take them back."""
        self._parts += parts

    async def catch_up(self) -> None:
        """Runs what was put off, before something that may read it."""
        parts, self._parts = self._parts, []
        await write(self.session, parts)

    def touched_books(self) -> set[str]:
        """The partitions touched so far."""
        return {book for book, _, _ in self._touches}

    def touched_kinds(self, row_id: UUID | str) -> set[str]:
        """The kinds as which a row was touched and is not gone: not stamped yet, it stands in no table."""
        return {one.kind for one in self._touches.values() if one.row_id == str(row_id) and not one.gone}

    @contextmanager
    def watching(self) -> Iterator[set[str]]:
        """Collects the partitions touched inside the block, also those touched before."""
        outer, self._watched = self._watched, set()
        try:
            yield self._watched
        finally:
            self._watched = outer


class Database:
    """Units of work over one database role."""

    def __init__(
        self,
        engine: AsyncEngine,
        clock: Clock,
        *,
        keys: Keys | None = None,
        demo_mode: bool = False,
        write_audit: AuditWriter | None = None,
        announce: Announcer | None = None,
    ) -> None:
        self.engine = engine
        self.clock = clock
        self.keys = keys
        self.demo_mode = demo_mode
        self._write_audit = write_audit
        self._announce = announce
        self._sessions = async_sessionmaker(engine, expire_on_commit=False, autoflush=False)
        #: the connection that `ask` used last: through the pool each question costs half as much again
        self._asked: Any = None

    @classmethod
    def open(
        cls,
        url: str,
        clock: Clock,
        *,
        keys: Keys | None = None,
        demo_mode: bool = False,
        write_audit: AuditWriter | None = None,
        announce: Announcer | None = None,
        pool_size: int = 8,
        application: str = "tiange",
    ) -> "Database":
        """Connects lazily to `url` (postgresql+asyncpg). `announce` hears of moved partitions after each
        commit."""
        engine = make_engine(url, zone=clock.zone.key, pool_size=pool_size, application=application)
        return cls(engine, clock, keys=keys, demo_mode=demo_mode, write_audit=write_audit, announce=announce)

    @asynccontextmanager
    async def unit(self, actor: Actor) -> AsyncIterator[UnitOfWork]:
        """One transaction with `actor`'s scope. Commits at the end of the block; a failed commit raises
        there."""
        now = self.clock.now()
        scope = {
            "role": actor.role.value if (actor.staff_id or actor.name != "nobody") else "",
            "staff": str(actor.staff_id or ""),
            **_ground(actor),
            "request": actor.request_id,
            "now": now.isoformat(),
        }
        async with await self._begun(scope) as session:
            today = self.clock.local(now).date()
            uow = UnitOfWork(session, actor, now, today, self.clock, self.keys, self.demo_mode)
            yield uow
            has_events = await uow.finish(self._write_audit)
            await session.commit()
        if self._announce is not None and (uow.revisions or has_events):
            await self._announce(uow.revisions, has_events)

    async def _begun(self, scope: Mapping[str, str]) -> AsyncSession:
        """A session whose transaction has begun, with its scope set.

        That is a connection's first use, so one that died while it lay idle is found out here, where nothing
        has happened yet; the pool drops its others of that age with it, and a new one is opened.
        """
        for _ in range(_MOST_DEAD):
            session = self._sessions()
            try:
                await session.execute(SET_SCOPE, scope)
            except asyncpg.InternalClientError as error:
                await session.invalidate()
                died: Exception = error
            except DBAPIError as error:
                await session.close()
                if not error.connection_invalidated:
                    raise
                died = error
            except BaseException:
                await session.close()
                raise
            else:
                return session
        raise died

    async def ask(self, statement: str, *values: Any) -> "asyncpg.Record | None":
        """One row of a statement (`$1`, `$2` …) that is a transaction of its own, in one round trip.

        It has no scope, so row security shows it nothing: for functions of the database that find out by
        themselves who asks, and for tables without rows of people. Only for reading, since it is repeated
        where a connection had died. Raises DBAPIError.
        """
        for _ in range(_MOST_DEAD):
            connection, kept = await self._alive(), False
            try:
                row = await connection.driver_connection.fetchrow(statement, *values)
                if self._asked is None:
                    self._asked, kept = connection, True
                return row
            except _REFUSALS as error:
                dead = connection.driver_connection.is_closed()
                dead |= isinstance(error, asyncpg.InternalClientError)
                died = DBAPIError(statement, None, error, hide_parameters=True, connection_invalidated=dead)
                if not dead:
                    raise died from error
                connection.invalidate(error)
            finally:
                if not kept:
                    connection.close()
        raise died

    async def _alive(self) -> Any:
        """A connection that is not known to be dead: the one `ask` keeps, or one of the pool. Raises
        DBAPIError where the server refuses one, as it does while it starts or stops."""
        while True:
            connection, self._asked = self._asked, None
            if connection is None:
                try:
                    connection = await self.engine.raw_connection()
                except EmulatedDBAPIException as error:
                    raise DBAPIError(None, None, error, hide_parameters=True) from error
            if not connection.driver_connection.is_closed():
                return connection
            connection.invalidate()
            connection.close()

    async def close(self) -> None:
        """Closes the connections."""
        connection, self._asked = self._asked, None
        if connection is not None:
            connection.close()
        await self.engine.dispose()


def _ground(actor: Actor) -> dict[str, str]:
    return {"grids": _array(actor.grid_ids), "branches": _array(actor.branch_ids)}


def _array(ids: Iterable[UUID]) -> str:
    return "{" + ",".join(str(one) for one in ids) + "}"
