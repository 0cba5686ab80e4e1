"""Commands taken together have the very effect of the same commands taken one by one, whatever they are.

Each case is pushed twice from the same state, inside a transaction that is rolled back: with the batch forms
of the commands, and without. Receipts, rows, trail, events and partitions must not differ.
"""

import asyncio
import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, async_sessionmaker

from backend.app.wiring import registry
from backend.audit.api import write_audit
from backend.grids import api as grids
from backend.kernel.actor import Actor
from backend.kernel.clock import Clock
from backend.kernel.ids import uuid7
from backend.kernel.uow import Database
from backend.policy.models import PolicyFigure
from backend.sync.push import push
from backend.sync.registry import Registry
from backend.sync.schemas import Lost, PushRequest, SealedCommand
from tests.support.bodies import new_household, visit
from tests.support.clock import MovingClock
from tests.support.field_phone import FieldPhone, seal
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work

TABLES = (
    "visit",
    "visit_photo",
    "sync_command",
    "sync_stream",
    "sync_loss",
    "sync_change",
    "sync_partition",
    "customer",
    "customer_value",
    "customer_value_history",
    "customer_suggestion",
    "file_record",
    "task",
    "duty",
    "inbox_item",
    "device",
)
#: these lose the ids that the bank gave them; the trail is compared in the order in which it was written
MADE = ("audit_entry", "outbox_event")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
#: whose visit it is, what becomes of it
CUSTOMERS = ("own", "other", "late", "merged", "merged_away", "foreign", "nowhere")


class Still(Clock):
    """A clock that stands, so that both sides see one instant."""

    def __init__(self, zone: str, at: Any) -> None:
        super().__init__(zone)
        self._at = at

    def now(self) -> Any:
        """Always the same."""
        return self._at


class Inside(Database):
    """Units of work that end with a savepoint of a transaction that somebody else rolls back."""

    def __init__(self, connection: AsyncConnection, like: Database, clock: Clock) -> None:
        super().__init__(like.engine, clock, keys=like.keys, demo_mode=True, write_audit=write_audit)
        self._sessions = async_sessionmaker(
            cast(Any, connection),
            expire_on_commit=False,
            autoflush=False,
            join_transaction_mode="create_savepoint",
        )


@dataclass(frozen=True)
class Item:
    """One thing that a phone sends, as drawn."""

    kind: str
    customer: str = "own"
    minutes: int = 0
    flaw: str = ""
    needs: int | None = None
    replaces: int | None = None
    place: str = "next"


VISITS = st.builds(
    Item,
    kind=st.just("visit.log"),
    customer=st.one_of(st.sampled_from(("own", "other")), st.sampled_from(CUSTOMERS)),
    minutes=st.integers(0, 40),
    flaw=st.one_of(
        st.just(""),
        st.sampled_from(
            (
                *("far", "no_fix", "nan", "channel", "code", "zero", "photos", "taken", "version", "phone"),
                *("old", "meeting", "no_meeting", "company", "nobody", "still"),
            )
        ),
    ),
    needs=st.one_of(st.none(), st.integers(0, 12)),
    replaces=st.one_of(st.none(), st.none(), st.none(), st.integers(0, 12)),
    place=st.one_of(st.just("next"), st.just("next"), st.sampled_from(("next", "repeat", "other_bytes"))),
)
PLAIN = st.builds(
    Item, kind=st.just("visit.log"), customer=st.sampled_from(("own", "other")), minutes=st.integers(0, 40)
)
OTHERS = st.builds(
    Item,
    kind=st.sampled_from(("customer.set_values", "task.submit", "command.discard", "broken", "unknown.type")),
    customer=st.sampled_from(CUSTOMERS),
    needs=st.one_of(st.none(), st.integers(0, 12)),
    place=st.one_of(
        # rare: behind one of these nothing more is taken
        *[st.just("next")] * 6,
        st.sampled_from(("next", "next", "gap", "taken_place", "lost")),
    ),
)
PLAIN_ONE = Item("visit.log")
PUSHES = st.lists(
    st.lists(st.one_of(PLAIN, PLAIN, VISITS, VISITS, OTHERS), min_size=1, max_size=9), min_size=1, max_size=3
)


@dataclass
class Ground:
    """The state from which each case begins."""

    phone: FieldPhone
    actor: Actor
    customers: dict[str, str]
    place: Any
    at: int
    taken: str


async def _ground(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database, clock: MovingClock
) -> Ground:
    manager, west = await phone_of("manager"), await phone_of("manager2")
    bodies = {name: new_household(world.grids["E1"], name) for name in ("own", "other", "merged", "gone")}
    bodies["late"] = new_household(world.grids["E2"], "late")
    for body in bodies.values():
        manager.save("customer.create", body)
    foreign = new_household(world.grids["W1"], "foreign")
    west.save("customer.create", foreign)
    known = visit(bodies["own"]["id"], world.grids["E1"].lon, world.grids["E1"].lat, manager.now())
    manager.save("visit.log", known)
    for one in (manager, west):
        assert {receipt["result"] for receipt in await one.push()} == {"applied"}
    await work()
    head = await phone_of("head")
    manager.save("customer.merge", _merge(bodies["merged"]["id"], bodies["other"]["id"]))
    head.save("customer.merge", _merge(bodies["gone"]["id"], bodies["late"]["id"]))
    for one in (manager, head):
        assert {receipt["result"] for receipt in await one.push()} <= {"applied", "merged"}
    async with worker_db.unit(Actor.system("test")) as uow:
        # two customers within two minutes are odd, so that what comes before in a batch counts
        uow.session.add_all(
            PolicyFigure(key=key, valid_from=uow.today, value=2, source="test", on_phone=True)
            for key in ("visit_burst_count", "visit_burst_minutes")
        )
        await grids.assign(uow, world.grids["E2"].id, world["deputy"].id, grids.Duty.responsible)
    await work()
    clock.advance(timedelta(minutes=1))
    person = world["manager"]
    assert manager.phone.installation_id is not None
    actor = replace(
        person.on(manager.phone.installation_id), grid_ids=(world.grids["E1"].id,), session_id=uuid7()
    )
    customers = {name: body["id"] for name, body in bodies.items()} | {
        "foreign": foreign["id"],
        "merged_away": bodies["gone"]["id"],
        "nowhere": str(uuid7()),
    }
    return Ground(manager, actor, customers, world.grids["E1"], manager.now(), known["id"])


def _merge(old: str, new: str) -> dict[str, str]:
    return {"customer_id": old, "into_id": new, "reason": "同一户"}


class Maker:
    """Makes commands of what was drawn; ids are made once, for both sides."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._sent: list[SealedCommand] = []
        self._seq = len(ground.phone.outbox)
        self._visits: list[str] = [ground.taken]

    def push(self, items: Sequence[Item]) -> PushRequest:
        """One request of these."""
        commands, lost = [], []
        for item in items:
            if item.place == "lost":
                lost.append(Lost(self._seq + 1, self._seq + 2))
                self._seq += 2
            commands.append(self._command(item))
        installation = self._ground.phone.phone.installation_id
        return PushRequest(installation, self._ground.at, commands, lost=lost)

    def _command(self, item: Item) -> SealedCommand:
        if item.place == "repeat" and self._sent:
            return self._sent[item.minutes % len(self._sent)]
        if item.place == "gap":
            self._seq += 1
        seq = self._seq if item.place == "taken_place" else self._seq + 1
        self._seq = max(self._seq, seq)
        command_id = uuid7()
        if item.place == "other_bytes" and self._sent:
            command_id = self._sent[item.minutes % len(self._sent)].id
        at = self._ground.at - (400_000 - item.minutes * 10_000 if item.flaw != "old" else 10**15)
        envelope = {
            "id": str(command_id),
            "seq": seq,
            "type": "visit.log" if item.kind == "broken" else item.kind,
            "version": 2 if item.flaw == "version" else 1,
            "at": at,
            "offset_minutes": 480,
            "needs": [str(self._earlier(item.needs))] if item.needs is not None else [],
            "body": self._body(item, at),
        }
        if item.replaces is not None:
            envelope["replaces"] = str(self._earlier(item.replaces))
        plain = msgspec.msgpack.encode(envelope)
        sealed = seal(self._ground.phone.seal_key, plain, f"command:{command_id}")
        if item.kind == "broken":
            sealed = sealed[:-1] + bytes([sealed[-1] ^ 1])
        sent = SealedCommand(command_id, seq, hashlib.sha256(plain).hexdigest(), sealed)
        self._sent.append(sent)
        return sent

    def _earlier(self, number: int) -> UUID:
        return self._sent[number % len(self._sent)].id if self._sent and number < 10 else uuid7()

    def _body(self, item: Item, at: int) -> dict[str, Any]:
        customer_id = self._ground.customers[item.customer]
        if item.kind == "customer.set_values":
            edits = [{"field": "income_wages_fen", "seen": None, "value": 100 * item.minutes}]
            return {"customer_id": customer_id, "edits": edits}
        if item.kind == "task.submit":
            return {"task_id": str(uuid7()), "visit_id": self._visits[-1]}
        if item.kind == "command.discard":
            return {"discards": str(self._earlier(item.needs or 0))}
        place = self._ground.place
        body = visit(customer_id, place.lon, place.lat, at, **self._flawed(item))
        if item.flaw == "taken":
            body["id"] = self._visits[item.minutes % len(self._visits)]
        self._visits.append(body["id"])
        return body

    def _flawed(self, item: Item) -> dict[str, Any]:
        photo = {"hash": "ab" * 32, "class": "home", "taken_at": 10**18}
        point = {"lon": self._ground.place.lon, "lat": self._ground.place.lat, "accuracy_m": 9.0, "at": 1}
        flaws: dict[str, dict[str, Any]] = {
            "far": {"point": point | {"lat": self._ground.place.lat + 0.5}},
            "no_fix": {"point": None},
            "nan": {"point": point | {"lon": float("nan")}},
            "channel": {"channel": "smoke"},
            "code": {"needs": ["loan", "no such product"]},
            "zero": {"note": "zero \0"},
            "photos": {"photos": [photo, photo | {"hash": "cd" * 32}, photo], "needs": ["loan", "loan"]},
            "phone": {"channel": "phone", "point": None, "next_on": "2027-01-02", "note": "说好\n再来"},
            "meeting": {"channel": "meeting", "meeting_id": str(UUID(int=1)), "point": point},
            "no_meeting": {"channel": "meeting"},
            "company": {"companion_id": self._ground.phone.staff["id"]},
            "nobody": {"companion_id": str(uuid7())},
            "still": {"point": point},
        }
        return flaws.get(item.flaw, {})


class _RolledBack(Exception):
    """Ends a case."""


async def _played(
    ground: Ground, known: Registry, database: Database, clock: Clock, pushes: Sequence[PushRequest]
) -> dict[str, Any]:
    """The answers and all that stands in the tables after them; then everything is taken back."""
    found: dict[str, Any] = {}
    async with database.engine.connect() as connection:
        with suppress(_RolledBack):
            async with connection.begin():
                inside = Inside(connection, database, clock)
                found["answers"] = [await push(inside, known, ground.actor, one) for one in pushes]
                async with inside.unit(Actor.system("test")) as uow:
                    for table in TABLES:
                        rows = await uow.session.execute(text(f"SELECT to_jsonb(t) FROM {table} t"))
                        found[table] = sorted(_plain(row[0]) for row in rows)
                    for table in MADE:
                        rows = await uow.session.execute(
                            text(f"SELECT to_jsonb(t) - 'id' - 'xid' FROM {table} t ORDER BY id")
                        )
                        found[table] = [_plain(row[0]) for row in rows]
                    # one transaction's events have no order among them
                    found["outbox_event"].sort()
                raise _RolledBack
    return found


def _plain(row: Any) -> str:
    return msgspec.json.encode(row, order="deterministic").decode()


def _named(found: dict[str, Any], ids: set[str]) -> dict[str, Any]:
    """Ids that the bank made itself differ each time: they lose their names."""

    def named(one: str) -> str:
        return _UUID.sub(lambda match: match[0] if match[0] in ids else "made by the bank", one)

    return {
        name: sorted(map(named, rows)) if name != "audit_entry" else [named(one) for one in rows]
        for name, rows in found.items()
        if name != "answers"
    } | {"answers": found["answers"]}


@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_taken_together_is_the_same_as_one_by_one(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database, clock: MovingClock
) -> None:
    ground = await _ground(phone_of, world, work, worker_db, clock)
    still = Still("Asia/Shanghai", clock.now())
    together = registry()
    apart = Registry(
        {name: replace(one, together=None) for name, one in together.commands.items()}, together.projections
    )
    before = await _played(ground, together, worker_db, still, [])
    loop = asyncio.get_running_loop()
    seen: Counter[str] = Counter()

    async def both(drawn: list[list[Item]]) -> None:
        maker = Maker(ground)
        pushes = [maker.push(items) for items in drawn]
        sides = [await _played(ground, known, worker_db, still, pushes) for known in (together, apart)]
        ids = {found for one in (before, *pushes) for found in _UUID.findall(str(one))}
        ids |= {found for answer in sides[0]["answers"] for found in _UUID.findall(str(answer))}
        ids |= set(maker._visits)
        one, other = (_named(side, ids) for side in sides)
        for name in (*MADE, *TABLES, "answers"):
            assert one[name] == other[name], name
        for answer in one["answers"]:
            seen.update(receipt["result"] for receipt in answer["receipts"])

    @settings(
        max_examples=15,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow],
        print_blob=True,
    )
    @given(PUSHES)
    @example(
        [[Item("visit.log"), Item("visit.log", needs=11), Item("visit.log", needs=1), Item("visit.log")]]
    )
    @example([[Item("visit.log", name) for name in CUSTOMERS for _ in range(2)]])
    @example([[Item("visit.log"), Item("visit.log", place="repeat")], [Item("visit.log", place="repeat")]])
    def cases(drawn: list[list[Item]]) -> None:
        asyncio.run_coroutine_threadsafe(both(drawn), loop).result()

    await asyncio.to_thread(cases)
    # the cases reach what they are about
    assert seen.keys() >= {"applied", "rejected", "held", "repeated"}, seen
