"""Drafts over HTTP: written by two at once, checked, sent and brought, published by another person."""

import io
import zipfile
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from backend.embedded import Urls
from backend.kernel.crypto import Keys
from backend.kernel.jobs import JobContext
from backend.kernel.settings import Settings
from backend.strategy import jobs, runs, versions
from backend.strategy.api import recompute_all
from backend.strategy.definitions import Catalogue
from backend.strategy.engine import Edition
from tests.backend.strategy.desks import LIMIT_FILE, STEP, Desk, DeskOf, steps
from tests.backend.strategy.town import SYSTEM, Town
from tests.support.clock import MovingClock
from tests.support.databases import connect
from tests.support.world import World


@pytest.fixture
def context(town: Town, settings: Settings, keys: Keys) -> JobContext:
    """The worker's, for jobs that are run by hand here."""
    return JobContext(town.db, settings, keys, uuid4(), "strategy.simulate", "test")


async def simulated(desk: Desk, draft: str, context: JobContext) -> str:
    """Asks for a simulation and works it out; its id."""
    line = await desk.ask("POST", f"/drafts/{draft}/simulate", 202)
    await jobs.simulated(context, {"simulation_id": line["id"]})
    return str(line["id"])


async def handed_in(desk: Desk, context: JobContext, yuan: int = 20_000) -> str:
    """A draft with limits in other steps, from its beginning until somebody else may publish it."""
    draft = await desk.draft()
    await desk.edit(draft, STEP, steps(yuan))
    assert await desk.check(draft) == []
    await simulated(desk, draft, context)
    assert (await desk.ask("POST", f"/drafts/{draft}/submit"))["state"] == "submitted"
    return draft


async def trail(town: Town) -> list[str]:
    """What the audit trail holds of the strategy, oldest first."""
    async with town.db.unit(SYSTEM) as uow:
        rows = "SELECT action FROM audit_entry WHERE action LIKE 'strategy.%' ORDER BY id"
        return list(await uow.session.scalars(text(rows)))


async def inbox(town: Town) -> list[tuple[str, UUID]]:
    """Who was told what of the strategy."""
    async with town.db.unit(SYSTEM) as uow:
        rows = "SELECT kind, staff_id FROM inbox_item WHERE kind LIKE 'strategy%' ORDER BY created_at, id"
        return [(row.kind, row.staff_id) for row in await uow.session.execute(text(rows))]


async def test_from_draft_to_force_by_two_people(
    town: Town, world: World, desk_of: DeskOf, context: JobContext
) -> None:
    one = await town.reference(await town.grid())
    await recompute_all(town.db)
    business, risk = await desk_of("business"), await desk_of("risk")
    draft = await handed_in(business, context)
    assert await inbox(town) == [("strategy_draft_waits", world["risk"].id)]
    view = await risk.ask("GET", f"/drafts/{draft}")
    assert view["may"] == ["return", "publish"]
    assert view["files_changed"] == [LIMIT_FILE]
    today = (await risk.ask("GET", ""))["today"]
    wanted = {"digest": view["digest"], "valid_from": today}
    assert await business.refused("POST", f"/drafts/{draft}/publish", **wanted) == "own_draft"
    other = {**wanted, "digest": "0" * 64}
    assert await risk.refused("POST", f"/drafts/{draft}/publish", **other) == "draft_moved"
    published = await risk.ask("POST", f"/drafts/{draft}/publish", **wanted)
    assert (published["state"], published["published_version"], published["may"]) == ("published", 2, [])
    overview = await business.ask("GET", "")
    newest, first = overview["versions"]
    assert (newest["version"], newest["state"], newest["author"]["name"], newest["publisher"]["name"]) == (
        *(2, "in_force"),
        *("业务部", "风险岗"),
    )
    assert (first["state"], first["is_shipped"], newest["is_shipped"]) == ("retired", True, False)
    assert overview["drafts"] == []
    await recompute_all(town.db)
    profile = await town.profile(one)
    assert (profile.limit_fen, profile.version) == (140_000_00, 2)
    # back to what was: asked for by one, decided by the other
    back = await risk.ask("POST", "/versions/1/roll-back", 201, reason="试点支行反映额度偏低")
    wanted = {"digest": back["digest"], "valid_from": today}
    assert await risk.refused("POST", f"/drafts/{back['id']}/publish", **wanted) == "own_draft"
    await business.ask("POST", f"/drafts/{back['id']}/publish", **wanted)
    await recompute_all(town.db)
    profile = await town.profile(one)
    assert (profile.limit_fen, profile.version) == (150_000_00, 3)
    assert await risk.refused("POST", "/versions/3/roll-back", reason="没有什么可改") == "nothing_to_do"
    kept = await trail(town)
    for action in ("draft_made", "draft_edited", "draft_checked", "simulate", "draft_submitted", "publish"):
        assert f"strategy.{action}" in kept


async def test_a_version_for_a_later_day_can_be_taken_back(
    town: Town, world: World, desk_of: DeskOf, context: JobContext, clock: MovingClock
) -> None:
    clock.move_to(datetime.now(UTC))  # behind the day on which the world's first version took force
    business, risk = await desk_of("business"), await desk_of("risk")
    draft = await handed_in(business, context)
    view = await risk.ask("GET", f"/drafts/{draft}")
    async with town.db.unit(SYSTEM) as uow:
        tomorrow, yesterday = uow.today + timedelta(days=1), uow.today - timedelta(days=1)
    early = {"digest": view["digest"], "valid_from": str(yesterday)}
    assert await risk.refused("POST", f"/drafts/{draft}/publish", **early) == "bad_day"
    later = {"digest": view["digest"], "valid_from": str(tomorrow)}
    await risk.ask("POST", f"/drafts/{draft}/publish", **later)
    overview = await business.ask("GET", "")
    assert (overview["in_force"], overview["versions"][0]["state"]) == (1, "waiting")
    # what is begun now stands on what will be in force
    assert (await business.ask("POST", "/drafts", 201, title="再改"))["base_version"] == 2
    await risk.ask("POST", "/versions/2/withdraw", 204, reason="先不上了")
    assert (await business.ask("GET", ""))["versions"][0]["state"] == "withdrawn"
    assert await risk.refused("POST", "/versions/2/withdraw", reason="先不上了") == "not_found"
    async with town.db.unit(SYSTEM) as uow:
        assert await versions.due(uow) is None


async def test_two_editors_at_once_lose_nothing(town: Town, world: World, desk_of: DeskOf) -> None:
    business = await desk_of("business")
    draft = await business.draft()
    seen = await business.file(draft)
    mine, theirs = seen["text"] + "# mine\n", seen["text"] + "# theirs\n"
    saved = {"path": LIMIT_FILE, "revision": seen["draft_revision"]}
    await business.ask("PUT", f"/drafts/{draft}/file", **saved, text=theirs)
    answer = await business.ask("PUT", f"/drafts/{draft}/file", 409, **saved, text=mine)
    assert (answer["code"], answer["theirs"], answer["by"]["name"]) == ("file_moved", theirs, "业务部")
    assert (await business.file(draft))["text"] == theirs
    # another file, upon the revision of before: nobody is in the other's way
    await business.ask(
        "PUT", f"/drafts/{draft}/file", **{**saved, "path": "tags/new.yaml"}, text="tags: []\n"
    )
    # with the other's text seen, both are put together
    both = theirs + "# mine\n"
    merged = {"path": LIMIT_FILE, "revision": answer["revision"], "text": both}
    await business.ask("PUT", f"/drafts/{draft}/file", **merged)
    # an answer that got lost: the same again is no conflict
    await business.ask("PUT", f"/drafts/{draft}/file", **merged)
    assert (await business.file(draft))["text"] == both
    # back to what the base says: no change is left
    await business.ask(
        "PUT",
        f"/drafts/{draft}/file",
        path=LIMIT_FILE,
        revision=(await business.file(draft))["draft_revision"],
        text=seen["text"],
    )
    assert (await business.ask("GET", f"/drafts/{draft}"))["files_changed"] == ["tags/new.yaml"]


async def test_an_edit_takes_a_draft_back_to_its_beginning(
    town: Town, world: World, desk_of: DeskOf, context: JobContext
) -> None:
    business, risk = await desk_of("business"), await desk_of("risk")
    draft = await handed_in(business, context)
    await business.edit(draft, steps(20_000), steps(30_000))
    view = await risk.ask("GET", f"/drafts/{draft}")
    assert (view["state"], view["submitted_by"], view["simulation"]["is_current"]) == ("draft", None, False)
    wanted = {"digest": view["digest"], "valid_from": "2026-01-15"}
    assert await risk.refused("POST", f"/drafts/{draft}/publish", **wanted) == "draft_not_ready"
    assert await business.refused("POST", f"/drafts/{draft}/simulate") == "draft_not_ready"
    assert await business.check(draft) == []
    assert await business.refused("POST", f"/drafts/{draft}/submit") == "draft_not_ready"
    await simulated(business, draft, context)
    await business.ask("POST", f"/drafts/{draft}/submit")
    sent = await risk.ask("POST", f"/drafts/{draft}/return", reason="步子太大，先两万")
    assert (sent["state"], sent["returned_reason"]) == ("draft", "步子太大，先两万")
    assert (await inbox(town))[-1] == ("strategy_draft_returned", world["business"].id)
    await business.ask("POST", f"/drafts/{draft}/drop")
    assert await business.refused("POST", f"/drafts/{draft}/check") == "draft_closed"


BAD = (
    (STEP, "lowest_cap_fen > debts_counted_fen", "gives boolean, bigint is wanted", None),
    (STEP, "lowest_cap_fem - debts_counted_fen", "lowest_cap_fem is not known here", "lowest_cap_fen"),
    (STEP, "lowest_cap_fen / debts_counted_fen", "division is written ratio(a, b)", None),
    (STEP, "floor_to(lowest_cap_fen, 0)", "step", None),
    (STEP, "limit_fen - debts_counted_fen", "these need each other's result", None),
    (STEP, "pg_sleep(10)", "pg_sleep", None),
)


@pytest.mark.parametrize(("old", "new", "says", "nearest"), BAD, ids=[one[1] for one in BAD])
async def test_what_is_wrong_is_answered_with_file_line_and_nearest_name(
    town: Town, world: World, desk_of: DeskOf, old: str, new: str, says: str, nearest: str | None
) -> None:
    business = await desk_of("business")
    draft = await business.draft()
    now = await business.edit(draft, old, new)
    (problem, *_) = await business.check(draft)
    assert says in problem["message"]
    assert problem["nearest"] == nearest
    if says == "these need each other's result":  # said at one of them
        assert problem["file"].startswith("limits/")
    else:
        assert problem["file"] == LIMIT_FILE
        assert new in now["text"].splitlines()[problem["line"] - 1]
    assert (await business.ask("GET", f"/drafts/{draft}"))["state"] == "draft"


async def test_an_example_that_no_longer_holds_is_shown_and_stops_nobody(
    town: Town, world: World, desk_of: DeskOf
) -> None:
    business = await desk_of("business")
    draft = await business.draft()
    now = await business.edit(draft, STEP, steps(20_000))
    found = await business.ask("POST", f"/drafts/{draft}/check")
    assert (found["problems"], found["draft"]["state"]) == ([], "checked")
    lines = now["text"].splitlines()
    said = {lines[one["line"] - 1].strip(): one["message"] for one in found["examples"]}
    beside = "- {given: {lowest_cap_fen: 17600100, debts_counted_fen: 2600000}, expect: 15000000}"
    assert said[beside] == "the example says 15000000, limit_before_veto_fen gives 14000000"
    await business.edit(draft, beside, beside.replace("15000000", "14000000"))
    again = await business.ask("POST", f"/drafts/{draft}/check")
    assert len(again["examples"]) == len(found["examples"]) - 1


async def test_a_bit_that_is_taken_and_a_column_that_the_database_lacks_are_named(
    town: Town, world: World, desk_of: DeskOf
) -> None:
    business = await desk_of("business")
    draft = await business.draft()
    tag = (
        "tags:\n  - name: mine\n    bit: 17\n    dimension: value\n    zh: 我的\n    en: Mine\n"
        "    explain: {zh: 我的。, en: Mine.}\n    when: loans_fen > 0\n"
    )
    await business.ask("PUT", f"/drafts/{draft}/file", path="tags/mine.yaml", revision=1, text=tag)
    (problem,) = await business.check(draft)
    assert "bit 17 is taken in" in problem["message"]
    await business.ask("PUT", f"/drafts/{draft}/file", path="tags/mine.yaml", revision=2, text=None)
    await business.edit(draft, "name: overdue_days", "name: days_overdue", "sources/bank.yaml")
    await business.edit(draft, "MAX(overdue_days)", "MAX(days_overdue)", "features/bank.yaml")
    problems = await business.check(draft)
    assert any("days_overdue" in one["message"] and one["file"] == "features/bank.yaml" for one in problems)


async def test_what_changed_is_told_by_file_and_by_rule(town: Town, world: World, desk_of: DeskOf) -> None:
    business = await desk_of("business")
    draft = await business.draft()
    await business.edit(draft, STEP, steps(20_000))
    await business.edit(draft, "en: Large depositor", "en: Saver", "tags/value.yaml")
    found = await business.ask("GET", f"/drafts/{draft}/difference")
    assert [one["path"] for one in found["files"]] == [LIMIT_FILE, "tags/value.yaml"]
    assert f"+    value: {steps(20_000)}" in found["files"][0]["diff"]
    limit, tag = found["rules"]
    assert (limit["kind"], limit["name"], limit["change"]) == ("amounts", "limit_before_veto_fen", "changed")
    assert limit["before"]["value"] == STEP
    assert {"sign": "-", "text": f"    value: {STEP}"} in limit["lines"]
    assert {"sign": "+", "text": f"    value: {steps(20_000)}"} in limit["lines"]
    assert (tag["kind"], tag["name"]) == ("tags", "deposit_pillar")
    names = await business.ask("GET", f"/drafts/{draft}/names")
    by_name = {one["name"]: one for one in names["names"] if one["kind"] != "column"}
    assert names["is_whole"]
    assert (by_name["loans_fen"]["kind"], by_name["loans_fen"]["type"]) == ("feature", "bigint")
    assert by_name["limit_step_fen"]["kind"] == "figure"
    assert by_name["tier"]["codes"] == ["high_end", "core", "basic", "potential"]


async def test_out_as_an_archive_and_in_again(town: Town, world: World, desk_of: DeskOf) -> None:
    business = await desk_of("business")
    draft = await business.draft()
    await business.edit(draft, STEP, steps(20_000))
    answer = await business.client.get(f"/api/v1/strategy/drafts/{draft}/archive")
    assert answer.headers["content-type"] == "application/zip"
    brought = await business.client.post(
        "/api/v1/strategy/drafts/archive?title=来自文件", content=answer.content
    )
    assert brought.status_code == 201, brought.text
    assert brought.json()["problems"] == []
    assert brought.json()["draft"]["state"] == "checked"
    digests = [(await business.ask("GET", f"/drafts/{one}"))["digest"] for one in (draft,)]
    assert brought.json()["draft"]["digest"] == digests[0]
    for content, says in (
        (b"no archive", "no ZIP"),
        (answer.content[:-200], "no ZIP"),
        (_zip({"a/readme.txt": b"x"}), "is no .yaml file"),
        (_zip({"limits/limit.yaml": b"\xff\xfe"}), "is not UTF-8"),
        (_zip({}), "no file in it"),
        (_zip({"limits/limit.yaml": b" " * 26_000_000}), "bytes together"),
    ):
        bad = await business.client.post("/api/v1/strategy/drafts/archive?title=x", content=content)
        assert (bad.status_code, bad.json()["code"]) == (422, "bad_archive"), bad.text
        assert says in bad.json()["detail"]
    out = _zip({"../../etc/passwd.yaml": b"tags: []"})
    bad = await business.client.post("/api/v1/strategy/drafts/archive?title=x", content=out)
    assert (bad.status_code, bad.json()["code"]) == (422, "bad_path")


def _zip(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return out.getvalue()


async def test_a_version_that_was_changed_is_told(
    town: Town, world: World, desk_of: DeskOf, databases: Urls
) -> None:
    business = await desk_of("business")
    draft = await business.draft()
    admin = await connect(databases.admin)
    await admin.execute("ALTER TABLE catalogue_version DISABLE TRIGGER stays")
    await admin.execute("UPDATE catalogue_version SET content = content - 'limits/limit.yaml'")
    await admin.close()
    overview = await business.ask("GET", "")
    assert overview["versions"][0]["is_intact"] is False
    for method, path in (("GET", f"/drafts/{draft}/difference"), ("POST", f"/drafts/{draft}/check")):
        assert await business.refused(method, path) == "version_changed"


async def test_a_draft_of_before_takes_its_changes_along(
    town: Town, world: World, desk_of: DeskOf, context: JobContext
) -> None:
    business, risk = await desk_of("business"), await desk_of("risk")
    behind, beside = await business.draft("同一处"), await business.draft("另一处")
    await business.edit(behind, STEP, steps(30_000))
    await business.edit(beside, "en: Large depositor", "en: Saver", "tags/value.yaml")
    draft = await handed_in(business, context)
    view = await risk.ask("GET", f"/drafts/{draft}")
    wanted = {"digest": view["digest"], "valid_from": (await risk.ask("GET", ""))["today"]}
    await risk.ask("POST", f"/drafts/{draft}/publish", **wanted)
    assert await business.check(beside) == []
    assert await business.refused("POST", f"/drafts/{beside}/submit") == "draft_outdated"
    moved = await business.ask("POST", f"/drafts/{beside}/rebase")
    assert (moved["met"], moved["draft"]["is_outdated"], moved["draft"]["files_changed"]) == (
        *([], False),
        ["tags/value.yaml"],
    )
    assert steps(20_000) in (await business.file(beside))["text"]
    assert (await business.ask("POST", f"/drafts/{behind}/rebase"))["met"] == [LIMIT_FILE]
    assert steps(30_000) in (await business.file(behind))["text"]


@pytest.mark.parametrize("login", ["lead", "auditor", "risk"])
async def test_who_only_reads_changes_nothing(town: Town, world: World, desk_of: DeskOf, login: str) -> None:
    business, reader = await desk_of("business"), await desk_of(login)
    draft = await business.draft()
    assert (await reader.ask("GET", f"/drafts/{draft}"))["may"] == []
    saved = {"path": LIMIT_FILE, "revision": 9, "text": "amounts: []\n"}
    assert await reader.refused("PUT", f"/drafts/{draft}/file", **saved) == "not_allowed"
    for step in ("check", "simulate", "submit", "rebase", "drop"):
        assert await reader.refused("POST", f"/drafts/{draft}/{step}") == "not_allowed"


async def test_a_held_run_is_let_through_at_a_desk(town: Town, world: World, desk_of: DeskOf) -> None:
    business, lead = await desk_of("business"), await desk_of("lead")
    async with town.db.unit(SYSTEM) as uow:
        run = await runs.begin(uow, "nightly", "duckdb", 1, uow.today)
        await runs.end(uow, run, "held", known=400, tiers=40, zeroed=3)
    (shown,) = (await lead.ask("GET", "/runs"))["runs"]
    assert (shown["id"], shown["is_waiting"], shown["tiers"], shown["known"]) == (str(run), True, 40, 400)
    assert await lead.refused("POST", f"/runs/{run}/release") == "not_allowed"
    (shown,) = (await business.ask("POST", f"/runs/{run}/release"))["runs"]
    assert (shown["is_waiting"], shown["state"]) == (False, "held")
    assert await business.refused("POST", f"/runs/{run}/release") == "not_held"
    assert await town.events(runs.RELEASED) == [{"run_id": str(run)}]
    assert "strategy.release" in await trail(town)


async def test_names_are_made_once_for_what_a_draft_says(
    world: World, town: Town, desk_of: DeskOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    business = await desk_of("business")
    draft = await business.draft()
    await business.edit(draft, STEP, steps(70_000))
    made: list[Edition] = []
    loaded = Edition.loaded

    async def counted(edition: Edition) -> Catalogue:
        made.append(edition)
        return await loaded(edition)

    monkeypatch.setattr(Edition, "loaded", counted)
    first = await business.ask("GET", f"/drafts/{draft}/names")
    assert first["is_whole"]
    assert await business.ask("GET", f"/drafts/{draft}/names") == first
    assert len(made) == 1
    await business.edit(draft, "70000", "71000")
    await business.ask("GET", f"/drafts/{draft}/names")
    assert len(made) == 2
