"""The parts of the fault harness that need no bank: what is drawn, what is read."""

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import msgspec

from tests.faults.evidence import read_dump, read_ledger
from tests.faults.plan import LINK_FAULTS, PROCESS_FAULTS, Ground, Plan, draw

HOUSEHOLDS = {"A": ["a1", "a2", "a3"], "B": ["b1"]}
GRIDS = {"A": "grid-a", "B": "grid-b"}
MEMBERS = {one: [f"{one}-head", f"{one}-spouse"] for ids in HOUSEHOLDS.values() for one in ids}


def planned(run: int, seed: int = 1) -> Plan:
    return draw(seed, run, Ground(run, HOUSEHOLDS, GRIDS, MEMBERS))


def taps(plan: Plan) -> list[tuple[str, float, str]]:
    """Steps without the ids that each phone makes anew."""
    return [(label, step.pause, step.kind) for label, steps in plan.steps.items() for step in steps]


def test_a_seed_draws_the_same_run_again_and_another_seed_another() -> None:
    for run in range(20):
        one, again = planned(run), planned(run)
        assert (taps(one), one.told(), one.process) == (taps(again), again.told(), again.process)
    assert [taps(planned(run)) for run in range(20)] != [taps(planned(run, seed=2)) for run in range(20)]


def test_a_run_that_a_bank_sees_twice_makes_other_ids_and_the_same_taps() -> None:
    def assets(land: int) -> set[str]:
        plan = draw(1, 3, Ground(land, HOUSEHOLDS, GRIDS, MEMBERS))
        acts = [step.given["act"] for steps in plan.steps.values() for step in steps if "act" in step.given]
        return {act["record"] for act in acts if act["kind"] == "record"}

    assert assets(3)
    assert len(assets(3)) == len(assets(4))
    assert not assets(3) & assets(4)


def test_enough_runs_draw_every_fault() -> None:
    plans = [planned(run) for run in range(600)]
    drawn = {step.kind for plan in plans for steps in plan.steps.values() for step in steps}
    alone = {"kill", "save_and_die", "power_cut", "clock", "disk_full", "reinstall", "delete"}
    assert drawn == alone | {"sync", "save"}
    acts = {
        step.given["act"]["kind"]
        for plan in plans
        for steps in plan.steps.values()
        for step in steps
        if step.kind == "save"
    }
    field = {"visit", "hand_in", "withdraw", "edit", "record", "drop_record", "create", "contest", "settle"}
    assert acts == field | {"decide", "weigh", "move", "merge", "unmerge", "split"}
    assert {fault for plan in plans for _, fault, _ in plan.process} == {*PROCESS_FAULTS, *LINK_FAULTS}
    assert {plan.clone[0] for plan in plans if plan.clone} == {"manager", "agent", "other"}
    assert any(plan.bank_full is not None for plan in plans)
    assert any(plan.reassign is not None for plan in plans)
    assert {len(plan.phones) for plan in plans} == {3, 4, 5}


def test_a_ledger_tells_what_was_meant_and_what_was_saved_and_a_line_cut_short_tells_nothing(
    tmp_path: Path,
) -> None:
    act = {"kind": "visit"}
    lines = [
        {"intend": ["c1"], "act": act, "types": ["visit.log"], "bodies": [{"id": "v1"}]},
        {"saved": ["c1"]},
        {"intend": ["c2"], "act": act, "types": ["visit.log"], "bodies": [{"id": "v2"}]},
    ]
    ledger = tmp_path / "ledger"
    ledger.write_text("".join(f"{json.dumps(line)}\n" for line in lines) + '{"saved": ["c')
    assert [(one.id, one.saved) for one in read_ledger(ledger, "manager")] == [("c1", True), ("c2", False)]
    assert read_ledger(tmp_path / "none", "manager") == []


def chunk(n: int, rows: list[Any], gone: list[Any], gen: str = "g1") -> dict[str, str]:
    groups = [{"kind": "record", "fields": ["label"], "rows": rows, "gone": gone}]
    packed = base64.b64encode(gzip.compress(msgspec.msgpack.encode(groups))).decode()
    return {"key": "grid:1/manager@1", "gen": gen, "id": f"grid:1/manager@1|{gen}|{n:06}|x", "packed": packed}


def test_chunks_are_laid_over_each_other_and_leftovers_are_told() -> None:
    held = read_dump(
        {
            "partitions": [{"key": "grid:1/manager@1", "gen": "g1", "revision": 9}],
            "chunks": [
                chunk(2, [["a1", 7, "newer"]], [["a2", 8, None], ["a3", 1, None]]),
                chunk(
                    1, [["a1", 3, "older"], ["a2", 3, "gone"], ["a3", 4, "stays: the tombstone is older"]], []
                ),
                chunk(1, [["a9", 1, "of another generation"]], [], gen="g0"),
            ],
            "shown": [],
            "outbox": [],
        }
    )
    assert {row_id: row["label"] for row_id, row in held.of("record").items()} == {
        "a1": "newer",
        "a3": "stays: the tombstone is older",
    }
    assert held.strange == {"grid:1/manager@1"}
    assert held.revisions == {"grid:1": 9}
