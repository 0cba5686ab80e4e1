"""What happens in a run, drawn from its seed: the same seed draws the same taps and the same faults.

When they meet is left to the machine: two runs of one seed differ in what the network was just carrying.
"""

import random
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

#: who carries phones: label, person. `spare` is a second device of one person. It and the head's are drawn
PHONES = (("manager", "manager"), ("agent", "agent"), ("other", "other"))
SPARE, HEAD = ("spare", "manager"), ("head", "head")
#: a field of its own for each phone, so that the last value saved there must be the one that stands
FIELDS = {
    "manager": "income_planting_fen",
    "agent": "income_wages_fen",
    "other": "income_breeding_fen",
    "spare": "income_trade_fen",
    "clone": "income_transfers_fen",
}
#: a field that everybody edits without having seen what others said: amounts in dispute come of it, and no
#: other field's are decided, so that what each saved last in their own must stand
CONTESTED = "turnover_year_fen"
STEPS = {
    "visit": 6,
    "edit": 5,
    "record": 3,
    "drop_record": 3,
    "create": 1,
    "sync": 7,
    "kill": 1,
    "save_and_die": 2,
    "power_cut": 1,
    "clock": 1,
    "disk_full": 1,
    "hand_in": 3,
    "withdraw": 2,
    "contest": 4,
    "settle": 3,
}
#: what a head does, who holds no grid
HEAD_STEPS = {"decide": 9, "weigh": 2, "sync": 8, "kill": 1, "save_and_die": 1, "power_cut": 1}
#: share of visits with a photo, and its side in pixels
PHOTOS = 0.35
SIDES = (96, 256, 480)
#: the same of signatures, and of voice notes in ms
SIGNATURES, SIGNATURE_SIDES = 0.15, (96, 256)
VOICES, VOICE_MS = 0.15, (600, 1500, 4000)
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
    "bells again": 3,
}
LINK_FAULTS = {
    "cut link to postgres": 2,
    "down link to postgres": 1,
    "mute there link to postgres": 1,
    "mute back link to postgres": 2,
    "half open link to postgres": 1,
    "slow link to postgres": 1,
    "truncate link to postgres": 2,
    "lose commit link to postgres": 4,
    "cut link to valkey": 2,
    "down link to valkey": 1,
    "mute there link to valkey": 1,
    "mute back link to valkey": 2,
    "half open link to valkey": 1,
    "slow link to valkey": 1,
    "truncate link to valkey": 2,
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
    #: (phone, at): its disk is copied, and both go on
    clone: tuple[str, float] | None = None
    #: households are split, merged and moved
    moves: bool = False
    #: when the bank's disk is full, and for how long
    bank_full: tuple[float, float] | None = None
    #: when a backup is made, and when it is put in the database's place
    restore: tuple[float, float] | None = None

    def told(self) -> str:
        """The faults in a line."""
        parts = [f"{self.rate:.0%} of requests harmed"]
        parts += [f"no network {start:.1f}+{length:.1f} s" for start, length in self.outages]
        parts += [f"{fault} at {at:.1f} s" for at, fault, _ in self.process]
        if self.reassign is not None:
            parts.append("grid reassigned offline")
        if self.server_clock:
            parts.append(f"server's clock +{self.server_clock} s")
        if self.clone is not None:
            parts.append(f"{self.clone[0]}'s phone cloned")
        if self.moves:
            parts.append("households moved")
        if self.bank_full is not None:
            parts.append(f"bank's disk full {self.bank_full[0]:.1f}+{self.bank_full[1]:.1f} s")
        if self.restore is not None:
            parts.append(f"backup at {self.restore[0]:.1f} s, restored {self.restore[1]:.1f} s later")
        kinds: tuple[str, ...] = (
            "kill",
            "save_and_die",
            "power_cut",
            "clock",
            "disk_full",
            "reinstall",
            "delete",
        )
        kinds += ("browser_save_and_die", "browser_reload")
        for kind in kinds:
            n = sum(step.kind == kind for steps in self.steps.values() for step in steps)
            if n:
                parts.append(f"{n} × {kind}")
        return ", ".join(parts)


def draw(seed: int, run: int, ground: "Ground") -> Plan:
    """The plan of a run."""
    name = f"{seed}/{run}"
    rng = random.Random(name)
    phones: tuple[tuple[str, str], ...] = PHONES
    if rng.random() < 0.3:
        phones += (SPARE,)
    if rng.random() < 0.4:
        phones += (HEAD,)
    moves = rng.random() < 0.25
    steps: dict[str, tuple[Step, ...]] = {}
    people: dict[str, Person] = {}
    jumpy = set()
    for number, (label, person) in enumerate(phones):
        people[label] = Person(rng, ground, number, label, moves)
        steps[label] = people[label].steps(person)
        if any(step.kind == "clock" for step in steps[label]):
            jumpy.add(label)
    if rng.random() < 0.12:
        label = rng.choice(("manager", "agent", "other"))
        steps[label] = people[label].reinstalled(steps[label])
    elif rng.random() < 0.15:
        label = rng.choice(("manager", "agent", "other"))
        steps[label] = people[label].deleted(steps[label])
    clone = None
    if rng.random() < 0.15:
        label = rng.choice(("manager", "agent", "other"))
        clone = (label, rng.uniform(0.2, 1.5))
        person = dict(phones)[label]
        steps["clone"] = Person(rng, ground, len(phones), "clone", moves=False).few(person)
        if label in jumpy:
            jumpy.add("clone")
    process: list[tuple[float, str, float]] = []
    for chance, faults in ((0.45, PROCESS_FAULTS), (0.4, LINK_FAULTS)):
        if rng.random() < chance:
            fault = rng.choices(list(faults), list(faults.values()))[0]
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
        clone=clone,
        moves=moves,
        bank_full=(rng.uniform(0.2, 1.2), rng.uniform(0.4, 1.5)) if rng.random() < 0.06 else None,
    )


def browsing(plan: Plan, ground: "Ground", browsers: int) -> Plan:
    """The same run with real browsers in the hands of its first people, and fewer taps: they take seconds."""
    rng = random.Random(f"{plan.seed}/browsers")
    steps = dict(plan.steps)
    for label, _ in plan.phones[:browsers]:
        drawn: list[Step] = []
        kinds = ["save", "save", "save_and_die", "save_and_die", "reload"]
        rng.shuffle(kinds)
        for n, kind in enumerate(kinds):
            act = {
                "kind": "visit",
                "customer": rng.choice(ground.households["A"][:-1]),
                "mark": f"记{label}{n}密{ground.land:05d}",
            }
            given: dict[str, Any] = {} if kind == "reload" else {"act": act}
            if kind == "save_and_die":
                given["after"] = rng.choice((1, 5, 20, 60, 150, 300, 500))
            drawn.append(Step(0.1, f"browser_{kind}", given))
        steps[label] = tuple(drawn)
    return replace(plan, phones=PHONES, steps=steps, clone=None, moves=False, jumpy=plan.jumpy - set(PHONES))


@dataclass(frozen=True)
class Ground:
    """Where a run takes place. `land` stands in every mark, since a bank may see a run twice.

    `households` and `grids`: ids by the grid's letter, in a fixed order; the last household of A is the one
    that is split, merged and moved. `members`: ids of a household's members, its head first.
    """

    land: int
    households: dict[str, list[str]]
    grids: dict[str, str]
    members: dict[str, list[str]]


class Person:
    """Draws what one person taps."""

    def __init__(self, rng: random.Random, ground: Ground, number: int, label: str, moves: bool) -> None:
        self.rng = rng
        self.ground = ground
        self.number = number
        self.label = label
        self.moves = moves
        self.records: list[tuple[str, str]] = []

    def steps(self, person: str) -> tuple[Step, ...]:
        """A day's taps."""
        if person == "head":
            return tuple(self._step(n, HEAD_STEPS, "A") for n in range(self.rng.randint(6, 9)))
        letter = "B" if person == "other" else "A"
        drawn = [self._step(n, STEPS, letter) for n in range(self.rng.randint(6, 9))]
        drawn = [step for one in drawn for step in (self._twice(one) if _is_edit(one) else (one,))]
        if person == "other":
            drawn += [self._act("weigh", n, "B") for n in (20, 21)]
        if self.moves and self.label == "manager":
            for n, step in enumerate(self._moving()):
                drawn.insert(self.rng.randint(n, len(drawn)), step)
        return tuple(drawn)

    def few(self, person: str) -> tuple[Step, ...]:
        """What a cloned phone's holder taps."""
        letter = "B" if person == "other" else "A"
        return tuple(
            self._act(kind, n, letter) for n, kind in enumerate(("visit", "edit", "record", "visit"))
        )

    def reinstalled(self, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        """The phone is set up anew midway."""
        return self._emptied(steps, (Step(0.1, "reinstall"),))

    def deleted(self, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        """The phone's databases are thrown away midway; a visit follows, with which the bank hears of it."""
        delete = Step(0.1, "delete", {"what": self.rng.choice(("person", "all"))})
        return self._emptied(steps, (delete, self._act("visit", 30, "B" if self.label == "other" else "A")))

    def _emptied(self, steps: tuple[Step, ...], by: tuple[Step, ...]) -> tuple[Step, ...]:
        """What was recorded before does not stand on the emptied phone, where nobody can take it back."""
        at = self.rng.randrange(1, len(steps))
        before = {step.given["act"].get("record") for step in steps[:at] if "act" in step.given} - {None}
        after = [
            Step(step.pause, "sync") if step.given.get("act", {}).get("record") in before else step
            for step in steps[at:]
        ]
        return (*steps[:at], *by, *after)

    def _step(self, n: int, kinds: dict[str, int], letter: str) -> Step:
        kind = self.rng.choices(list(kinds), list(kinds.values()))[0]
        pause = self._pause()
        if kind in ("kill", "sync"):
            return Step(pause, kind)
        if kind == "power_cut":
            return Step(pause, kind, {"lose": self.rng.randint(1, 6)})
        if kind == "clock":
            ms = self.rng.choice((-TEN_YEARS_MS, TEN_YEARS_MS, -3_600_000, 3_600_000, 200_000_000))
            return Step(pause, kind, {"ms": ms})
        if kind == "drop_record" and not self.records:
            return Step(pause, "sync")
        if kind in ("save_and_die", "disk_full"):
            act = self._act("decide" if kinds is HEAD_STEPS else "visit", n, letter).given["act"]
            return Step(pause, kind, {"act": act, "after": self.rng.choice((0.0, 0.001, 0.005, 0.02, 0.08))})
        return self._act(kind, n, letter)

    def _id(self) -> str:
        """Of this land alone: a bank may see a run twice, and must not know its ids from before."""
        return str(UUID(int=self.rng.getrandbits(128) ^ (self.ground.land << 8), version=4))

    def _pause(self) -> float:
        return self.rng.choice((0.0, 0.0, 0.02, 0.1, 0.3))

    def _act(self, kind: str, n: int, letter: str) -> Step:
        """A tap on save."""
        rng, ground = self.rng, self.ground
        mark = f"记{self.label}{n}密{ground.land:05d}"
        customers = ground.households[letter]
        if letter == "A" and not self.moves:
            customers = customers[:-1]
        act: dict[str, Any] = {"kind": kind, "customer": rng.choice(customers), "mark": mark}
        if kind == "drop_record":
            asset, owner = self.records.pop(rng.randrange(len(self.records)))
            act = {"kind": kind, "record": asset, "customer": owner}
        elif kind == "record":
            act["record"] = self._id()
            self.records.append((act["record"], act["customer"]))
        elif kind == "create":
            act["grid"] = ground.grids[letter]
            act["phone"] = f"1990{ground.land % 1000:03d}{self.number}{n:03d}"
            del act["customer"]
        elif kind == "edit":
            del act["mark"]
            act |= {"field": FIELDS[self.label], "value": 100_000 * (1 + self.number + 20 * n)}
        elif kind == "contest":
            del act["mark"]
            act |= {
                "customer": customers[0],
                "field": CONTESTED,
                "value": 100_000 * (1 + self.number + 20 * n) + 7,
            }
        elif kind in ("decide", "weigh", "withdraw", "settle"):
            act |= {"nth": rng.randrange(6), "value": rng.randrange(2)}
            if kind == "settle":
                act |= {
                    "field": CONTESTED,
                    "value": rng.randrange(3),
                    "third": 100_000 * (1 + self.number + 20 * n) + 9,
                }
            del act["customer"]
        elif kind in ("visit", "hand_in"):
            act["photo"] = rng.choice(SIDES) if rng.random() < PHOTOS else 0
            act["signature"] = rng.choice(SIGNATURE_SIDES) if rng.random() < SIGNATURES else 0
            act["voice"] = rng.choice(VOICE_MS) if rng.random() < VOICES else 0
            act["nth"] = rng.randrange(2)
        return Step(self._pause(), "save", {"act": act})

    def _twice(self, step: Step) -> tuple[Step, Step]:
        """The same person types twice: what was typed last must stand."""
        act = step.given["act"]
        again = act | {"value": act["value"] + 1_000_000}
        return step, Step(step.pause, "save", {"act": again})

    def _moving(self) -> list[Step]:
        """What becomes of the last household of A while others work on it."""
        *_, beside, moved = self.ground.households["A"]
        new = self._id()
        mark = f"记迁密{self.ground.land:05d}"
        splits = {
            "kind": "split",
            "customer": moved,
            "other": new,
            "member": self.ground.members[moved][1],
            "mark": mark,
        }
        merges = {"kind": "merge", "customer": moved, "other": beside, "mark": mark}
        back = {"kind": "unmerge", "customer": moved, "mark": mark}
        away = {"kind": "move", "customer": moved, "grid": self.ground.grids["B"], "mark": mark}
        ways = ([splits], [merges], [merges, back], [away], [splits, merges, back], [merges, back, away])
        return [Step(self._pause(), "save", {"act": act}) for act in self.rng.choice(ways)]


def _is_edit(step: Step) -> bool:
    return step.kind == "save" and step.given["act"]["kind"] == "edit"
