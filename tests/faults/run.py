"""One run: a land, phones, a storm by the plan, healing within a bound, the verdict."""

import asyncio
import contextlib
import random
import shutil
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.exc import DBAPIError

from tests.faults.aside import Aside
from tests.faults.bank import Bank, Part
from tests.faults.case import Verdict
from tests.faults.evidence import read_ledger
from tests.faults.heal import Healing
from tests.faults.land import PASSWORD, Land, Registrar
from tests.faults.machine import Machine
from tests.faults.network import Network
from tests.faults.phones import BrowserPhone, Phone, PhoneDied, PhoneRefused
from tests.faults.plan import Ground, Plan, Step, browsing, draw
from tests.faults.plants import ServerPlant

PATIENCE_SECONDS = 90.0


@dataclass
class Outcome:
    """How a run went, in seconds. `seconds`: of the whole; `healing`: from the last fault until all was well,
    on the wall; `healing_own`: the same as machine.py counts it; `waits`: what that time went on."""

    plan: Plan
    verdict: Verdict
    harms: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    healing: float = 0.0
    healing_own: float = 0.0
    waits: dict[str, float] = field(default_factory=dict)
    #: how the machine did meanwhile
    machine: str = ""
    #: taps on save by kind
    acts: Counter[str] = field(default_factory=Counter)


@dataclass
class Series:
    """What runs share: the bank, the driver's bundle, the registrar. `plant`: a bug's name, or nothing."""

    bank: Bank
    driver: Path
    registrar: Registrar
    machine: Machine
    seed: int
    folder: Path
    plant: str = ""
    clock: float = 0.0
    #: each run sees a backup and its restoring; not beside others
    restores: bool = False
    #: so many phones of each run are real browsers; not beside others
    browsers: int = 0
    browser_driver: Path | None = None
    phones_at: int = 0
    #: lands of a bank must differ: a bank may see one run twice
    made: int = 0


class Storm:
    """One run under way."""

    def __init__(self, series: Series, run: int) -> None:
        self.series = series
        self.bank = series.bank
        self.run = run
        series.made += 1
        self.number = series.made
        self.folder = series.folder / f"run-{run}-{self.number}"
        self.network = Network(self.bank.port, random.Random(f"{series.seed}/{run}/network"))
        self.phones: dict[str, Phone] = {}
        #: by phone; clones too
        self.people: dict[str, str] = {}
        self.trouble: list[str] = []
        #: outboxes of phones that were set up anew
        self.exports: list[Path] = []
        #: what the healing waited for, in seconds
        self.waits: defaultdict[str, float] = defaultdict(float)
        self._background: set[asyncio.Task[Any]] = set()

    async def weather(self) -> Outcome:
        """The whole run. Raises only where the harness itself fails."""
        began = self.series.machine.mark()
        since = datetime.now(UTC) + timedelta(seconds=self.series.clock - 5)
        land = await self._settled()
        plan = draw(self.series.seed, self.run, _ground(land))
        if self.series.restores:
            rng = random.Random(f"{self.series.seed}/{self.run}/restore")
            plan = replace(plan, restore=(rng.uniform(0.0, 1.5), rng.uniform(0.5, 2.0)))
        if self.series.browsers:
            plan = browsing(plan, _ground(land), self.series.browsers)
        self.people = dict(plan.phones)
        plant = ServerPlant.of(self.series.plant, land)
        await self.network.start(self.series.phones_at)
        try:
            async with plant.in_force(self.bank.urls()["admin"]):
                await self._open(plan, land)
                await self._storm(plan, land)
                healed = self.series.machine.mark()
                verdict = await Healing(self, plan, land, since, healed).verdict()
            healing = self.series.machine.since(healed)
            whole = self.series.machine.since(began)
            return Outcome(
                plan,
                verdict,
                self.network.done,
                whole.seconds,
                healing.seconds,
                healing.own,
                self.waits,
                whole.told(),
                Counter(
                    step.given["act"]["kind"]
                    for steps in plan.steps.values()
                    for step in steps
                    if "act" in step.given
                ),
            )
        finally:
            for task in self._background:
                task.cancel()
            await asyncio.gather(*self._background, return_exceptions=True)
            for phone in self.phones.values():
                await phone.kill()
            await self.network.stop()
            shutil.rmtree(self.folder, ignore_errors=True)

    async def _settled(self) -> Land:
        """A land; another one where the database went away over the first, by another run's fault."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return await self.series.registrar.make(self.number)
            except (OSError, DBAPIError):
                if time.monotonic() > deadline:
                    raise
            self.series.made += 1
            self.number = self.series.made
            await asyncio.sleep(0.3)

    async def _open(self, plan: Plan, land: Land) -> None:
        url = f"http://127.0.0.1:{self.network.port}"
        for number, (label, person) in enumerate(plan.phones):
            seed = self.series.seed * 1000 + self.run * 10 + number + 1
            browser = self.series.browser_driver if number < self.series.browsers else None
            self.phones[label] = (BrowserPhone if browser else Phone)(
                browser or self.series.driver,
                self.folder / label,
                url,
                land.login(person),
                plant=self.series.plant,
                seed=seed,
            )
        await asyncio.gather(*(self.open(phone) for phone in self.phones.values()))

    async def open(self, phone: Phone, lose: int = 0, deleted: str = "") -> None:
        """Opens the app and unlocks it, whatever the network does."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        if not phone.running:
            await phone.start(lose, deleted)
        while True:
            try:
                state = await phone.do("ready", login=phone.login, password=PASSWORD)
            except PhoneRefused as error:
                if time.monotonic() > deadline:
                    self.trouble.append(f"{phone.folder.name} does not open: {error}")
                    return
                await asyncio.sleep(0.2)
                continue
            if state["phase"] != "ready":
                self.trouble.append(f"{phone.folder.name} opens as {state['phase']}")
            return

    async def _storm(self, plan: Plan, land: Land) -> None:
        self.network.rate = plan.rate
        aside = Aside(self, plan, land)
        people = [self.person(self.phones[label], plan.steps[label]) for label, _ in plan.phones]
        others = [self._outage(*outage) for outage in plan.outages]
        others += [self._process(*fault) for fault in plan.process]
        if plan.reassign is not None:
            others.append(self._reassign(plan.reassign, land))
        if plan.server_clock:
            others.append(self._server_clock(plan.server_clock))
        await asyncio.gather(*people, *others, *aside.all())

    async def person(self, phone: Phone, steps: tuple[Step, ...]) -> None:
        """A person's taps, one after the other; a killed app is opened again."""
        self._aside(phone.do("sync"))
        for step in steps:
            await asyncio.sleep(step.pause)
            try:
                await self._step(phone, step)
            except PhoneDied:
                await self.open(phone)
            except TimeoutError:
                self.trouble.append(f"{phone.folder.name}: {step.kind} {step.given}: no answer")
            except PhoneRefused as error:
                # saving may be refused by a full disk alone: everything else is a fault of the app
                if error.code != "storage_failed":
                    self.trouble.append(f"{phone.folder.name}: {step.kind} {step.given}: {error}")

    async def _step(self, phone: Phone, step: Step) -> None:
        if step.kind == "sync":
            self._aside(phone.do("sync"))
        elif step.kind == "save":
            await phone.do("save", **step.given)
        elif step.kind == "kill":
            self._aside(phone.do("sync"))
            await asyncio.sleep(0.01)
            await phone.kill()
            await self.open(phone)
        elif step.kind == "power_cut":
            await phone.kill()
            await self.open(phone, lose=step.given["lose"])
        elif step.kind == "save_and_die":
            self._aside(phone.do("save", act=step.given["act"]))
            await asyncio.sleep(step.given["after"])
            await phone.kill()
            await self.open(phone)
        elif step.kind == "browser_save":
            await phone.do("save", **step.given)
        elif step.kind == "browser_save_and_die":
            await phone.do("save", **step.given)
            await self.open(phone)
        elif step.kind == "browser_reload":
            await phone.do("reload")
            await self.open(phone)
        elif step.kind == "reinstall":
            await self._reinstall(phone)
        elif step.kind == "delete":
            await self._delete(phone, step.given["what"])
        elif step.kind == "clock":
            await phone.do("clock", ms=step.given["ms"])
        elif step.kind == "disk_full":
            await phone.do("full", **{"is": True})
            try:
                await phone.do("save", act=step.given["act"])
                self.trouble.append(f"{phone.folder.name}: saved on a full disk")
            except PhoneRefused:
                pass
            finally:
                with contextlib.suppress(PhoneDied):
                    await phone.do("full", **{"is": False})

    async def _delete(self, phone: Phone, what: str) -> None:
        """The browser throws its databases away, with what waited in them."""
        await phone.kill()
        # one in which nothing was ever saved takes nothing with it
        worked = any(one.saved and not one.former for one in read_ledger(phone.ledger, phone.folder.name))
        with phone.ledger.open("a") as ledger:
            ledger.write('{"deleted": true}\n')
        await self.open(phone, deleted=what)
        with contextlib.suppress(PhoneDied):
            if worked and (await phone.do("state"))["lost"] is None:
                self.trouble.append(f"{phone.folder.name}: its database was deleted, and it does not say so")

    async def _reinstall(self, phone: Phone) -> None:
        """What waits goes into a file for support; then the phone is set up anew, with nothing on it."""
        file = phone.folder.with_name(f"{phone.folder.name}-{len(self.exports)}.outbox")
        await phone.do("exported", to=str(file))
        self.exports.append(file)
        await phone.kill()
        for path in phone.folder.iterdir():
            if path != phone.ledger:
                path.unlink()
        with phone.ledger.open("a") as ledger:
            ledger.write('{"reinstalled": true}\n')
        await self.open(phone)

    def _aside(self, work: Any) -> None:
        """Goes on beside the person's next tap; it may fail as it likes."""
        task = asyncio.create_task(_quietly(work))
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _outage(self, at: float, seconds: float) -> None:
        await asyncio.sleep(at)
        self.network.up = False
        self.network.cut()
        await asyncio.sleep(seconds)
        self.network.up = True

    async def _reassign(self, at: float, land: Land) -> None:
        await asyncio.sleep(at)
        self.network.up = False
        self.network.cut()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                await self.series.registrar.reassign(land, "A", "other")
                break
            except (OSError, DBAPIError):  # the database may be down just now, by another fault
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.2)
        self.network.up = True

    async def _server_clock(self, seconds: int) -> None:
        await asyncio.sleep(0.5)
        self.series.clock += seconds
        self.bank.move_clock(self.series.clock)

    async def _process(self, at: float, fault: str, seconds: float) -> None:
        await asyncio.sleep(at)
        if fault == "flush":
            await self.bank.flush_all()
            return
        if fault == "bells again":
            since = datetime.now(UTC) + timedelta(seconds=self.series.clock - 120)
            await self.bank.ring_again(random.Random(f"{self.series.seed}/{self.run}/bells"), since)
            return
        what, link, name = fault.partition(" link to ")
        if link:
            self.bank.links[name].harm(what)
            await asyncio.sleep(seconds)
            self.bank.links[name].heal(deliver=seconds > 0.7)
            return
        what, _, name = fault.partition(" ")
        part: Part = name  # type: ignore[assignment]  # the plan names parts
        if what == "kill":
            self.bank.kill(part)
            return
        self.bank.pause(part)
        await asyncio.sleep(seconds)
        self.bank.go_on()


def _ground(land: Land) -> Ground:
    return Ground(
        land=land.run,
        households={letter: [str(one) for one in ids] for letter, ids in land.households.items()},
        grids={letter: str(one) for letter, one in land.grids.items()},
        members={str(one): [str(member) for member in ids] for one, ids in land.members.items()},
    )


async def _quietly(work: Any) -> None:
    with contextlib.suppress(PhoneDied, PhoneRefused, TimeoutError):
        await work
