"""The packed columns count as PostgreSQL does, whoever asks, and go on doing so as customers change."""

import asyncio
import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from backend.audience import memory, queries
from backend.audience.memory import Memory
from backend.audience.packing import BLOCK, FIGURES, Full, Packed, row_type
from backend.audience.rules import Scope
from backend.audience.tree import Between, Bit, Every, Lacks, Node, OneOf, Some, Vocabulary, Within
from backend.customers.api import Customer
from backend.embedded import Urls
from backend.grids.models import Grid
from backend.kernel import revisions
from backend.kernel.actor import Actor
from backend.kernel.uow import Database, UnitOfWork
from backend.strategy.models import Profile
from backend.visits.models import Visit
from tests.support.clock import MovingClock
from tests.support.databases import on_database

SYSTEM = Actor.system("test")
WORDS = Vocabulary(
    {f"t{bit}": bit for bit in (0, 1, 5, 63, 64, 70)},
    {"tier": ("high", "core"), "stage": ("new", "old"), "grade": ("A", "none")},
)
GRIDS = tuple(UUID(int=100 + n) for n in range(5))
BRANCHES = tuple(UUID(int=200 + n) for n in range(3))
PEOPLE = tuple(UUID(int=300 + n) for n in range(3))
EVERYBODY = Every(())
BANK = Scope(True, frozenset(), frozenset(), None)

_LEAVES = st.one_of(
    st.sampled_from([0, 1, 5, 63, 64, 70, 127, 500]).map(Bit),
    st.tuples(st.just("tier"), st.sets(st.sampled_from(["high", "core"]), min_size=1)).map(
        lambda one: OneOf("tier", tuple(sorted(one[1])))
    ),
    st.sampled_from(["household", "business"]).map(lambda code: OneOf("kind", (code,))),
    st.sampled_from(["A", "none"]).map(lambda code: OneOf("grade", (code,))),
    st.tuples(
        st.sampled_from(FIGURES),
        st.one_of(st.none(), st.sampled_from([-(2**53), -1, 0, 1, 50, 400, 2**31, 2**53])),
        st.one_of(st.none(), st.sampled_from([-(2**53), -(2**31), 0, 49, 50, 400, 2**31 - 1, 2**53])),
    )
    .filter(lambda one: one[1:] != (None, None))
    .map(lambda one: Between(*one)),
    st.sets(st.sampled_from([*GRIDS, uuid4()])).map(lambda ids: Within("grid_id", frozenset(ids))),
    st.sets(st.sampled_from(BRANCHES)).map(lambda ids: Within("branch_id", frozenset(ids))),
    st.sets(st.sampled_from([*PEOPLE, UUID(int=0)])).map(lambda ids: Within("owner_id", frozenset(ids))),
)
NODES: st.SearchStrategy[Node] = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(lambda of: Every(tuple(of))),
        st.lists(inner, max_size=4).map(lambda of: Some(tuple(of))),
        inner.map(Lacks),
    ),
    max_leaves=8,
)
SCOPES = st.one_of(
    st.just(BANK),
    st.builds(
        Scope,
        st.just(False),
        st.frozensets(st.sampled_from(BRANCHES), max_size=2),
        st.frozensets(st.sampled_from(GRIDS), max_size=2),
        st.one_of(st.none(), st.sampled_from(PEOPLE)),
    ),
)


def _customer(rng: random.Random) -> Customer:
    grid = rng.choice([*GRIDS, None])
    owner = rng.choice([*PEOPLE, None])
    books = [f"grid:{grid}"] if grid else [f"care:{owner}"] if owner else []
    return Customer(
        id=uuid4(),
        kind=rng.choice(["household", "business"]),
        name="汪德海",
        pinyin=rng.choice(["w", "wang", "wangdehai", "wangdehao", "wangdeh1", "zhangsan", "zhang9", ""]),
        initials="wdh",
        branch_id=BRANCHES[GRIDS.index(grid) % 2] if grid else rng.choice(BRANCHES),
        grid_id=grid,
        owner_id=owner,
        address="",
        lon=None,
        lat=None,
        accuracy_m=None,
        point_source=None,
        phone_person_id=None,
        member_count=0,
        completeness_points=0,
        status=rng.choice(["active"] * 9 + ["merged"]),
        source="test",
        created_on=date(2026, 1, 1),
        created_by=None,
        inputs_revision=1,
        books=books,
    )


def _result(rng: random.Random) -> dict[str, Any]:
    bits = [bit for bit in (0, 1, 5, 63, 64, 70) if rng.random() < 0.4]
    words = [sum(1 << (bit % 64) for bit in bits if bit // 64 == word) for word in range(rng.choice([1, 2]))]
    return {
        "tier": rng.choice(["high", "core", "retired"]),
        "stage": rng.choice(["new", "old"]),
        "grade": rng.choice(["A", "none", None]),
        "tag_words": [word - 2**64 if word >= 2**63 else word for word in words],
        "limit_fen": rng.choice([0, 50, 2**31, 10**12]),
        "rate_bp": rng.choice([None, 0, 400]),
        "score": rng.choice([0, 49, 50, 100]),
    }


def _profile(rng: random.Random, customer_id: UUID) -> Profile:
    return Profile(
        customer_id=customer_id,
        reasons=[],
        contact_days=30,
        visit_days=30,
        decision_id=uuid4(),
        version=1,
        as_of=date(2026, 1, 1),
        inputs_revision=1,
        **_result(rng),
    )


def _visit(rng: random.Random, customer_id: UUID) -> Visit:
    at = datetime.fromtimestamp(rng.choice([0, 49.5, 50, 400]), UTC)
    return Visit(
        id=uuid4(),
        customer_id=customer_id,
        staff_id=PEOPLE[0],
        staff_role="manager",
        channel=rng.choice(["onsite", "phone"]),
        purpose="follow_up",
        outcome=rng.choice(["met", "absent"]),
        needs=[],
        presented=[],
        flags=[],
        at=at,
        device_at=at,
        offset_minutes=480,
        clock_error_s=0,
        received_at=at,
    )


async def _bank(uow: UnitOfWork, rng: random.Random) -> None:
    for number, one in enumerate(GRIDS):
        uow.session.add(
            Grid(
                id=one,
                code=f"G{number}",
                name="村",
                kind="village",
                branch_id=BRANCHES[number % 2],
                township="镇",
                area_code=None,
                outline_wkb=b"",
                lon=114.0,
                lat=29.5,
                area_m2=1,
                manager_id=None,
                source="test",
                changed_at=uow.now,
            )
        )
    await uow.session.flush()
    customers = [_customer(rng) for _ in range(400)]
    uow.session.add_all(customers)
    await uow.session.flush()
    uow.session.add_all([_profile(rng, one.id) for one in customers if rng.random() < 0.8])
    uow.session.add_all([_visit(rng, one.id) for one in customers if rng.random() < 0.6])


async def _change(uow: UnitOfWork, rng: random.Random) -> None:
    """Some move, some end, some come; some get another result, and some a visit; their books are told."""
    found = (await uow.session.scalars(select(Customer).order_by(Customer.id))).all()
    for one in rng.sample(list(found), 60):
        before = list(one.books)
        what = rng.choice(["moves", "ends", "result", "visit", "owner"])
        if what == "moves":
            other = _customer(rng)
            one.grid_id, one.branch_id, one.owner_id = other.grid_id, other.branch_id, other.owner_id
            one.books = other.books
        elif what == "ends":
            one.status = "merged" if one.status == "active" else "active"
        elif what == "owner":
            one.owner_id = rng.choice(PEOPLE)
            one.books = [book for book in one.books if book.startswith("grid:")] or [f"care:{one.owner_id}"]
        elif what == "result":
            await uow.session.execute(delete(Profile).where(Profile.customer_id == one.id))
            uow.session.add(_profile(rng, one.id))
            uow.touch_all(one.books, "profile", one.id)
            continue
        else:
            visit = _visit(rng, one.id)
            uow.session.add(visit)
            uow.touch_all(one.books, "visit", visit.id)
            continue
        uow.touch_all(before, "customer", one.id, gone=True)
        uow.touch_all(one.books, "customer", one.id)
    for _ in range(5):
        new = _customer(rng)
        uow.session.add(new)
        uow.touch_all(new.books, "customer", new.id)


@pytest.mark.timeout(300)
async def test_memory_and_database_count_the_same(
    worker_db: Database, web_db: Database, rng: random.Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "UNBOOKED_SECONDS", 0.0)
    async with worker_db.unit(SYSTEM) as uow:
        await _bank(uow, rng)
    packed = Memory(web_db)
    assert await packed.count(WORDS, BANK, [Every(())]) is None, "everybody is read first"
    await packed.loaded()
    loop = asyncio.get_running_loop()
    totals = set[int]()

    async def same(node: Node, scope: Scope) -> None:
        answer = await packed.count(WORDS, scope, [node])
        assert answer is not None
        async with web_db.unit(SYSTEM) as uow:
            expected = await queries.count(uow, node, scope)
        assert answer[0] == [expected]
        totals.add(expected)
        await in_order(node, scope)

    async def in_order(node: Node, scope: Scope) -> None:
        async with web_db.unit(SYSTEM) as uow:
            everybody = [row.id for row in await queries.page(uow, node, scope, None, 1000)]
            for place in {0, len(everybody) // 3, len(everybody) - 2} & set(range(len(everybody))):
                after = everybody[place - 1] if place else None
                among = await packed.first(WORDS, scope, node, after, 7)
                assert among is not None
                assert len(among) == len(set(among))
                found = [row.id for row in await queries.page(uow, node, scope, after, 7, among)]
                assert found == everybody[place : place + 7]

    @settings(max_examples=100, deadline=None, database=None)
    @given(NODES, SCOPES)
    def check(node: Node, scope: Scope) -> None:
        asyncio.run_coroutine_threadsafe(same(node, scope), loop).result(30)

    await asyncio.to_thread(check)
    for _ in range(3):
        async with worker_db.unit(SYSTEM) as uow:
            await _change(uow, rng)
        await asyncio.to_thread(check)
    assert len(totals) > 20, "the choices tell customers apart"
    await packed.close()


async def test_after_a_night_everybody_is_read_anew(
    worker_db: Database, web_db: Database, rng: random.Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "MOST_CHANGES", 10)
    async with worker_db.unit(SYSTEM) as uow:
        await _bank(uow, rng)
    packed = Memory(web_db)
    await packed.count(WORDS, BANK, [EVERYBODY])
    await packed.loaded()
    first = packed.columns
    async with worker_db.unit(SYSTEM) as uow:
        await _change(uow, rng)
    assert await packed.count(WORDS, BANK, [EVERYBODY]) is None, "the database is asked meanwhile"
    await packed.loaded()
    answer = await packed.count(WORDS, BANK, [EVERYBODY])
    async with web_db.unit(SYSTEM) as uow:
        expected = await queries.count(uow, EVERYBODY, BANK)
    assert answer is not None
    assert answer[0] == [expected]
    assert packed.columns is not first
    # another catalogue is another packing
    other = replace(WORDS, bits={**WORDS.bits, "t200": 200})
    assert await packed.count(other, BANK, [EVERYBODY]) is None
    await packed.close()


async def test_who_left_is_missed_by_nobody_who_looks_late(
    worker_db: Database, web_db: Database, rng: random.Random
) -> None:
    async with worker_db.unit(SYSTEM) as uow:
        await _bank(uow, rng)
    packed = Memory(web_db)
    await packed.count(WORDS, BANK, [EVERYBODY])
    await packed.loaded()
    before = await packed.count(WORDS, BANK, [EVERYBODY])
    assert before is not None
    async with worker_db.unit(SYSTEM) as uow:
        kept = select(Customer).where(Customer.grid_id == GRIDS[0], Customer.status == "active").limit(1)
        gone = (await uow.session.scalars(kept)).one()
        gone.status = "merged"
        uow.touch_all(gone.books, "customer", gone.id, gone=True)
    async with worker_db.unit(SYSTEM) as uow:
        assert await revisions.drop_tombstones(uow.session, uow.now + timedelta(days=1), 100)
    assert await packed.count(WORDS, BANK, [EVERYBODY]) is None
    await packed.loaded()
    after = await packed.count(WORDS, BANK, [EVERYBODY])
    assert after is not None
    assert after[0] == [before[0][0] - 1]
    await packed.close()


async def test_a_database_that_cannot_be_read_is_tried_again_later(
    databases: Urls, clock: MovingClock
) -> None:
    gone = Database.open(on_database(databases, "gone").web, clock)
    packed = Memory(gone)
    for _ in range(2):
        assert await packed.count(WORDS, BANK, [EVERYBODY]) is None
        await packed.loaded()
    assert packed.columns is None
    await packed.close()
    await gone.close()


def _rows(many: int, place: UUID) -> Any:
    rows = np.zeros(many, row_type(1))
    for row in rows:
        row["id"], row["branch_id"] = np.void(uuid4().bytes), np.void(place.bytes)
    return rows


def test_where_there_is_no_room_left_it_says_so() -> None:
    packed = Packed(_rows(BLOCK, BRANCHES[0]), WORDS)
    room = 0
    while room < 16 * BLOCK:
        packed.put(_rows(64, BRANCHES[1]))
        room += 64
    with pytest.raises(Full):
        packed.put(_rows(1, BRANCHES[1]))
    assert packed.count(EVERYBODY, BANK) == BLOCK + room


def test_nobody_at_all_can_be_packed() -> None:
    packed = Packed(np.empty(0, row_type(1)), WORDS)
    assert packed.count(EVERYBODY, BANK) == packed.count(Lacks(Bit(0)), BANK) == 0
    packed.put(_rows(1, BRANCHES[0]))
    assert packed.count(EVERYBODY, Scope(False, frozenset(BRANCHES[:1]), frozenset(), None)) == 1
    assert packed.count(EVERYBODY, Scope(False, frozenset(BRANCHES[1:]), frozenset(), None)) == 0
