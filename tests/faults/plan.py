"""What happens in a run, drawn from its seed: the same seed draws the same taps and the same faults.

When they meet is left to the machine: two runs of one seed differ in what the network was just carrying.
"""

import random
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

#: who carries phones: label, person. `spare` is a second device of one person.
PHONES = (("manager", "manager"), ("agent", "agent"), ("other", "other"), ("spare", "manager"))
#: a field of its own for each phone, so that the last value saved there must be the one that stands
FIELDS = {
    "manager": "income_planting_fen",
    "agent": "income_wages_fen",
    "other": "income_breeding_fen",
    "spare": "income_trade_fen",
}
STEPS = {
    "visit": 6,
    "edit": 5,
    "asset": 3,
    "drop_asset": 3,
    "create": 1,
    "sync": 7,
    "kill": 1,
    "save_and_die": 2,
    "power_cut": 1,
    "clock": 1,
    "disk_full": 1,
}
#: process faults and how often beside the others; a killed web server or worker takes seconds to load again
PROCESS_FAULTS = {
    "kill web": 2,
    "kill worker": 2,
    "kill postgres": 3,
    "kill valkey": 3,
    "pause web": 2,
    "pause worker": 2,
    "pause postgres": 3,
    "pause valkey": 2,
    "flush": 4,
}
TEN_YEARS_MS = 3_652 * 86_400_000


@dataclass(frozen=True)
class Step:
    """After `pause` seconds the person does `kind`; `given` says with what."""

    pause: float
    kind: str
    given: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """A run.

    `rate`: share of requests harmed. `outages`: (from, seconds) without network. `process`: (at, fault,
    seconds of a pause). `reassign`: when grid A goes to the other manager, with all phones offline.
    `server_clock`: seconds that the server's clock jumps ahead in the middle.
    """

    run: int
    seed: str
    phones: tuple[tuple[str, str], ...]
    steps: dict[str, tuple[Step, ...]]
    rate: float
    outages: tuple[tuple[float, float], ...]
    process: tuple[tuple[float, str, float], ...]
    reassign: float | None
    server_clock: int
    #: phones whose clock jumps: what they saved when is not comparable
    jumpy: frozenset[str]

    def told(self) -> str:
        """The faults in a line."""
        parts = [f"{self.rate:.0%} of requests harmed"]
        parts += [f"no network {start:.1f}+{length:.1f} s" for start, length in self.outages]
        parts += [f"{fault} at {at:.1f} s" for at, fault, _ in self.process]
        if self.reassign is not None:
            parts.append("grid reassigned offline")
        if self.server_clock:
            parts.append(f"server's clock +{self.server_clock} s")
        kinds = ("kill", "save_and_die", "power_cut", "clock", "disk_full")
        for kind in kinds:
            n = sum(step.kind == kind for steps in self.steps.values() for step in steps)
            if n:
                parts.append(f"{n} × {kind}")
        return ", ".join(parts)


def draw(seed: int, run: int, land: int, households: dict[str, list[str]], grids: dict[str, str]) -> Plan:
    """The plan of a run.

    `households` and `grids`: ids by the grid's letter, in a fixed order. `land` stands in every mark, since a
    bank may see a run twice.
    """
    name = f"{seed}/{run}"
    rng = random.Random(name)
    phones = PHONES if rng.random() < 0.3 else PHONES[:3]
    steps: dict[str, tuple[Step, ...]] = {}
    jumpy = set()
    for number, (label, person) in enumerate(phones):
        letter = "B" if person == "other" else "A"
        steps[label] = _steps(rng, land, number, label, households[letter], grids[letter])
        if any(step.kind == "clock" for step in steps[label]):
            jumpy.add(label)
    process: list[tuple[float, str, float]] = []
    if rng.random() < 0.5:
        fault = rng.choices(list(PROCESS_FAULTS), list(PROCESS_FAULTS.values()))[0]
        process.append((rng.uniform(0.1, 1.8), fault, rng.uniform(0.3, 1.2)))
    outages = tuple((rng.uniform(0.1, 1.5), rng.uniform(0.2, 0.8)) for _ in range(rng.choice((0, 0, 1, 2))))
    return Plan(
        run=run,
        seed=name,
        phones=phones,
        steps=steps,
        rate=rng.choice((0.0, 0.2, 0.4, 0.6)),
        outages=outages,
        process=tuple(process),
        reassign=rng.uniform(0.3, 1.2) if rng.random() < 0.25 else None,
        server_clock=rng.choice((0, 0, 0, 0, 1, 60, 1800)),
        jumpy=frozenset(jumpy),
    )


def _steps(
    rng: random.Random, land: int, number: int, label: str, customers: list[str], grid: str
) -> tuple[Step, ...]:
    steps: list[Step] = []
    assets: list[tuple[str, str]] = []
    for n in range(rng.randint(6, 9)):
        kind = rng.choices(list(STEPS), list(STEPS.values()))[0]
        mark = f"记{label}{n}密{land:05d}"
        customer = rng.choice(customers)
        pause = rng.choice((0.0, 0.0, 0.02, 0.1, 0.3))
        if kind in ("kill", "sync"):
            steps.append(Step(pause, kind))
        elif kind == "power_cut":
            steps.append(Step(pause, kind, {"lose": rng.randint(1, 6)}))
        elif kind == "clock":
            ms = rng.choice((-TEN_YEARS_MS, TEN_YEARS_MS, -3_600_000, 3_600_000, 200_000_000))
            steps.append(Step(pause, kind, {"ms": ms}))
        elif kind == "drop_asset":
            if assets:
                asset, owner = assets.pop(rng.randrange(len(assets)))
                steps.append(Step(pause, "save", {"act": {"kind": kind, "asset": asset, "customer": owner}}))
        elif kind == "asset":
            asset = str(uuid4())
            assets.append((asset, customer))
            steps.append(
                Step(
                    pause, "save", {"act": {"kind": kind, "asset": asset, "customer": customer, "mark": mark}}
                )
            )
        elif kind == "create":
            phone = f"1990{land % 1000:03d}{number}{n:03d}"
            steps.append(
                Step(pause, "save", {"act": {"kind": kind, "grid": grid, "mark": mark, "phone": phone}})
            )
        elif kind == "edit":
            # the same person types twice: what was typed last must stand
            for turn in range(2):
                value = 100_000 * (1 + number + 10 * (2 * n + turn))
                act = {"kind": kind, "customer": customer, "field": FIELDS[label], "value": value}
                steps.append(Step(pause, "save", {"act": act}))
        elif kind == "visit":
            steps.append(Step(pause, "save", {"act": {"kind": kind, "customer": customer, "mark": mark}}))
        else:  # a save with something around it
            act = {"kind": "visit", "customer": customer, "mark": mark}
            steps.append(
                Step(pause, kind, {"act": act, "after": rng.choice((0.0, 0.001, 0.005, 0.02, 0.08))})
            )
    return tuple(steps)
