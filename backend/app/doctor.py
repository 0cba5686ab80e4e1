"""`tiange doctor`: looks at everything that can be wrong and says what to do about it."""

import asyncio
import shutil
import stat
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from rich.console import Console

from backend.app.doctor_database import Counts, DatabaseLook, look_at_database, look_at_valkey
from backend.app.life import WrongLife, check, read_mark
from backend.app.migrate import head_revision
from backend.kernel.clock import Clock, millis
from backend.kernel.crypto import Keys, KeysMissing
from backend.kernel.settings import Settings

_GIB = 1024**3
#: a nightly backup may start late and take its time
_BACKUP_HOURS = 26


class Grade(StrEnum):
    """How bad a finding is: a `fail` makes the command's exit code 1."""

    OK = "OK"
    WARN = "warn"
    FAIL = "FAIL"


class Finding(msgspec.Struct, frozen=True):
    """One line: what was looked at, what is so, and, unless it is fine, what to do."""

    grade: Grade
    subject: str
    text: str
    remedy: str = ""


def examine(settings: Settings) -> list[Finding]:
    """Every check, in the order in which failures explain each other. Never raises for what it finds."""
    database = asyncio.run(look_at_database(settings))
    checks: tuple[Callable[[], Iterator[Finding]], ...] = (
        lambda: _installation(settings),
        lambda: _roles(database),
        lambda: _valkey(settings),
        lambda: _schema(database),
        lambda: _keys(settings),
        lambda: _life(settings, database),
        lambda: _backup(settings, database),
        lambda: _clock(settings, database),
        lambda: _disk(settings),
        lambda: _work(database.counts),
        lambda: _pages(settings),
        lambda: _web(settings),
    )
    return [finding for check in checks for finding in check()]


def show(findings: list[Finding], console: Console) -> bool:
    """Print the findings and a summary; True if nothing fails."""
    colours = {Grade.OK: "green", Grade.WARN: "yellow", Grade.FAIL: "red"}
    width = max(len(finding.subject) for finding in findings)
    for finding in findings:
        console.print(f"[{colours[finding.grade]}]{finding.grade:<4}[/] ", end="")
        console.print(
            f"{finding.subject:<{width}}  {finding.text}", markup=False, highlight=False, soft_wrap=True
        )
        if finding.remedy:
            console.print(
                f"{'':<{width + 7}}→ {finding.remedy}", markup=False, highlight=False, soft_wrap=True
            )
    count = {grade: sum(finding.grade is grade for finding in findings) for grade in Grade}
    console.print(f"{count[Grade.OK]} fine, {count[Grade.WARN]} to look at, {count[Grade.FAIL]} failing")
    return count[Grade.FAIL] == 0


def _installation(settings: Settings) -> Iterator[Finding]:
    yield Finding(Grade.OK, "installation", f"{settings.environment}, home {settings.home}")
    if settings.environment != "production":
        return
    if not settings.public_url.startswith("https://"):
        # browsers trust loopback, so this machine's own browser works; nobody else's does
        loopback = urlsplit(settings.public_url).hostname in {"127.0.0.1", "::1", "localhost"}
        yield Finding(
            Grade.WARN if loopback else Grade.FAIL,
            "public address",
            f"{settings.public_url} is not https: phones get no service worker and no push there",
            "set TIANGE_PUBLIC_URL to the https address that phones use",
        )
    if settings.vapid_subject.endswith(".example"):
        yield Finding(
            Grade.WARN,
            "push contact",
            "TIANGE_VAPID_SUBJECT is not set, and push services refuse senders they cannot reach",
            "set it to an address of yours, as in TIANGE_VAPID_SUBJECT=mailto:it@bank.example",
        )


def _roles(database: DatabaseLook) -> Iterator[Finding]:
    for role in database.roles:
        if role.error:
            yield Finding(
                Grade.FAIL,
                f"database, {role.name}",
                role.error,
                "start the servers (tiange up), or check TIANGE_DATABASE_URL and the URLs beside it",
            )
        elif role.strong and role.name != "owner":
            yield Finding(
                Grade.FAIL,
                f"database, {role.name}",
                f"the login {role.login} owns tables, or is a superuser, or may bypass row security",
                f"ALTER ROLE {role.login} NOSUPERUSER NOBYPASSRLS, and let another role own the tables",
            )
        elif role.strong:
            yield Finding(
                Grade.WARN,
                f"database, {role.name}",
                f"the login {role.login} is a superuser or may bypass row security",
                f"ALTER ROLE {role.login} NOSUPERUSER NOBYPASSRLS",
            )
        else:
            yield Finding(Grade.OK, f"database, {role.name}", f"{role.login} on PostgreSQL {role.version}")


def _valkey(settings: Settings) -> Iterator[Finding]:
    look = look_at_valkey(settings.redis_url)
    if look.error:
        yield Finding(
            Grade.FAIL, "queue", look.error, "start the servers (tiange up), or check TIANGE_REDIS_URL"
        )
        return
    yield Finding(Grade.OK, "queue", f"Valkey or Redis {look.version} answers")
    if look.append_only is False:
        yield Finding(
            Grade.WARN,
            "queue",
            "it keeps nothing on disk; no job is lost by that, but all are handed on again after a restart",
            "set `appendonly yes` in its configuration",
        )


def _schema(database: DatabaseLook) -> Iterator[Finding]:
    head = head_revision()
    if database.revision == head:
        yield Finding(Grade.OK, "schema", f"at {head}, this version's newest")
    elif not database.reachable:
        yield Finding(Grade.FAIL, "schema", "unknown while the database does not answer")
    else:
        yield Finding(
            Grade.FAIL,
            "schema",
            f"at {database.revision or 'nothing'}, this version needs {head}",
            "tiange migrate",
        )


def _keys(settings: Settings) -> Iterator[Finding]:
    folder = settings.keys_dir
    try:
        Keys.load(folder)
    except (KeysMissing, OSError, ValueError, TypeError) as error:
        yield Finding(
            Grade.FAIL,
            "keys",
            f"{error}",
            "bring the keys folder back from the backup; never make a new one over data",
        )
        return
    open_ones = [path for path in [folder, *sorted(folder.iterdir())] if _open_to_others(path)]
    if open_ones:
        names = " ".join(str(path) for path in open_ones)
        yield Finding(Grade.FAIL, "keys", f"other users can read {names}", f"chmod go= {names}")
    else:
        yield Finding(Grade.OK, "keys", f"all in {folder}, closed to other users; push keys among them")


def _open_to_others(path: Path) -> bool:
    return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))


def _life(settings: Settings, database: DatabaseLook) -> Iterator[Finding]:
    if not database.reachable:
        return
    try:
        check(database.life, read_mark(settings.keys_dir))
    except WrongLife as error:
        yield Finding(Grade.FAIL, "epoch", str(error), "see there; the server does not start like this")
    else:
        if database.life is not None:
            yield Finding(Grade.OK, "epoch", f"{database.life.epoch}, as this installation knows it")


def _backup(settings: Settings, database: DatabaseLook) -> Iterator[Finding]:
    if not database.reachable:
        return
    remedy = "tiange backup --to FOLDER, on another disk, every night: phones keep all they send until then"
    if database.backup is None:
        grade = Grade.WARN if settings.environment == "production" else Grade.OK
        yield Finding(grade, "backup", "none was made yet", "" if grade is Grade.OK else remedy)
        return
    now = millis(Clock(settings.timezone, settings.clock_file).now())
    hours = (now - database.backup.at) / 3_600_000
    grade = Grade.OK if hours < _BACKUP_HOURS else Grade.WARN
    text = f"the last one, {database.backup.name}, is {hours:.1f} h old"
    yield Finding(grade, "backup", text, "" if grade is Grade.OK else remedy)


def _clock(settings: Settings, database: DatabaseLook) -> Iterator[Finding]:
    remedy = "set the clock and keep it by NTP: timedatectl set-ntp true"
    if time.gmtime().tm_year < 2025:
        yield Finding(Grade.FAIL, "clock", f"this machine believes it is {time.gmtime().tm_year}", remedy)
    elif database.clock_ahead is None:
        yield Finding(Grade.WARN, "clock", "not compared with the database's, which does not answer")
    else:
        off = abs(database.clock_ahead)
        grade = Grade.OK if off < 2 else Grade.WARN if off < 60 else Grade.FAIL
        text = f"{off:.1f} s from the database's; business days are those of {settings.timezone}"
        yield Finding(grade, "clock", text, "" if grade is Grade.OK else remedy)
    if settings.clock_file is not None:
        yield Finding(Grade.WARN, "clock", f"moved by {settings.clock_file}, a setting of tests")


def _disk(settings: Settings) -> Iterator[Finding]:
    for folder in dict.fromkeys((settings.home, settings.files_dir)):
        place = next((it for it in (folder, *folder.parents) if it.exists()), Path("/"))
        usage = shutil.disk_usage(place)
        grade = Grade.FAIL if usage.free < _GIB else Grade.WARN if usage.free < 5 * _GIB else Grade.OK
        yield Finding(
            grade,
            "disk",
            f"{usage.free / _GIB:.1f} of {usage.total / _GIB:.0f} GB free for {folder}",
            "" if grade is Grade.OK else "make room, or move the home folder to a larger disk (TIANGE_HOME)",
        )


def _work(counts: Counts | None) -> Iterator[Finding]:
    if counts is None:
        yield Finding(Grade.FAIL, "jobs", "unknown: the job tables cannot be read", "tiange migrate")
        return
    if counts.parked:
        listed = ", ".join(f"{handler} ×{number}" for handler, number in counts.parked)
        yield Finding(
            Grade.WARN,
            "jobs parked",
            f"{listed}; last error: {counts.last_error}",
            "mend the cause, then put them back: "
            "UPDATE job SET state = 'ready', attempts = 0, next_at = now() WHERE state = 'parked'",
        )
    else:
        yield Finding(Grade.OK, "jobs parked", "none")
    late = counts.oldest_job_seconds or 0
    grade = Grade.OK if late < 120 else Grade.WARN if late < 900 else Grade.FAIL
    yield Finding(
        grade,
        "jobs waiting",
        f"{counts.waiting}" + (f", the oldest for {late:.0f} s" if late >= 1 else ""),
        "" if grade is Grade.OK else "see that a worker runs (tiange worker) and what its log says",
    )
    late = counts.oldest_event_seconds or 0
    grade = Grade.OK if late < 60 else Grade.WARN if late < 900 else Grade.FAIL
    yield Finding(
        grade,
        "outbox",
        f"{counts.events} events not handed on yet" + (f", the oldest for {late:.0f} s" if late >= 1 else ""),
        "" if grade is Grade.OK else "the worker's relay hands them on: see that one runs (tiange worker)",
    )


def _pages(settings: Settings) -> Iterator[Finding]:
    page = settings.static_dir / "index.html"
    if page.is_file():
        yield Finding(Grade.OK, "app", f"built, in {settings.static_dir}")
    else:
        yield Finding(
            Grade.FAIL,
            "app",
            f"{page} is missing",
            "build it: ./scripts/run, or npm ci && npm run build in pwa/",
        )


def _web(settings: Settings) -> Iterator[Finding]:
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104 - recognised
    url = f"http://{host}:{settings.port}/readyz"
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            ready = answer.status == 200
        text = f"answers at {url}"
    except urllib.error.HTTPError as error:
        ready, text = False, f"not ready: {error.read(300).decode(errors='replace')}"
    except OSError as error:
        yield Finding(Grade.WARN, "web server", f"does not answer at {url} ({error})", "start it: tiange up")
        return
    yield Finding(
        Grade.OK if ready else Grade.FAIL, "web server", text, "" if ready else "see the lines above"
    )
