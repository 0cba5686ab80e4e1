"""A desk at which somebody types `tiange import`, and what is asked of phones around it."""

import asyncio
import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from backend.app.cli import make_cli
from tests.support.field_phone import FieldPhone

ACCOUNTS = "证件号码,账号,账户类型,余额,年日均,开户日期"


@dataclass(frozen=True)
class Said:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Till:
    """Where the command is typed: writes a file and imports it."""

    folder: Path
    environment: dict[str, str]
    today: date

    def day(self, ago: int = 0) -> str:
        """An as-of day."""
        return (self.today - timedelta(days=ago)).isoformat()

    def write(self, lines: Sequence[str], name: str = "file.csv", encoding: str = "utf-8") -> Path:
        """A file with these lines."""
        path = self.folder / name
        path.write_bytes("\r\n".join(lines).encode(encoding) + b"\r\n")
        return path

    async def type(self, *arguments: str) -> Said:
        """`tiange import …`."""
        return await self.command("import", *arguments)

    async def command(self, *arguments: str) -> Said:
        """`tiange …` in a thread of its own, where it may run its own event loop."""
        run = partial(CliRunner().invoke, make_cli(), list(arguments), env=self.environment)
        result = await asyncio.to_thread(run)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Said(result.exit_code, result.stdout, result.stderr)

    async def take(self, kind: str, path: Path, *more: str, ago: int = 0) -> Said:
        """Imports a file that tells of the day `ago` days before today."""
        return await self.type(kind, str(path), "--as-of", self.day(ago), *more)

    def rejects(self, path: Path) -> list[list[str]]:
        """The rejected rows, header first."""
        text = path.with_name(f"{path.name}.rejects.csv").read_bytes()
        assert text.startswith(b"\xef\xbb\xbf")
        return list(csv.reader(text.decode("utf-8-sig").splitlines()))


async def standing(phone: FieldPhone, customer: str) -> dict[str, Any]:
    """What the phone shows of the customer's dealings, after a pull."""
    await phone.pull()
    return phone.of("standing")[customer]


def account(who: str, place: int, balance: str, **parts: str) -> str:
    said = {"kind": "活期", "average": balance, "opened": "2020-01-02"} | parts
    return f"{who},62280000000000{place:04d},{said['kind']},{balance},{said['average']},{said['opened']}"
