"""After the storm: all faults end, all comes to rest within a bound, the judge looks at what is left."""

import asyncio
import contextlib
import time
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tests.faults.case import Case, Verdict
from tests.faults.evidence import read_dump, read_ledger, resolve
from tests.faults.judge import jobs_waiting, judge
from tests.faults.land import PASSWORD, Land
from tests.faults.machine import Mark
from tests.faults.phones import Phone, PhoneDied, PhoneRefused
from tests.faults.plan import Plan
from tests.faults.sql import asking

if TYPE_CHECKING:
    from tests.faults.run import Storm

#: from the healing of the last fault until everything must have come to rest, in a machine's own seconds
#: (machine.py): a machine with too much to do has as much longer as its run queue is too long
BOUND_SECONDS = 180.0
#: for a bank to come back
BACK_SECONDS = 900.0
DUMPS = 3
ROLES = {"agent": "agent", "head": "head"}


class Healing:
    """Of one run. `healed`: when the storm was over; `since`: when it began, as the bank's clock goes."""

    def __init__(self, storm: "Storm", plan: Plan, land: Land, since: datetime, healed: Mark) -> None:
        self.storm = storm
        self.plan = plan
        self.land = land
        self.since = since
        self.healed = healed

    async def _load_exports(self) -> None:
        """Support brings in what phones exported; what has come by itself meanwhile does no harm."""
        for file in self.storm.exports:
            for _ in range(3):
                code, said = await self.storm.bank.command("outbox", "load", str(file))
                if code == 0:
                    break
                await asyncio.sleep(1)
            else:
                self.storm.trouble.append(f"{file.name} could not be loaded: {said[-500:]}")

    async def verdict(self) -> Verdict:
        """Ends all faults, and judges again and again until the verdict is clean or the bound is over."""
        self.storm.bank.heal()
        with self._waiting("for the bank to answer"):
            await self.storm.bank.settle(BACK_SECONDS)
        self.storm.network.heal()
        if self.storm.exports:
            with self._waiting("for support to load outboxes"):
                await self._load_exports()
        while True:
            await self._converge()
            with self._waiting("for the judge"):
                verdict = await self._judge()
            if verdict.clean or self.storm.series.plant or self.healed.own_seconds > BOUND_SECONDS:
                return verdict
            if verdict.faults.keys() - {"stalled", "diverged", "out_of_scope"}:
                return verdict  # waiting mends none of these
            await asyncio.sleep(0.5)

    @contextlib.contextmanager
    def _waiting(self, what: str) -> Iterator[None]:
        began = time.monotonic()
        try:
            yield
        finally:
            self.storm.waits[what] += time.monotonic() - began

    def _waited(self, why: set[str], since: float) -> float:
        """Notes what was waited for since a moment; the moment it is now."""
        now = time.monotonic()
        for what in why:
            self.storm.waits[f"for {what}"] += (now - since) / len(why)
        return now

    def _database(self) -> str:
        return self.storm.bank.urls()["admin"]

    async def _converge(self) -> None:
        """Every phone syncs until its outbox is empty and the jobs are done, and once more."""
        limit = min(
            BOUND_SECONDS, self.healed.own_seconds + (12.0 if self.storm.series.plant else BOUND_SECONDS)
        )
        for phone in self.storm.phones.values():
            with contextlib.suppress(PhoneDied):
                await phone.do("clock", ms=0)
        busy = list(self.storm.phones.values())
        grids = tuple(self.land.grids.values())
        while self.healed.own_seconds < limit:
            began = time.monotonic()
            said = await asyncio.gather(*(self._sync(phone) for phone in busy))
            why = {one for one in said if one}
            # how long phones took says nothing about the jobs that are then found waiting
            began = self._waited(why or {"phones to sync"}, began)
            jobs = (
                []
                if any(said)
                else await asking(
                    self._database, lambda connection: jobs_waiting(connection, grids, self.since)
                )
            )
            why = why or {f"{what} {state}" for what, state, _ in jobs}
            busy = [phone for phone, one in zip(busy, said, strict=True) if one]
            if not busy and not jobs:
                break
            await asyncio.sleep(0.2)
            self._waited(why, began)
        with self._waiting("for a last look"):
            await asyncio.gather(*(self._sync(phone) for phone in self.storm.phones.values()))

    async def _sync(self, phone: Phone) -> str:
        """What this phone still waits for; nothing when it is at rest."""
        name = phone.folder.name
        try:
            state = await phone.do("sync")
        except PhoneDied:
            await self.storm.open(phone)
            return f"{name}, which had died"
        if state["needsLogin"] or state["phase"] != "ready":
            with contextlib.suppress(PhoneRefused, PhoneDied):
                await phone.do("ready", login=phone.login, password=PASSWORD)
            return f"{name} to sign in"
        if state["syncError"] is not None:
            return f"{name}: {state['syncError']}"
        for one in state["entries"]:
            if one["state"] in ("saved", "sending"):
                return f"{name}'s outbox"
            # photos of what the bank refused stay with it on the phone
            if one["result"] != "rejected" and one["unsent"] > len(one["refused"]):
                return f"{name}'s files"
        return ""

    async def _judge(self) -> Verdict:
        """Kills every phone and judges by what lies on its disk."""
        raw = await asyncio.gather(*(self._dump(phone) for phone in self.storm.phones.values()))
        labels = list(self.storm.phones)
        places = {f"{label}'s disk": phone.journal() for label, phone in self.storm.phones.items()}
        places["pushes on the wire"] = b"\n".join(self.storm.network.pushed)
        intents = [
            one for label, phone in self.storm.phones.items() for one in read_ledger(phone.ledger, label)
        ]
        dumps = {label: read_dump(one) for label, one in zip(labels, raw, strict=True)}
        for label, held in dumps.items():
            intents += resolve([one for one in intents if one.phone == label], held.outbox)
        marks = {str(one.act[name]) for one in intents for name in ("mark", "phone") if name in one.act}
        case = Case(
            intents=intents,
            dumps=dumps,
            phones=self.storm.people,
            people={
                person: (staff, ROLES.get(person, "manager")) for person, staff in self.land.staff.items()
            },
            branch=self.land.branch,
            held_grids={who: {self.land.grids[one] for one in held} for who, held in self.land.held.items()},
            all_grids=tuple(self.land.grids.values()),
            jumpy=self.plan.jumpy,
            may_refuse=self.plan.reassign is not None or self.plan.moves,
            restored=self.plan.restore is not None,
            files=self.storm.bank.home / "files",
            secrets=(*self.land.secrets, *sorted(marks)),
            places=places,
            since=self.since,
        )
        verdict = await asking(self._database, lambda connection: judge(connection, case))
        for what in self.storm.trouble:
            verdict.add("error", what)
        for label, phone in self.storm.phones.items():
            for stray in phone.strays:
                verdict.add("error", f"{label}: {stray}")
        return verdict

    async def _dump(self, phone: Phone) -> dict[str, Any]:
        for left in reversed(range(DUMPS)):
            await phone.kill()
            await self.storm.open(phone)
            try:
                found: dict[str, Any] = await phone.do("dump")
                return found
            except PhoneRefused as error:
                # a page may be loaded anew while it is read
                if not left:
                    raise
                self.storm.waits[f"to read {phone.folder.name} ({error})"] += 1
        raise AssertionError("unreachable")
