"""What is told of many runs, and what the machine's state does to a bound."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

from tests.faults.case import Verdict
from tests.faults.evidence import read_ledger
from tests.faults.machine import Machine
from tests.faults.plan import Plan, Step
from tests.faults.run import Outcome
from tests.faults.tally import Tally, read, share, told, unclean
from tests.faults.test_evidence import planned


def outcome(run: int, healing: float, **found: list[str]) -> Outcome:
    verdict = Verdict(saved=3, rows=10, results=Counter({"visit.log applied": 2}))
    for kind, what in found.items():
        verdict.faults[kind] = what
    return Outcome(
        planned(run), verdict, healing=healing, healing_own=healing / 2, waits={"for jobs": healing}
    )


def test_runs_of_several_calls_are_summed_up_and_a_line_cut_short_counts_for_nothing(tmp_path: Path) -> None:
    first, second = Tally(1, "", tmp_path), Tally(2, "durable", tmp_path)
    for run in range(1, 20):
        first.note(outcome(run, float(run)))
    second.note(outcome(20, 20.0, lost=["a visit"]))
    with (tmp_path / "runs.jsonl").open("a") as file:
        file.write('{"seed": 3, "run"')
    lines = read(tmp_path)
    assert [line["run"] for line in lines] == list(range(1, 21))
    assert [(line["seed"], line["run"]) for line in unclean(lines)] == [(2, 20)]
    said = "\n".join(told(lines))
    assert "60 saved" in said
    assert "40 visit.log applied" in said
    assert "p50 11.0 s, p95 20.0 s, at the latest 20.0 s" in said
    assert "1 lost, 0 doubled" in said
    assert "seed 2 run 20, 10.0 s: for jobs 20.0 s" in said


def test_a_share_of_few_values_is_one_of_them() -> None:
    assert [share([1.0], part) for part in (0.0, 0.5, 0.95, 1.0)] == [1.0] * 4
    assert share([1.0, 2.0], 0.95) == 2.0


def test_a_second_counts_less_where_more_processes_want_a_core() -> None:
    now, wanting = [0.0], [1]
    machine = Machine(lambda: wanting[0], cores=2, clock=lambda: now[0])
    mark = machine.mark()
    now[0], wanting[0] = 10.0, 2
    assert mark.own_seconds == 10.0
    now[0], wanting[0] = 20.0, 8
    reading = machine.since(mark)
    assert (reading.seconds, reading.own, reading.most) == (20.0, 12.5, 8)


def test_what_lay_in_a_deleted_database_is_known_as_gone(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    lines: list[dict[str, Any]] = []
    for command in ("a", "b"):
        act = {"kind": "visit", "mark": command}
        lines += [{"intend": [command], "act": act, "types": ["visit.log"], "bodies": [{"id": command}]}]
        lines += [{"saved": [command]}, {"deleted": True}]
    ledger.write_text("\n".join(json.dumps(line) for line in lines[:-1]))
    assert [(one.id, one.gone, one.former) for one in read_ledger(ledger, "manager")] == [
        ("a", True, True),
        ("b", False, False),
    ]


def emptied(plan: Plan) -> list[tuple[int, tuple[Step, ...]]]:
    return [
        (at, steps)
        for steps in plan.steps.values()
        for at, step in enumerate(steps)
        if step.kind in ("delete", "reinstall")
    ]


def test_on_an_emptied_phone_nothing_of_before_is_taken_back_and_a_visit_follows_a_deletion() -> None:
    drawn = [one for run in range(400) for one in emptied(planned(run))]
    assert len(drawn) > 20
    for at, steps in drawn:
        if steps[at].kind == "delete":
            assert steps[at + 1].given["act"]["kind"] == "visit"
        before = {step.given["act"].get("record") for step in steps[:at] if "act" in step.given} - {None}
        after = {step.given["act"].get("record") for step in steps[at:] if "act" in step.given} - {None}
        assert not before & after


def test_a_run_without_a_verdict_is_not_clean(tmp_path: Path) -> None:
    tally = Tally(1, "", tmp_path)
    tally.note(outcome(1, 1.0))
    tally.failed(2, TimeoutError("the bank is not ready"))
    assert [line["run"] for line in unclean(read(tmp_path))] == [2]
    assert "1 error" in "\n".join(told(tally.lines))
