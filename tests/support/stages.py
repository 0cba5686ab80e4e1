"""The stages of ./scripts/test: two lanes side by side (Python, Node), then the browser; one line each.

Not run by hand: ./scripts/test sets up what the stages need.
"""

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TAIL_LINES = 60

_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_COUNT = re.compile(r"(\d+) (passed|failed|errors?|skipped|todo)\b")
_FAILURES = re.compile(r"Failed (?:Tests|Suites) \d|^=+ (?:FAILURES|ERRORS) =+$")
_WORDS = {"error": "failed", "errors": "failed", "todo": "skipped"}


@dataclass(frozen=True)
class Stage:
    """One command. `counts` finds the line in which it tells its tests; None for a check without tests."""

    name: str
    command: tuple[str, ...]
    folder: Path = ROOT
    counts: re.Pattern[str] | None = None
    minutes: float = 10.0
    #: what must be in the environment, and what to say if it is not
    needs: tuple[str, str] | None = None


@dataclass
class Outcome:
    """How a stage went. `reason` is empty where it passed."""

    stage: Stage
    seconds: float = 0.0
    reason: str = ""
    tests: dict[str, int] = field(default_factory=dict)
    skips: list[str] = field(default_factory=list)
    output: str = ""


def stages(quick: bool, long: bool = False) -> tuple[list[list[Stage]], list[Stage]]:
    """The lanes that run side by side, and what runs alone after them; `long` adds the long browser tests."""
    here = Path(sys.executable).parent
    python, pwa = str(sys.executable), ROOT / "pwa"
    e2e, phone = ROOT / "tests" / "e2e", ROOT / "tests" / "faults" / "phone"
    packages = pwa / "node_modules"

    def eslint(name: str) -> tuple[str, ...]:
        """What is kept goes by content, rules and version: it cannot hide a fault."""
        kept = f"{packages}/.cache/eslint-{name}/"
        cached = ("--cache", "--cache-strategy", "content", "--cache-location", kept)
        return ("node", f"{packages}/eslint/bin/eslint.js", ".", "--max-warnings", "0", *cached)

    def tsc(name: str, folder: Path) -> tuple[str, ...]:
        kept = ("--incremental", "--tsBuildInfoFile", f"{packages}/.cache/tsc/{name}.tsbuildinfo")
        return ("node", f"{packages}/typescript/bin/tsc", "--noEmit", "-p", str(folder), *kept)

    pytest_line = re.compile(r"^=* ?\d+ (?:passed|failed|error|skipped).* in [\d.]+s.*$", re.MULTILINE)
    vitest_line = re.compile(r"^ *Tests +.*$", re.MULTILINE)
    # how often a test draws its faults: 10 where the full run takes 25, unless somebody asks for more
    short = ("env", "FC_RUNS=10", "FC_SEED=1") if quick and "FC_RUNS" not in os.environ else ()
    # each process begins with half the files, so that what files share (a county) is mostly made once
    shared = ("-n", "2", "--dist", "worksteal")
    lane_python = [
        Stage("ruff", (str(here / "ruff"), "check", ".")),
        Stage("ruff format", (str(here / "ruff"), "format", "--check", ".")),
        Stage("import-linter", (str(here / "lint-imports"),)),
        Stage("mypy", (str(here / "mypy"),)),
        Stage(
            "pytest",
            (python, "-m", "pytest", *shared, "--durations=60", *(("-m", "not slow") if quick else ())),
            counts=pytest_line,
            minutes=40.0,
        ),
    ]
    lane_node = [
        Stage("eslint", ("npm", "run", "--silent", "lint"), pwa),
        Stage("eslint e2e", eslint("e2e"), e2e),
        Stage("eslint faults", eslint("faults"), phone),
        Stage("vue-tsc", ("npm", "run", "--silent", "typecheck"), pwa),
        Stage("tsc e2e", tsc("e2e", e2e), pwa),
        Stage("tsc faults", tsc("faults", phone), pwa),
        Stage("dependency-cruiser", ("npm", "run", "--silent", "deps"), pwa),
        Stage("vitest", (*short, "npm", "run", "--silent", "test"), pwa, counts=vitest_line),
    ]
    runs_line = re.compile(r"^\d+ passed, \d+ failed in \d+ s$", re.MULTILINE)
    # one seed for every landing: a red one is then known to be new. ./scripts/faults draws a fresh one
    faults = Stage(
        "faults",
        (python, "-m", "tests.faults", "--runs", "30", "--seed", "1", "--beside", "3"),
        counts=runs_line,
        minutes=20.0,
    )
    build = Stage("build", ("npm", "run", "--silent", "build"), pwa)
    walk = ("node", "node_modules/vitest/vitest.mjs", "run", "--config", "../tests/e2e/vitest.config.mjs")

    def browser(name: str, *before: str) -> Stage:
        return Stage(
            name,
            (*before, *walk),
            pwa,
            counts=vitest_line,
            minutes=45.0,
            needs=("TIANGE_BROWSER", "no Chromium was found. Run: sudo apt install chromium fonts-noto-cjk"),
        )

    after = [
        faults,
        build,
        browser("e2e"),
        *([browser("e2e long", "env", "TIANGE_E2E=long")] if long else []),
    ]
    return [lane_python, lane_node], [] if quick else after


class Runner:
    """Runs stages and prints a line for each as it ends."""

    def __init__(self, results: Path, width: int, colour: bool) -> None:
        self._results = results
        self._width = width
        self._colour = colour
        self._print_lock = threading.Lock()
        self._running: set[int] = set()
        self._stopped = False

    def lane(self, chosen: Sequence[Stage]) -> list[Outcome]:
        """The stages one after the other; a failing one does not keep the next from running."""
        return [self.run(stage) for stage in chosen if not self._stopped]

    def run(self, stage: Stage) -> Outcome:
        """Runs one stage to its end or its time limit."""
        outcome = Outcome(stage)
        began = time.monotonic()
        if stage.needs is not None and not os.environ.get(stage.needs[0]):
            outcome.reason = stage.needs[1]
        else:
            self._run(stage, outcome)
        outcome.seconds = time.monotonic() - began
        self._tell(outcome)
        return outcome

    def stop(self) -> None:
        """Ends everything that runs."""
        self._stopped = True
        for group in list(self._running):
            _kill(group)

    def _run(self, stage: Stage, outcome: Outcome) -> None:
        path = self._results / f"{stage.name.replace(' ', '-')}.log"
        with path.open("wb") as log:
            try:
                process = subprocess.Popen(
                    stage.command,
                    cwd=stage.folder,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env=_environment(),
                    start_new_session=True,
                )
            except OSError as error:
                outcome.reason = f"{stage.command[0]} cannot be started: {error.strerror}"
                return
            self._running.add(process.pid)
            try:
                code: int | None = process.wait(stage.minutes * 60)
            except subprocess.TimeoutExpired:
                code = None
            finally:
                _kill(process.pid)
                process.wait()
                self._running.discard(process.pid)
        outcome.output = _ANSI.sub("", path.read_text(errors="replace"))
        if code is None:
            outcome.reason = f"not ready after {stage.minutes:g} minutes"
        elif code != 0:
            outcome.reason = f"exit code {code}"
        if stage.counts is not None:
            outcome.tests = count(stage.counts, outcome.output)
            outcome.skips = re.findall(r"^SKIPPED .*$", outcome.output, re.MULTILINE)
            if not outcome.reason and not outcome.tests.get("passed"):
                outcome.reason = "no test ran"

    def _tell(self, outcome: Outcome) -> None:
        mark = self._paint("ok  ", 32) if not outcome.reason else self._paint("FAIL", 31)
        told = outcome.reason or told_counts(outcome.tests)
        line = f"{mark} {outcome.stage.name:<{self._width}} {clock(outcome.seconds):>6}  {told}".rstrip()
        with self._print_lock:
            print(line, flush=True)

    def _paint(self, text: str, number: int) -> str:
        return f"\x1b[{number}m{text}\x1b[0m" if self._colour else text


def count(line: re.Pattern[str], output: str) -> dict[str, int]:
    """Tests passed, failed and skipped, from the last line of `output` that tells them."""
    told = line.findall(output)
    counted: dict[str, int] = {}
    for number, word in _COUNT.findall(told[-1]) if told else []:
        name = _WORDS.get(word, word)
        counted[name] = counted.get(name, 0) + int(number)
    return counted


def telling(output: str) -> str:
    """What a failing stage has to say: its end; with a list of failed tests also that list's beginning, which
    the names of those that passed would else push out of sight."""
    lines = output.rstrip().splitlines()
    listed = next((n for n, line in enumerate(lines) if _FAILURES.search(line)), None)
    if listed is None or len(lines) - listed <= TAIL_LINES:
        return "\n".join(lines[-TAIL_LINES:] if listed is None else lines[listed:])
    half = TAIL_LINES // 2
    return "\n".join([*lines[listed : listed + half], "…", *lines[-half:]])


def told_counts(tests: dict[str, int]) -> str:
    """`12 passed, 1 failed`, or nothing where there were no tests."""
    return ", ".join(f"{tests[word]} {word}" for word in ("passed", "failed", "skipped") if tests.get(word))


def clock(seconds: float) -> str:
    """Minutes and seconds."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def summary(outcomes: Sequence[Outcome], seconds: float) -> str:
    """The last two lines: stages, then tests over all stages, in the words of pytest."""
    bad = [outcome.stage.name for outcome in outcomes if outcome.reason]
    total = {
        word: sum(outcome.tests.get(word, 0) for outcome in outcomes)
        for word in ("passed", "failed", "skipped")
    }
    # a failing check without tests is a failure too
    total["failed"] += sum(1 for outcome in outcomes if outcome.reason and not outcome.tests.get("failed"))
    stages_line = f"{len(outcomes) - len(bad)} of {len(outcomes)} stages passed"
    if bad:
        stages_line += f"; failed: {', '.join(bad)}"
    tests_line = f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped"
    return f"{stages_line}\n{tests_line} in {clock(seconds)}"


def _environment() -> dict[str, str]:
    tools = str(Path(sys.executable).parent)
    given = {"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", "CI": "true", "NO_COLOR": "1"}
    return {**os.environ, **given, "TIANGE_DEV_PYTHON": sys.executable}


def _kill(group: int) -> None:
    """Ends what a stage left running in its process group."""
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def _results() -> Path:
    for folder in (ROOT / "test-results", Path(tempfile.gettempdir()) / f"tiange-test-results-{os.getuid()}"):
        try:
            folder.mkdir(exist_ok=True)
            (folder / ".probe").touch()
            (folder / ".probe").unlink()
        except OSError:
            continue
        return folder
    return Path(tempfile.mkdtemp(prefix="tiange-test-results-"))


def _chosen(
    stage_names: Sequence[str], quick: bool, long: bool = False
) -> tuple[list[list[Stage]], list[Stage]]:
    later = {"faults", "build", "e2e", "e2e long"} & set(stage_names)
    lanes, last = stages(quick and not later, long or "e2e long" in later)
    known = {stage.name for lane in [*lanes, last] for stage in lane}
    unknown = set(stage_names) - known
    if unknown:
        raise SystemExit(
            f"There is no stage {', '.join(sorted(unknown))}. There are: {', '.join(sorted(known))}"
        )

    def wanted(stage: Stage) -> bool:
        return not stage_names or stage.name in stage_names

    return [[one for one in lane if wanted(one)] for lane in lanes], [one for one in last if wanted(one)]


def main(
    arguments: Sequence[str], *, choose: Callable[..., tuple[list[list[Stage]], list[Stage]]] = _chosen
) -> int:
    """Runs the chosen stages; 0 if all passed."""
    parser = argparse.ArgumentParser(prog="./scripts/test")
    parser.add_argument("--quick", action="store_true", help="leave out the browser and the slow tests")
    parser.add_argument("--long", action="store_true", help="with the long browser tests")
    parser.add_argument("--list", action="store_true", help="name the stages")
    parser.add_argument("stage", nargs="*", help="only these")
    given = parser.parse_args(arguments)
    lanes, last = choose(given.stage, given.quick, given.long)
    everything = [stage for lane in [*lanes, last] for stage in lane]
    if given.list:
        print("\n".join(stage.name for stage in everything))
        return 0
    results = _results()
    runner = Runner(results, max(len(stage.name) for stage in everything), sys.stdout.isatty())

    def interrupted(number: int, _frame: object) -> None:
        runner.stop()
        raise SystemExit(128 + number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)

    began = time.monotonic()
    with ThreadPoolExecutor(len(lanes)) as pool:
        outcomes = [outcome for lane in pool.map(runner.lane, lanes) for outcome in lane]
    outcomes += runner.lane(last)
    for outcome in outcomes:
        for line in outcome.skips:
            print(f"     {outcome.stage.name}: {line}")
    for outcome in outcomes:
        if outcome.reason:
            print(f"\n--- {outcome.stage.name}: {outcome.reason}")
            print(telling(outcome.output))
    print(f"\nWhat each stage said: {results}")
    print(summary(outcomes, time.monotonic() - began), flush=True)
    return 1 if any(outcome.reason for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
