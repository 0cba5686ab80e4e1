"""Publishing the shipped catalogue, what phones get of it, and what PostgreSQL says of a wrong one."""

import struct

import msgspec
from sqlalchemy import text

from backend.kernel.actor import Actor, Role
from backend.kernel.uow import Database
from backend.strategy import binding, versions
from backend.strategy.api import ensure_published, recompute
from backend.strategy.documents import shipped_files
from backend.strategy.engine import Edition, shipped_catalogue
from backend.strategy.loader import load
from backend.strategy.projection import PROFILE_FIELDS, PROJECTIONS, TERM_FIELDS, load_profiles, load_terms
from backend.strategy.terms import agents_terms, terms
from tests.backend.strategy.town import SYSTEM, Town


async def test_a_catalogue_is_published_once(town: Town) -> None:
    async with town.db.unit(SYSTEM) as uow:
        assert await ensure_published(uow) == 1
    async with town.db.unit(SYSTEM) as uow:
        assert await ensure_published(uow) == 1
        row = (await uow.session.execute(text("SELECT digest, content::text FROM catalogue_version"))).one()
    assert row.digest == shipped_catalogue().digest
    assert load(msgspec.json.decode(row.content)).digest == row.digest
    assert await town.events(versions.PUBLISHED) == []


async def test_every_term_is_on_its_way_to_phones(town: Town) -> None:
    known = terms(shipped_catalogue())
    async with town.db.unit(SYSTEM) as uow:
        await ensure_published(uow)
    async with town.db.unit(SYSTEM) as uow:
        touched = await uow.session.scalars(
            text("SELECT row_id FROM sync_change WHERE book = 'bank' AND kind = 'term' AND NOT gone")
        )
        assert set(touched) == set(known)
        rows = await load_terms(
            uow, ["tag:overdue", "tier:core", "reason:sum.debts_elsewhere", "tag:x"], "bank"
        )
    assert rows["tag:overdue"] == ["有逾期", "Overdue", "本行贷款有逾期。", "A loan with us is overdue.", 17]
    assert rows["tier:core"][:2] == ["核心", "Core"]
    assert rows["reason:sum.debts_elsewhere"][0] == "他行负债"
    assert set(rows) == {"tag:overdue", "tier:core", "reason:sum.debts_elsewhere"}
    assert all(len(row) == len(TERM_FIELDS) for row in rows.values())


async def test_a_new_version_touches_only_the_terms_that_changed(town: Town) -> None:
    """What was published before is a catalogue with one other name and one tag that is gone now."""
    files = shipped_files()
    files["tags/value.yaml"] = files["tags/value.yaml"].replace("en: Large depositor", "en: Saver")
    files["tags/extra.yaml"] = (
        "tags:\n  - name: gone_by_now\n    bit: 999\n    dimension: value\n    zh: 旧\n    en: Old\n"
        "    explain: {zh: 旧标签。, en: An old tag.}\n    when: loans_fen > 0\n"
    )
    async with town.db.unit(SYSTEM) as uow:
        assert await versions.add(uow, Edition(files), uow.today) == 1
        await versions.take_force(uow, 1)
    async with town.db.unit(SYSTEM) as uow:
        assert await ensure_published(uow) == 2
    assert await town.events(versions.PUBLISHED) == [{"version": 2}]
    async with town.db.unit(SYSTEM) as uow:
        rows = await uow.session.execute(
            text(
                "SELECT row_id, gone FROM sync_change WHERE book = 'bank'"
                " AND revision = (SELECT max(revision) FROM sync_change WHERE book = 'bank')"
            )
        )
        assert {row.row_id: row.gone for row in rows} == {
            "tag:deposit_pillar": False,
            "tag:gone_by_now": True,
        }


async def test_what_a_managers_phone_gets(town: Town) -> None:
    one = await town.reference(await town.grid())
    async with town.db.unit(SYSTEM) as uow:
        await recompute(uow, [one], "test")
    async with town.db.unit(SYSTEM) as uow:
        row = (await load_profiles(uow, [str(one)], "manager"))[str(one)]
    profile = await town.profile(one)
    values = dict(zip(PROFILE_FIELDS, row, strict=True))
    assert [struct.unpack(">q", word)[0] for word in values["tags"]] == profile.tag_words
    products = [struct.unpack(">q", word)[0] for word in values["products"]]
    assert products == profile.product_words
    assert products != [0]
    assert [struct.unpack(">q", word)[0] for word in values["offers"]] == profile.offer_words
    assert values["reasons"][0] == ["sum.income_capacity", 17_600_100]
    assert (values["tier"], values["limit_fen"], values["as_of"]) == ("core", 15_000_000, "2026-01-15")


async def test_an_agent_gets_no_results_nor_their_words(town: Town, web_db: Database) -> None:
    grid = await town.grid()
    one = await town.reference(grid)
    async with town.db.unit(SYSTEM) as uow:
        await recompute(uow, [one], "test")
    assert [one.kind for one in PROJECTIONS if "agent" in one.fields] == ["term"]
    agent = Actor(staff_id=one, role=Role.agent, grid_ids=(grid,))
    manager = Actor(staff_id=one, role=Role.manager, grid_ids=(grid,))
    async with web_db.unit(agent) as uow:
        assert await load_profiles(uow, [str(one)], "agent") == {}
        every = [*terms(shipped_catalogue())]
        assert set(await load_terms(uow, every, "agent")) == set(agents_terms(shipped_catalogue()))
    async with web_db.unit(manager) as uow:
        assert list(await load_profiles(uow, [str(one)], "manager")) == [str(one)]


async def test_postgresql_agrees_with_every_declared_type(town: Town) -> None:
    async with town.db.unit(SYSTEM) as uow:
        assert await binding.bind(uow, shipped_catalogue()) == []


async def test_a_source_that_the_database_does_not_have_is_named(town: Town) -> None:
    files = shipped_files()
    files["sources/bank.yaml"] = files["sources/bank.yaml"].replace(
        "name: overdue_days", "name: days_overdue"
    )
    files["features/bank.yaml"] = files["features/bank.yaml"].replace(
        "value: MAX(overdue_days)", "value: MAX(days_overdue)"
    )
    async with town.db.unit(SYSTEM) as uow:
        problems = await binding.bind(uow, load(files))
        # the transaction can go on
        assert await uow.session.scalar(text("SELECT 1")) == 1
    assert len(problems) == 1
    assert problems[0].file == "features/bank.yaml"
    assert "days_overdue" in problems[0].what


async def test_a_type_that_the_database_sees_otherwise_is_named(town: Town) -> None:
    files = shipped_files()
    files["sources/customer.yaml"] = files["sources/customer.yaml"].replace(
        "{name: completeness_points, type: bigint}", "{name: completeness_points, type: text}"
    )
    files["features/household.yaml"] = (
        files["features/household.yaml"]
        .replace("unit: points\n    from: customer", "unit: code\n    from: customer")
        .replace("otherwise: 0\n", "otherwise: 0\n")
    )
    for file in ("limits/raise.yaml", "scorecards/household.yaml", "scorecards/business.yaml"):
        files[file] = files[file].replace("LEAST(GREATEST(completeness_points, 0), 100)", "50")
    raising = files["limits/raise.yaml"].replace(
        "LEAST(completeness_points + spending_section_points, 100)", "completeness_points"
    )
    files["limits/raise.yaml"] = raising.replace('{completeness_points: "100"}', "{spending_year_fen: '0'}")
    # these compare it with numbers
    for file in ("tags/basic_identity_file.yaml", "tags/credit_risk_limits.yaml"):
        del files[file]
    # and these read those
    files = {file: text for file, text in files.items() if not file.startswith(("events/", "products/p"))}
    async with town.db.unit(SYSTEM) as uow:
        problems = await binding.bind(uow, load(files))
    assert any("completeness_points as int8, text is declared" in problem.what for problem in problems)
