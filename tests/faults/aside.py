"""What befalls a run beside taps and network: a cloned phone, a full disk at the bank, a backup restored."""

import asyncio
import shutil
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from tests.faults.land import Land
from tests.faults.plan import Plan

if TYPE_CHECKING:
    from tests.faults.run import Storm


class Aside:
    """The faults of one plan that are neither a person's nor a process's."""

    def __init__(self, storm: "Storm", plan: Plan, land: Land) -> None:
        self.storm = storm
        self.bank = storm.bank
        self.plan = plan
        self.land = land

    def all(self) -> list[Coroutine[Any, Any, None]]:
        """Those that the plan has."""
        found = []
        if self.plan.clone is not None:
            found.append(self.clone(*self.plan.clone))
        if self.plan.bank_full is not None and self.bank.small:
            found.append(self.bank_full(*self.plan.bank_full))
        if self.plan.restore is not None:
            found.append(self.restore(*self.plan.restore))
        return found

    async def clone(self, label: str, at: float) -> None:
        """A phone's disk is copied, as by a phone's backup that is put onto another one; both go on."""
        await asyncio.sleep(at)
        storm, first = self.storm, self.storm.phones[label]
        copy = first.twin(storm.folder / "clone")
        copy.folder.mkdir()
        # as it lies there: a write under way is in the copy in part, or not at all
        for path in sorted(first.folder.iterdir()):
            if path != first.ledger and not path.name.endswith(".new"):
                shutil.copy(path, copy.folder / path.name)
        storm.people["clone"] = storm.people[label]
        storm.phones["clone"] = copy
        await storm.open(copy)
        await storm.person(copy, self.plan.steps["clone"])

    async def bank_full(self, at: float, seconds: float) -> None:
        """Nothing more can be written at the bank: no file, no row, no line of a log."""
        await asyncio.sleep(at)
        await self.bank.fill_disk()
        await asyncio.sleep(seconds)
        self.bank.empty_disk()

    async def restore(self, at: float, after: float) -> None:
        """A backup is made while all work; a while later it is put in the place of what is there."""
        await asyncio.sleep(at)
        folder = self.storm.folder / "backups"
        code, said = await self.bank.command("backup", "--to", str(folder))
        if code:
            self.storm.trouble.append(f"no backup: {said[-600:]}")
            return
        await asyncio.sleep(after)
        await self.bank.halt(kill=self.plan.run % 2 == 0)
        await self.storm.series.registrar.rest()
        code, said = await self.bank.command("restore", str(folder), "--over")
        if code:
            self.storm.trouble.append(f"not restored: {said[-600:]}")
        await self.bank.start()
