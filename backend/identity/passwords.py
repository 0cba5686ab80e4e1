"""Passwords: argon2id in a thread, a few at a time, because each check takes 64 MiB."""

import asyncio
import unicodedata
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from backend.identity import errors

Result = TypeVar("Result")

#: waiting longer than this many others is answered at once with "busy"
QUEUE = 64


def make_hasher(*, light: bool = False) -> PasswordHasher:
    """RFC 9106, second recommended option: 64 MiB, three passes. `light` is for tests only."""
    if light:
        return PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)
    return PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=4)


def hash_password(password: str, *, light: bool = False) -> str:
    """The argon2id hash of a password; about a tenth of a second of work. For the command line and jobs."""
    return make_hasher(light=light).hash(_normal(password))


class Passwords:
    """Checks passwords for one process. An unknown login costs the same work as a known one."""

    def __init__(self, at_once: int = 2, *, light: bool = False) -> None:
        self._hasher = make_hasher(light=light)
        self._slots = asyncio.Semaphore(at_once)
        self._waiting = 0
        self._nobody: str | None = None

    async def check(self, kept: str | None, password: str) -> bool:
        """Whether `password` is the one of hash `kept`; never for None. Raises Problem `try_again` when
        busy."""
        against = kept
        if against is None:
            if self._nobody is None:
                self._nobody = await self._work(partial(self._hasher.hash, "nobody"))
            against = self._nobody
        held = await self._work(partial(self._verify, against, password))
        return held and kept is not None

    async def renewed(self, kept: str, password: str) -> str | None:
        """A new hash where `kept` was made with older parameters, else None."""
        if not self._hasher.check_needs_rehash(kept):
            return None
        return await self._work(partial(self._hasher.hash, _normal(password)))

    def _verify(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, _normal(password))
        except (VerificationError, InvalidHashError):
            return False

    async def _work(self, run: Callable[[], Result]) -> Result:
        if self._waiting >= QUEUE:
            raise errors.busy()
        self._waiting += 1
        try:
            async with self._slots:
                return await asyncio.to_thread(run)
        finally:
            self._waiting -= 1


def _normal(password: str) -> str:
    # the same password typed on two keyboards may differ in composition, never in meaning
    return unicodedata.normalize("NFC", password)
