"""What many runs came to: each is noted as a line of JSON; lines of several series are summed up alike."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.faults.case import KINDS
from tests.faults.run import Outcome

FILE = "runs.jsonl"
#: waits that are told of the slowest runs
MOST_TOLD = 3
SLOWEST = 5
NUMBERS = ("saved", "quarantined", "suggested", "declared_lost", "rows", "files")


def noted(outcome: Outcome, seed: int, mode: str) -> dict[str, Any]:
    """An outcome as it is kept. Times in seconds."""
    verdict, plan = outcome.verdict, outcome.plan
    return {
        "seed": seed,
        "run": plan.run,
        "mode": mode,
        "faults": {kind: found for kind, found in verdict.faults.items() if found},
        "saved": verdict.saved,
        "quarantined": verdict.quarantined,
        "suggested": verdict.suggested,
        "declared_lost": verdict.declared_lost,
        "rows": verdict.rows,
        "files": verdict.photos,
        "harms": dict(outcome.harms),
        "results": dict(verdict.results),
        "plan": plan.told(),
        "seconds": round(outcome.seconds, 1),
        "healing": round(outcome.healing, 2),
        "healing_own": round(outcome.healing_own, 2),
        "machine": outcome.machine,
        "waits": {
            what: round(took, 2) for what, took in sorted(outcome.waits.items(), key=lambda one: -one[1])
        },
        "acts": dict(outcome.acts),
    }


class Tally:
    """The runs of one call, and of those before it where a folder is given."""

    def __init__(self, seed: int, mode: str, folder: Path | None) -> None:
        self.seed, self.mode = seed, mode
        self.lines: list[dict[str, Any]] = []
        self.file = folder / FILE if folder else None
        if folder:
            folder.mkdir(parents=True, exist_ok=True)

    def note(self, outcome: Outcome) -> None:
        """One more run; it is in the file before the next begins."""
        self._add(noted(outcome, self.seed, self.mode))

    def failed(self, run: int, error: Exception) -> None:
        """A run that came to no verdict counts as one that is not clean."""
        what = f"not judged: {type(error).__name__}: {error}"[:600]
        zero = dict.fromkeys(NUMBERS, 0) | dict.fromkeys(("seconds", "healing", "healing_own"), 0.0)
        sums: dict[str, Any] = {name: {} for name in ("harms", "results", "waits", "acts")}
        words = {"plan": "", "machine": "", "mode": self.mode}
        self._add({"seed": self.seed, "run": run, "faults": {"error": [what]}, **zero, **sums, **words})

    def _add(self, line: dict[str, Any]) -> None:
        self.lines.append(line)
        if self.file:
            with self.file.open("a") as file:
                file.write(json.dumps(line, ensure_ascii=False) + "\n")


def read(folder: Path) -> list[dict[str, Any]]:
    """All runs noted in a folder; a line that a kill cut short counts for nothing."""
    found = []
    file = folder / FILE
    for line in file.read_text().splitlines() if file.exists() else ():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found


def unclean(lines: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Runs in which something was found."""
    return [line for line in lines if line["faults"]]


def told(lines: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The sums, line by line. Needs one run at least."""
    modes = Counter(line["mode"] for line in lines)
    if len(modes) > 1:
        yield f"runs: {_counted(modes)}"
    yield f"harmed requests: {_counted(_summed(lines, 'harms')) or 'none'}"
    yield f"taps on save: {_counted(_summed(lines, 'acts'))}"
    yield f"commands at the bank: {_counted(_summed(lines, 'results'))}"
    total = {name: sum(line[name] for line in lines) for name in NUMBERS}
    yield f"{total['saved']} saved, {total['quarantined']} in quarantine, {total['suggested']} suggested"
    yield f"{total['declared_lost']} went with a deleted database, and the bank was told"
    yield f"{total['rows']} rows compared, {total['files']} files looked at"
    for name, what in (("healing", "on the wall"), ("healing_own", "as machine.py counts")):
        took = sorted(line[name] for line in lines)
        yield (
            f"all was well after the last fault within p50 {share(took, 0.5):.1f} s, "
            f"p95 {share(took, 0.95):.1f} s, at the latest {took[-1]:.1f} s ({what})"
        )
    for line in sorted(lines, key=lambda line: -line["healing_own"])[:SLOWEST]:
        waits = list(line["waits"].items())[:MOST_TOLD]
        why = ", ".join(f"{what} {took:.1f} s" for what, took in waits)
        yield f"  slow: seed {line['seed']} run {line['run']}, {line['healing_own']:.1f} s: {why}"
    faults = Counter({kind: sum(len(line["faults"].get(kind, ())) for line in lines) for kind in KINDS})
    yield ", ".join(f"{faults[kind]} {kind}" for kind in KINDS)


def share(ordered: Sequence[float], part: float) -> float:
    """The value below which `part` of them lie; the nearest of those that are there."""
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def _summed(lines: Iterable[Mapping[str, Any]], name: str) -> Counter[str]:
    total: Counter[str] = Counter()
    for line in lines:
        total.update(line.get(name, {}))
    return total


def _counted(many: Counter[str]) -> str:
    return ", ".join(f"{n} {what}" for what, n in many.most_common())
