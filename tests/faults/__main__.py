"""./scripts/faults: runs of the fault harness, and the proof by planted bugs that its judge can fail."""

import argparse
import asyncio
import random
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import uvloop
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError

from tests.faults.bank import ROOT, Bank, free_port
from tests.faults.land import Registrar
from tests.faults.machine import Machine
from tests.faults.phones import build_browser, build_driver
from tests.faults.plants import PLANTED
from tests.faults.run import Outcome, Series, Storm
from tests.faults.sql import DOWN
from tests.faults.tally import Tally, read, told, unclean

MOST_TOLD = 6
TRIES = 3
#: the harness's own connections, not the product's
HARNESS_CUT = (*DOWN, DBAPIError, RedisError)


def main(arguments: Sequence[str]) -> int:
    """0 if every run was clean, or every planted bug was caught."""
    parser = argparse.ArgumentParser(prog="./scripts/faults")
    parser.add_argument(
        "--runs", type=int, default=30, help="how many runs (30); with --planted at most so many a bug"
    )
    parser.add_argument("--seed", type=int, default=None, help="draws every run's taps and faults; printed")
    parser.add_argument("--only", type=int, default=None, metavar="RUN", help="replay this run alone")
    parser.add_argument("--planted", action="store_true", help="each planted bug must be caught")
    parser.add_argument("--bug", default="", help="with --planted: this one only")
    parser.add_argument("--first", type=int, default=1, metavar="RUN", help="number of the first run (1)")
    parser.add_argument(
        "--into", type=Path, default=None, metavar="FOLDER", help="note each run there, and sum"
    )
    parser.add_argument(
        "--goal",
        type=int,
        default=0,
        metavar="N",
        help="with --into: chunks of --runs until N are noted there; called again it goes on",
    )
    parser.add_argument("--sum", type=Path, default=None, metavar="FOLDER", help="sum up what is noted there")
    parser.add_argument("--logs", type=Path, default=None, help="keep the bank's logs in this folder")
    parser.add_argument(
        "--beside",
        type=int,
        default=1,
        help="runs at a time on one bank, which share faults of its processes (1)",
    )
    parser.add_argument("--restores", action="store_true", help="each run sees a backup restored")
    parser.add_argument("--durable", action="store_true", help="each commit reaches the disk (fsync)")
    parser.add_argument("--chromium", type=int, default=0, metavar="N", help="N runs with two real browsers")
    given = parser.parse_args(arguments)
    if given.sum:
        return _summed(given.sum)
    if given.goal and not given.into:
        parser.error("--goal needs --into FOLDER")
    if given.chromium:
        given.runs, given.beside = given.chromium, 1
    if given.restores:
        given.beside = 1  # a restored database is everybody's
    seed = given.seed if given.seed is not None else random.SystemRandom().randrange(1_000_000)
    if given.goal:
        return _until(given, seed)
    return _chunk(given, seed)


def _chunk(given: argparse.Namespace, seed: int) -> int:
    """Some runs on one bank."""
    print(f"seed {seed} (repeat: ./scripts/faults --runs {given.runs} --seed {seed})", flush=True)
    with tempfile.TemporaryDirectory(prefix="tiange-phones-") as folder:
        return uvloop.run(_all(given, seed, Path(folder)))


def _until(given: argparse.Namespace, seed: int) -> int:
    """Chunk after chunk, each on a bank and with a seed of its own, until so many runs are noted."""
    chunk = given.runs
    while (have := len(read(given.into))) < given.goal:
        given.runs = min(chunk, given.goal - have)
        _chunk(given, seed + have)
    return _summed(given.into)


async def _all(given: argparse.Namespace, seed: int, folder: Path) -> int:
    # ended by a signal it takes the bank with it
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    driver = build_driver(folder)
    app = ROOT / "pwa" / "dist" if given.chromium else None
    if app is not None and not (app / "index.html").exists():
        print("The app is not built. Run: cd pwa && npm run build", flush=True)
        return 2
    phones_at = free_port() if given.chromium else 0
    async with Machine() as machine, Bank(durable=given.durable, app=app, phones_at=phones_at) as bank:
        registrar = Registrar(bank.home, bank.urls, bank.clock_file)
        series = Series(bank, driver, registrar, machine, seed, folder, restores=given.restores)
        if given.chromium:
            series.browsers, series.phones_at = 2, phones_at
            series.browser_driver = build_browser(folder)
        try:
            if given.planted:
                return await _planted(series, [given.bug] if given.bug else list(PLANTED), given.runs)
            runs = list(range(given.first, given.first + given.runs)) if given.only is None else [given.only]
            return await _plain(series, runs, given.beside, Tally(seed, _mode(given), given.into))
        finally:
            await registrar.close()
            if given.logs is not None:
                given.logs.mkdir(parents=True, exist_ok=True)
                for name, text in bank.logs().items():
                    (given.logs / f"{name}.log").write_text(text)


async def _plain(series: Series, runs: Sequence[int], beside: int, tally: Tally) -> int:
    began = time.monotonic()
    places = asyncio.Semaphore(beside)

    async def one(run: int) -> None:
        async with places:
            try:
                outcome = await _weathered(series, run)
            except Exception as error:  # noqa: BLE001 - one run that could not be judged ends no series
                traceback.print_exc()
                tally.failed(run, error)
                print(f"run {run:>4}  not judged: {error}", flush=True)
                return
        tally.note(outcome)
        _tell(outcome)

    await asyncio.gather(*(one(run) for run in runs))
    wires: Counter[str] = Counter()
    for name, link in series.bank.links.items():
        wires.update({f"{what} ({name})": n for what, n in link.done.items()})
    print(f"\nharmed links: {', '.join(f'{n} {what}' for what, n in wires.most_common()) or 'none'}")
    for line in told(tally.lines):
        print(line)
    bad = unclean(tally.lines)
    for number in sorted(one["run"] for one in bad):
        print(f"repeat: ./scripts/faults{_MODES[tally.mode]} --seed {series.seed} --only {number}")
    print(
        f"{len(tally.lines) - len(bad)} passed, {len(bad)} failed in {time.monotonic() - began:.0f} s",
        flush=True,
    )
    return 1 if bad else 0


#: how a run of each mode is asked for again
_MODES = {"": "", "restores": " --restores", "durable": " --durable", "chromium": " --chromium 1"}


def _mode(given: argparse.Namespace) -> str:
    return next((mode for mode in _MODES if mode and getattr(given, mode)), "")


def _summed(folder: Path) -> int:
    lines = read(folder)
    if not lines:
        print(f"nothing is noted in {folder}")
        return 2
    for line in told(lines):
        print(line)
    bad = unclean(lines)
    for run in bad:
        again = f"./scripts/faults{_MODES[run['mode']]} --seed {run['seed']} --only {run['run']}"
        print(f"{again}: {run['faults']}; {run['machine']}")
    print(f"{len(lines) - len(bad)} passed, {len(bad)} failed")
    return 1 if bad else 0


async def _weathered(series: Series, run: int) -> Outcome:
    """A run's outcome; where a neighbour's fault cut the harness's own connections it is made again."""
    for left in reversed(range(TRIES)):
        try:
            return await Storm(series, run).weather()
        except HARNESS_CUT as error:
            if not left:
                raise
            print(f"run {run:4d}  again: the harness itself was cut off ({type(error).__name__})", flush=True)
    raise AssertionError("unreachable")


def _tell(outcome: Outcome) -> None:
    plan, verdict = outcome.plan, outcome.verdict
    took = f"{outcome.seconds:4.1f} s"
    print(f"run {plan.run:>4}  {verdict.told():<24} {verdict.saved:>3} saved  {took}  {plan.told()}")
    if not verdict.clean:
        print(f"          the machine meanwhile: {outcome.machine}")
    for kind, found in verdict.faults.items():
        for what in found[:MOST_TOLD]:
            print(f"          {kind}: {what}")
        if len(found) > MOST_TOLD:
            print(f"          {kind}: … and {len(found) - MOST_TOLD} more")
    sys.stdout.flush()


async def _planted(series: Series, bugs: Sequence[str], most: int) -> int:
    missed = 0
    for bug in bugs:
        what, kinds = PLANTED[bug]
        series.plant = bug
        for run in range(1, most + 1):
            outcome = await Storm(series, run).weather()
            caught = [kind for kind in kinds if outcome.verdict.faults.get(kind)]
            if caught:
                print(
                    f"caught  {bug:<24} in run {run:>2}: {what}: {outcome.verdict.faults[caught[0]][0]}",
                    flush=True,
                )
                break
        else:
            missed += 1
            print(f"MISSED  {bug:<24} in {most} runs: {what}", flush=True)
    print(f"{len(bugs) - missed} passed, {missed} failed", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
