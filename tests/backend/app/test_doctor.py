"""`tiange doctor` names what is wrong, says what to do, and is quiet about what is fine."""

import asyncio
import io
import shutil
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from backend.app.backup import backup
from backend.app.doctor import Finding, Grade, examine, show
from backend.app.prepare import prepare
from backend.embedded import Urls
from backend.kernel.settings import Settings
from tests.support.databases import connect


@pytest.fixture
def built(settings: Settings, tmp_path: Path) -> Settings:
    """An installation with its pages built and keys of its own; no web server runs."""
    pages = tmp_path / "dist"
    pages.mkdir()
    (pages / "index.html").write_text("<!doctype html>")
    keys = tmp_path / "own-keys"
    shutil.copytree(settings.keys_dir, keys)
    return msgspec.structs.replace(settings, static_dir=pages, keys_dir=keys, port=9, clock_file=None)


async def look(settings: Settings) -> dict[str, Finding]:
    """The worst finding about each subject."""
    worst: dict[str, Finding] = {}
    order = list(Grade)
    for finding in await asyncio.to_thread(examine, settings):
        known = worst.get(finding.subject)
        if known is None or order.index(finding.grade) > order.index(known.grade):
            worst[finding.subject] = finding
    return worst


async def test_a_sound_installation_is_fine_but_for_the_web_server_that_is_off(built: Settings) -> None:
    findings = await look(built)
    assert {subject for subject, finding in findings.items() if finding.grade is not Grade.OK} <= {
        "web server",
        "disk",
    }
    assert findings["web server"].grade is Grade.WARN
    assert "tiange up" in findings["web server"].remedy


async def test_every_complaint_says_what_to_do(built: Settings) -> None:
    broken = msgspec.structs.replace(
        built, redis_url="redis://127.0.0.1:9/0", static_dir=built.home / "none", keys_dir=built.home / "none"
    )
    complaints = [it for it in (await look(broken)).values() if it.grade is not Grade.OK]
    assert {it.subject for it in complaints} >= {"queue", "app", "keys"}
    assert all(it.remedy for it in complaints)


async def test_a_database_that_does_not_answer(built: Settings) -> None:
    nowhere = "postgresql+asyncpg://tiange_web:x@127.0.0.1:9/tiange"
    findings = await look(
        msgspec.structs.replace(built, database_url_web=nowhere, database_url_worker=nowhere)
    )
    for subject in ("database, web", "database, worker", "schema", "jobs"):
        assert findings[subject].grade is Grade.FAIL, subject
    assert findings["database, owner"].grade is Grade.OK


async def test_a_wrong_password_is_shown_without_the_password(built: Settings) -> None:
    wrong = built.database_url_web.replace("tiange_web:", "tiange_web:wrongword")
    finding = (await look(msgspec.structs.replace(built, database_url_web=wrong)))["database, web"]
    assert finding.grade is Grade.FAIL
    assert "password authentication failed" in finding.text
    assert "wrongword" not in finding.text


async def test_a_role_that_row_security_does_not_bind(built: Settings, databases: Urls) -> None:
    findings = await look(
        msgspec.structs.replace(built, database_url_web=databases.admin, database_url_worker=databases.owner)
    )
    assert findings["database, web"].grade is Grade.FAIL
    assert findings["database, worker"].grade is Grade.FAIL
    assert "NOBYPASSRLS" in findings["database, web"].remedy


async def test_a_schema_that_is_behind(built: Settings, databases: Urls) -> None:
    connection = await connect(databases.admin)
    await connection.execute("UPDATE alembic_version SET version_num = '0001'")
    await connection.close()
    finding = (await look(built))["schema"]
    assert finding.grade is Grade.FAIL
    assert "0001" in finding.text
    assert finding.remedy == "tiange migrate"


async def test_a_database_without_tables(built: Settings, empty_database: Urls) -> None:
    findings = await look(msgspec.structs.replace(built, database_url_worker=empty_database.worker))
    assert findings["schema"].grade is Grade.FAIL
    assert findings["jobs"].grade is Grade.FAIL


async def test_keys_missing_and_keys_open_to_others(built: Settings) -> None:
    (built.keys_dir / "seal.pem").chmod(0o644)
    finding = (await look(built))["keys"]
    assert finding.grade is Grade.FAIL
    assert f"chmod go= {built.keys_dir / 'seal.pem'}" in finding.remedy
    (built.keys_dir / "seal.pem").unlink()
    finding = (await look(built))["keys"]
    assert finding.grade is Grade.FAIL
    assert "backup" in finding.text + finding.remedy


async def add_job(urls: Urls, state: str, age: str, error: str | None = None) -> None:
    connection = await connect(urls.admin)
    await connection.execute(
        "INSERT INTO job (id, event_id, handler, payload, request_id, state, attempts, created_at, next_at,"
        " error)"
        " VALUES (gen_random_uuid(), gen_random_uuid(), 'tasks.digest', '{}', '', $1, 9,"
        f" now() - interval '{age}', now() - interval '{age}', $2)",
        state,
        error,
    )
    await connection.close()


async def test_parked_jobs(built: Settings, databases: Urls) -> None:
    await add_job(databases, "parked", "1 hour", "Traceback\nValueError: no such grid")
    await add_job(databases, "parked", "2 hours", None)
    finding = (await look(built))["jobs parked"]
    assert finding.grade is Grade.WARN
    assert "tasks.digest ×2" in finding.text
    assert "ValueError: no such grid" in finding.text
    assert "state = 'ready'" in finding.remedy


@pytest.mark.parametrize(
    ("age", "grade"), [("10 seconds", Grade.OK), ("5 minutes", Grade.WARN), ("1 hour", Grade.FAIL)]
)
async def test_jobs_that_nobody_runs(built: Settings, databases: Urls, age: str, grade: Grade) -> None:
    await add_job(databases, "ready", age)
    assert (await look(built))["jobs waiting"].grade is grade


async def test_a_job_that_waits_for_tomorrow_is_not_late(built: Settings, databases: Urls) -> None:
    await add_job(databases, "ready", "-1 day")
    assert (await look(built))["jobs waiting"].grade is Grade.OK


async def test_events_that_nobody_hands_on(built: Settings, databases: Urls) -> None:
    connection = await connect(databases.admin)
    await connection.execute(
        "INSERT INTO outbox_event (id, name, payload, created_at, request_id)"
        " VALUES (gen_random_uuid(), 'customers.changed', '{}', now() - interval '1 hour', '')"
    )
    await connection.close()
    finding = (await look(built))["outbox"]
    assert finding.grade is Grade.FAIL
    assert finding.text.startswith("1 events not handed on yet")


def test_the_verdict_fails_if_one_thing_fails() -> None:
    def verdict(*grades: Grade) -> tuple[bool, str]:
        console = Console(file=io.StringIO(), width=200)
        good = show([Finding(grade, "thing", "is so", "do [this]") for grade in grades], console)
        assert isinstance(console.file, io.StringIO)
        return good, console.file.getvalue()

    assert verdict(Grade.OK, Grade.WARN)[0]
    good, text = verdict(Grade.OK, Grade.FAIL)
    assert not good
    assert "1 fine, 0 to look at, 1 failing" in text
    assert "do [this]" in text, "square brackets are text, not markup"


async def test_the_age_of_the_last_backup(built: Settings, databases: Urls) -> None:
    production = msgspec.structs.replace(built, environment="production")
    finding = (await look(production))["backup"]
    assert finding.grade is Grade.WARN
    assert "tiange backup" in finding.remedy
    await asyncio.to_thread(prepare, built)
    saving = msgspec.structs.replace(built, database_url_backup=databases.admin)
    await asyncio.to_thread(
        lambda: backup(saving, built.home / "backups", with_keys=False, say=lambda _: None)
    )
    finding = (await look(production))["backup"]
    assert (finding.grade, "0.0 h old" in finding.text) == (Grade.OK, True)
    connection = await connect(databases.admin)
    await connection.execute("UPDATE server_fact SET value = '1000 long-ago' WHERE name = 'last_backup'")
    await connection.execute("UPDATE server_fact SET value = 'another' WHERE name = 'epoch'")
    await connection.close()
    findings = await look(production)
    assert findings["backup"].grade is Grade.WARN
    assert findings["epoch"].grade is Grade.FAIL
