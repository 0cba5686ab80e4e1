"""Which catalogue version is in force: by day, after a newer program came, and after somebody changed one."""

import asyncio
from datetime import date, timedelta

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from backend.embedded import Urls
from backend.kernel.uow import Database
from backend.policy import api as policy
from backend.strategy import engine, jobs, queries, versions
from backend.strategy.api import (
    Superseded,
    Tampered,
    ensure_published,
    offer_shipped,
    recompute,
    recompute_all,
)
from backend.strategy.documents import shipped_files
from backend.strategy.engine import Edition
from backend.strategy.models import StrategyDraft
from backend.strategy.projection import load_terms
from backend.strategy.service import Basis, put_in_force
from tests.backend.strategy.town import SYSTEM, TODAY, Town
from tests.support.clock import MovingClock
from tests.support.databases import connect
from tests.support.world import World


def edition(steps_yuan: int) -> Edition:
    """The shipped catalogue with limits in other steps, and one tag called otherwise."""
    files = shipped_files()
    wanted = "floor_to(lowest_cap_fen - debts_counted_fen, limit_step_fen)"
    assert wanted in files["limits/limit.yaml"]
    other = wanted.replace("limit_step_fen", f"yuan({steps_yuan})")
    files["limits/limit.yaml"] = files["limits/limit.yaml"].replace(wanted, other)
    files["tags/value.yaml"] = files["tags/value.yaml"].replace(
        "en: Large depositor", f"en: Saver {steps_yuan}"
    )
    return Edition(files)


async def publish(town: Town, what: Edition, valid_from: date = TODAY) -> int:
    """As a bank does: by two people."""
    async with town.db.unit(SYSTEM) as uow:
        person, other = town.branch, town.branch
        version = await versions.add(uow, what, valid_from, author_id=person, publisher_id=other)
        if valid_from <= uow.today:
            await versions.take_force(uow, version)
    return version


async def test_a_version_takes_force_on_the_morning_of_its_day(town: Town, clock: MovingClock) -> None:
    one = await town.reference(await town.grid())
    async with town.db.unit(SYSTEM) as uow:
        await policy.ensure_shipped(uow)
        await recompute(uow, [one], "test")
    assert await publish(town, edition(20_000), TODAY + timedelta(days=2)) == 2
    async with town.db.unit(SYSTEM) as uow:
        await jobs.take_turn(uow, {})
        await recompute(uow, [one], "test")
    assert (await town.profile(one)).limit_fen == 150_000_00
    clock.move_to_local(2026, 1, 17)
    async with town.db.unit(SYSTEM) as uow:
        await jobs.take_turn(uow, {})
    assert await town.events(versions.PUBLISHED) == [{"version": 2}]
    async with town.db.unit(SYSTEM) as uow:
        assert (await load_terms(uow, ["tag:deposit_pillar"], "bank"))["tag:deposit_pillar"][
            1
        ] == "Saver 20000"
        touched = "SELECT count(*) FROM sync_change WHERE row_id = 'tag:deposit_pillar' AND book = 'bank'"
        assert await uow.session.scalar(text(touched)) >= 1
    await recompute_all(town.db)
    profile = await town.profile(one)
    assert (profile.limit_fen, profile.version) == (140_000_00, 2)


async def test_without_the_morning_job_the_night_puts_it_in_force(town: Town, clock: MovingClock) -> None:
    one = await town.reference(await town.grid())
    async with town.db.unit(SYSTEM) as uow:
        await policy.ensure_shipped(uow)
        await recompute(uow, [one], "test")
    await publish(town, edition(20_000), TODAY + timedelta(days=2))
    clock.move_to_local(2026, 1, 19)
    await recompute_all(town.db, cause="nightly")
    assert (await town.profile(one)).version == 2


async def test_a_banks_own_version_is_not_replaced_by_a_shipped_one(town: Town) -> None:
    async with town.db.unit(SYSTEM) as uow:
        former = await versions.add(uow, edition(30_000), uow.today)
        await versions.take_force(uow, former)
    assert await publish(town, edition(20_000)) == 2
    async with town.db.unit(SYSTEM) as uow:
        assert await ensure_published(uow) == 2
    # it is offered instead, once: what shipped changes of files that the bank left alone
    async with town.db.unit(SYSTEM) as uow:
        made = await offer_shipped(uow)
        assert made is not None
        draft = await uow.session.get(StrategyDraft, made)
        assert draft is not None
        assert (draft.origin, draft.state, draft.overlay, draft.author_id) == ("shipped", "draft", {}, None)
        assert "limits/limit.yaml" in draft.note
        assert await offer_shipped(uow) is None


async def test_what_a_newer_program_changes_is_a_draft_for_a_bank_with_its_own(town: Town) -> None:
    former = dict(shipped_files())
    former["tags/former.yaml"] = (
        "tags:\n  - name: former\n    bit: 999\n    dimension: value\n    zh: 旧\n    en: Old\n"
        "    explain: {zh: 旧标签。, en: An old tag.}\n    when: loans_fen > 0\n"
    )
    former["limits/raise.yaml"] += "# as it was\n"
    own = dict(edition(20_000).files) | {
        path: former[path] for path in ("tags/former.yaml", "limits/raise.yaml")
    }
    async with town.db.unit(SYSTEM) as uow:
        await versions.take_force(uow, await versions.add(uow, Edition(former), uow.today))
    await publish(town, Edition(own))
    async with town.db.unit(SYSTEM) as uow:
        made = await offer_shipped(uow)
        draft = await uow.session.get(StrategyDraft, made)
    assert draft is not None
    assert {path: one["text"] for path, one in draft.overlay.items()} == {
        "limits/raise.yaml": shipped_files()["limits/raise.yaml"],
        "tags/former.yaml": None,
    }
    assert draft.note == ""


async def test_an_older_program_leaves_the_newer_shipped_version_in_force(town: Town) -> None:
    """While a bank upgrades, the program of before runs beside the new one: its own is published already."""
    async with town.db.unit(SYSTEM) as uow:
        await ensure_published(uow)
        newer = await versions.add(uow, edition(20_000), uow.today)
        await versions.take_force(uow, newer)
    async with town.db.unit(SYSTEM) as uow:
        assert await ensure_published(uow) == newer


async def test_results_of_a_version_that_is_in_force_no_more_are_not_written(town: Town) -> None:
    one = await town.reference(await town.grid())
    async with town.db.unit(SYSTEM) as uow:
        await recompute(uow, [one], "test")
        force = await versions.in_force(uow)
    assert force is not None
    await publish(town, edition(20_000))
    async with town.db.unit(SYSTEM) as uow:
        await recompute(uow, [one], "test")
    before = await town.written()
    async with town.db.unit(SYSTEM) as uow:
        rows = {
            row.customer_id: row
            for row in await queries.feature_rows(uow, force.edition.statements, [one], uow.today)
        }
        old = await queries.results_of(uow, force.edition.statements, [rows[one].features], uow.today)
        with pytest.raises(Superseded):
            await put_in_force(uow, rows, old, Basis(force.version, uow.today, None), "test", tell=False)
    assert await town.written() == before


async def test_a_version_waits_for_results_that_are_being_written(town: Town, worker_db: Database) -> None:
    async with town.db.unit(SYSTEM) as uow:
        await ensure_published(uow)
    moving: asyncio.Task[int]
    async with worker_db.unit(SYSTEM) as uow:
        await versions.hold(uow, 1)
        moving = asyncio.create_task(publish(town, edition(20_000)))
        done, _ = await asyncio.wait([moving], timeout=1)
        assert not done
        assert await versions.number_in_force(uow) == 1
    assert await moving == 2


async def test_the_product_cannot_change_or_remove_what_was_published(town: Town, databases: Urls) -> None:
    async with town.db.unit(SYSTEM) as uow:
        await ensure_published(uow)
    for change in (
        "UPDATE catalogue_version SET content = '{}'",
        "UPDATE catalogue_version SET valid_from = '2020-01-01'",
        "DELETE FROM catalogue_version",
    ):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with town.db.unit(SYSTEM) as uow:
                await uow.session.execute(text(change))
        owner = await connect(databases.owner.replace("+asyncpg", ""))
        await owner.execute("SELECT set_config('tiange.role', 'system', false)")
        with pytest.raises(asyncpg.RestrictViolationError):
            await owner.execute(change)
        await owner.close()


async def tamper(databases: Urls) -> None:
    """As somebody with the superuser's password can: limits in other steps, the digest left."""
    admin = await connect(databases.admin)
    await admin.execute("ALTER TABLE catalogue_version DISABLE TRIGGER stays")
    await admin.execute(
        "UPDATE catalogue_version SET content = jsonb_set(content, '{limits/limit.yaml}', to_jsonb("
        " replace(content->>'limits/limit.yaml', 'yuan(20000))', 'yuan(50000))')))"
        " WHERE took_force_at IS NOT NULL AND left_force_at IS NULL"
    )
    await admin.execute("ALTER TABLE catalogue_version ENABLE TRIGGER stays")
    await admin.close()


async def test_nothing_is_worked_out_with_a_version_that_was_changed(
    town: Town, databases: Urls, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await town.reference(await town.grid())
    await publish(town, edition(20_000))
    async with town.db.unit(SYSTEM) as uow:
        await recompute(uow, [one], "test")
    await tamper(databases)
    before = await town.written()
    with pytest.raises(Tampered, match=r"catalogue version \d was changed"):
        await recompute_all(town.db)
    async with town.db.unit(SYSTEM) as uow:
        told = text("SELECT count(*) FROM inbox_item WHERE kind = 'strategy_version_changed'")
        assert await uow.session.scalar(told) == 2  # the business department and the risk officer
    before = await town.written()
    # a process that has never seen what was published
    monkeypatch.setattr(versions, "known", lambda _digest: None)
    with pytest.raises(Tampered):
        async with town.db.unit(SYSTEM) as uow:
            await recompute(uow, [one], "test")
    assert await town.written() == before
    # phones still get words
    async with town.db.unit(SYSTEM) as uow:
        assert (await load_terms(uow, ["tier:core"], "bank"))["tier:core"][1] == "Core"


def test_a_process_keeps_the_editions_used_last() -> None:
    shelf = engine.Shelf(2)
    kept = [shelf.put(Edition({"a.yaml": str(n)})) for n in range(3)]
    assert [shelf.find(one.digest) for one in kept] == [None, kept[1], kept[2]]
    shelf.find(kept[1].digest)
    shelf.put(Edition({"a.yaml": "3"}))
    assert shelf.find(kept[2].digest) is None
    assert shelf.put(Edition({"a.yaml": "1"})) is kept[1]
