"""./scripts/test itself: a stage that fails, hangs, cannot start or finds no tests fails the whole run."""

import re
import sys
from collections import Counter
from pathlib import Path

import psutil
import pytest

from backend.embedded.processes import wait_until
from tests.support.quick import ALWAYS, always, needs_database
from tests.support.stages import ROOT, Outcome, Runner, Stage, count, main, stages, summary, telling

LINE = re.compile(r"^\d+ passed.*$", re.MULTILINE)


def python(name: str, code: str, counts: re.Pattern[str] | None = None, minutes: float = 1.0) -> Stage:
    return Stage(name, (sys.executable, "-c", code), Path.cwd(), counts, minutes)


def run(stage: Stage, folder: Path) -> Outcome:
    return Runner(folder, width=10, colour=False).run(stage)


def test_a_stage_that_succeeds_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outcome = run(python("fine", "print('3 passed, 1 skipped in 2.0s')", LINE), tmp_path)
    assert (outcome.reason, outcome.tests) == ("", {"passed": 3, "skipped": 1})
    assert re.fullmatch(r"ok   fine +0:\d\d  3 passed, 1 skipped\n", capsys.readouterr().out)
    assert "3 passed" in (tmp_path / "fine.log").read_text()


@pytest.mark.parametrize(
    ("stage", "reason"),
    [
        (python("bad", "raise SystemExit(3)"), "exit code 3"),
        (python("empty", "print('0 passed')", LINE), "no test ran"),
        (python("silent", "pass", LINE), "no test ran"),
        (python("skipping", "print('0 passed, 9 skipped')", LINE), "no test ran"),
        (python("hanging", "import time; time.sleep(600)", minutes=0.01), "not ready after 0.01 minutes"),
        (Stage("missing", ("/no/such/program",)), "/no/such/program cannot be started"),
        (Stage("needy", ("true",), needs=("TIANGE_NOT_SET", "run this")), "run this"),
    ],
    ids=lambda value: value.name if isinstance(value, Stage) else "",
)
def test_everything_else_fails(stage: Stage, reason: str, tmp_path: Path) -> None:
    assert run(stage, tmp_path).reason.startswith(reason)


def test_what_a_stage_left_running_is_ended(tmp_path: Path) -> None:
    left = "import subprocess, sys; print(subprocess.Popen(['sleep', '600']).pid)"
    run(python("untidy", left), tmp_path)
    pid = int((tmp_path / "untidy.log").read_text())
    assert wait_until(lambda: not _runs(pid), 30.0)


@pytest.mark.parametrize("mark", ["⎯⎯ Failed Tests 1 ⎯⎯", "=== FAILURES ==="])
@pytest.mark.parametrize("cause_lines", [5, 500])
def test_the_cause_is_told_however_many_tests_passed_before(mark: str, cause_lines: int) -> None:
    passed = [f"ok {n}" for n in range(900)]
    told = telling("\n".join([*passed, mark, "the cause", *["more"] * cause_lines, "1 failed"]))
    assert told.splitlines()[:2] == [mark, "the cause"]
    assert told.endswith("1 failed")
    assert len(told.splitlines()) <= 61
    assert "ok 899" not in told


def test_a_stage_without_a_list_of_failures_tells_its_end() -> None:
    assert telling("\n".join(str(n) for n in range(900))).splitlines() == [str(n) for n in range(840, 900)]


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_the_run_fails_with_one_stage_and_shows_what_it_said(capsys: pytest.CaptureFixture[str]) -> None:
    lanes = [[python("fine", "print('3 passed in 1s')", LINE)], [python("bad", "exit('what it said')")]]
    assert main([], choose=lambda *_: (lanes, [])) == 1
    out = capsys.readouterr().out
    assert "--- bad: exit code 1\nwhat it said" in out
    assert re.search(r"1 of 2 stages passed; failed: bad\n3 passed, 1 failed, 0 skipped in 0:\d\d\n$", out)


def test_the_run_passes_if_all_do(capsys: pytest.CaptureFixture[str]) -> None:
    lanes = [[python("fine", "print('3 passed in 1s')", LINE)], [python("check", "")]]
    assert main([], choose=lambda *_: (lanes, [])) == 0
    assert re.search(r"2 of 2 stages passed\n3 passed, 0 failed, 0 skipped in", capsys.readouterr().out)


def test_an_unknown_stage_is_named() -> None:
    with pytest.raises(SystemExit, match=r"There is no stage pytets\. There are: .*pytest"):
        main(["pytets"])


def test_what_pytest_and_vitest_say_is_counted() -> None:
    lanes, last = stages(quick=False)
    patterns = {stage.name: stage.counts for lane in [*lanes, last] for stage in lane}
    by_pytest, by_vitest, by_faults = patterns["pytest"], patterns["vitest"], patterns["faults"]
    assert by_pytest is not None
    assert by_vitest is not None
    assert by_faults is not None
    assert count(by_faults, "0 lost, 1 doubled\n29 passed, 1 failed in 240 s\n") == {
        "passed": 29,
        "failed": 1,
    }
    assert count(by_pytest, "x\n====== 2 failed, 30 passed, 1 skipped in 9.15s =====\n") == {
        "failed": 2,
        "passed": 30,
        "skipped": 1,
    }
    assert count(by_pytest, "44 passed in 61.47s (0:01:01)\n") == {"passed": 44}
    assert count(by_pytest, "======= 1 passed, 3 errors in 0.10s =======\n") == {"passed": 1, "failed": 3}
    assert count(by_pytest, "no tests ran in 0.01s\n") == {}
    assert count(by_vitest, " Test Files  2 passed (2)\n      Tests  1 failed | 12 passed (13)\n") == {
        "failed": 1,
        "passed": 12,
    }


def test_quick_leaves_out_only_the_faults_the_browser_with_its_build_and_the_slow_tests() -> None:
    (quick, none), (full, alone) = stages(quick=True), stages(quick=False)
    assert [stage.name for stage in alone] == ["faults", "build", "e2e"]
    assert none == []
    assert [stage.name for stage in stages(quick=False, long=True)[1]] == [
        "faults",
        "build",
        "e2e",
        "e2e long",
    ]
    assert [[stage.name for stage in lane] for lane in quick] == [
        [stage.name for stage in lane] for lane in full
    ]


def test_quick_has_one_test_with_a_database_of_each_file_and_all_of_some(
    request: pytest.FixtureRequest,
) -> None:
    assert all((ROOT / name).is_file() for name in ALWAYS)
    kept = [one for one in request.session.items if not one.get_closest_marker("slow")]
    each = Counter(one.path for one in kept if needs_database(one) and not always(one))
    assert set(each.values()) <= {1}
    drawn_in = {one.path for one in request.session.items if always(one)}
    assert drawn_in <= {one.path for one in kept}


def test_a_failing_check_without_tests_counts_as_a_failure() -> None:
    bad = Outcome(Stage("ruff", ("ruff",)), reason="exit code 1")
    good = Outcome(Stage("pytest", ("pytest",)), tests={"passed": 5})
    assert (
        summary([bad, good], 61.0)
        == "1 of 2 stages passed; failed: ruff\n5 passed, 1 failed, 0 skipped in 1:01"
    )
