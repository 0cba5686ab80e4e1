"""Our grades beside those of the provincial credit system (信e代). A report: it changes nobody's result.

A province's grade counts here only where whoever it is of consents to `credit`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, get_args
from uuid import UUID

from sqlalchemy import text

from backend.banking import api as banking
from backend.identity import api as identity
from backend.kernel import sheets
from backend.kernel.errors import purpose_needed
from backend.kernel.uow import UnitOfWork
from backend.strategy.draft_store import require_decider
from backend.strategy.grade_schemas import (
    AskGrades,
    Difference,
    Differing,
    DifferingList,
    GradeFile,
    GradePair,
    GradeReport,
    GradesOfBranch,
)
from backend.strategy.simulated import WITHOUT_PURPOSE

#: shown at once; a file has them all, up to `MOST_IN_FILE`
MOST, MOST_IN_FILE = 200, 100_000
_WHY = "counts, or customers looked at with a purpose that is on record; nothing can be changed"
# `far`: same, one, more (steps between the two), only_there, only_here, unseen; nil where neither grades
_COMPARED = """
compared AS (
  SELECT c.id, c.name, c.branch_id, p.grade AS ours, p.as_of AS ours_on, p.limit_fen AS our_limit_fen,
    g.grade AS theirs, g.as_of AS theirs_on, g.limit_fen AS their_limit_fen,
    CASE
      WHEN g.grade IS NULL AND EXISTS
        (SELECT 1 FROM provincial_grade r WHERE r.customer_id = c.id) THEN 'unseen'
      WHEN g.grade IS NULL THEN CASE WHEN p.grade <> 'none' THEN 'only_here' END
      WHEN p.grade IS NULL THEN 'only_there'
      ELSE (ARRAY['same', 'one', 'more', 'more'])[1 + abs(
        array_position(ARRAY['AAA', 'AA', 'A', 'none'], p.grade)
        - array_position(ARRAY['AAA', 'AA', 'A', 'none'], g.grade))]
    END AS far
  FROM customer c
  LEFT JOIN (SELECT customer_id, coalesce(grade, 'none') AS grade, as_of, limit_fen FROM profile) p
    ON p.customer_id = c.id
  LEFT JOIN shown_grade g ON g.customer_id = c.id
  WHERE c.status = 'active')
"""
_COUNTED = text(
    f"WITH {_COMPARED} SELECT branch_id, far, ours, theirs, count(*) AS customers FROM compared"  # noqa: S608
    " WHERE far IS NOT NULL GROUP BY branch_id, far, ours, theirs"
)
_LISTED = text(
    f"WITH {_COMPARED} SELECT *, count(*) OVER () AS total FROM compared WHERE far = ANY(:far)"  # noqa: S608
    " ORDER BY array_position(CAST(:far AS text[]), far), abs(coalesce(our_limit_fen, 0)"
    "  - coalesce(their_limit_fen, our_limit_fen, 0)) DESC, id LIMIT :most"
)
_EVERY = get_args(Difference)
_HEAD = (
    *("客户编号", "客户", "支行", "差别", "我行等级", "我行日期", "我行额度（元）"),
    *("信e代等级", "信e代日期", "信e代额度（元）"),
)
_FAR: Mapping[str, str] = {
    "more": "差两级以上",
    "one": "差一级",
    "only_there": "只有信e代有",
    "only_here": "只有我行有",
}
_SAID: Mapping[str | None, str] = {"none": "无", None: ""}


async def report(uow: UnitOfWork) -> GradeReport:
    """Counts alone, no customers. Raises Problem `not_allowed`."""
    require_decider(uow.actor)
    async with uow.overseeing(_WHY):
        return await report_of(uow)


async def report_of(uow: UnitOfWork) -> GradeReport:
    """The counts, for whoever may see the whole bank."""
    rows = (await uow.session.execute(_COUNTED)).all()
    names = await identity.branches(uow)
    by_branch: dict[UUID | None, dict[str, int]] = {}
    pairs: dict[tuple[str, str], int] = {}
    for row in rows:
        counts = by_branch.setdefault(row.branch_id, {})
        counts[row.far] = counts.get(row.far, 0) + row.customers
        if row.ours is not None and row.theirs is not None:
            pairs[row.ours, row.theirs] = pairs.get((row.ours, row.theirs), 0) + row.customers
    branches = [_branch(one, names.get(one) if one else None, by_branch[one]) for one in by_branch]
    branches.sort(key=lambda one: (one.name is None, one.name or "", str(one.branch_id)))
    total = {far: sum(one.get(far, 0) for one in by_branch.values()) for far in (*_EVERY, "same", "unseen")}
    newest = await banking.newest_batch(uow, banking.Kind.grades)
    return GradeReport(
        banking.GRADES,
        tuple(GradePair(*key, count) for key, count in sorted(pairs.items())),
        _branch(None, None, total),
        tuple(branches),
        None
        if newest is None
        else GradeFile(newest.file_name, newest.as_of, newest.counts["rows"], newest.counts["rejected"]),
    )


def _branch(one: UUID | None, name: str | None, counts: Mapping[str, int]) -> GradesOfBranch:
    said = ("same", "one", "more", "only_there", "only_here", "unseen")
    return GradesOfBranch(one, name, *(counts.get(far, 0) for far in said))


async def differing(uow: UnitOfWork, asked: AskGrades) -> DifferingList:
    """Who differs so, by name: that somebody looked, and what for, is on record. Raises Problem
    `not_allowed`, `purpose_needed`, `too_many_look_ups`."""
    await _may_see(uow, asked.purpose)
    async with uow.overseeing(_WHY):
        found = await list_of(uow, (asked.difference,), MOST)
    _note(uow, "strategy.grades_looked_at", asked.purpose, found, asked.difference)
    return found


async def export(uow: UnitOfWork, purpose: str | None) -> bytes:
    """All who differ, as CSV in yuan. Raises as `differing`."""
    await _may_see(uow, purpose)
    async with uow.overseeing(_WHY):
        found = await every_differing(uow)
    return as_file(uow, found, purpose)


async def every_differing(uow: UnitOfWork) -> DifferingList:
    """Whoever differs, for whoever may see the whole bank; up to `MOST_IN_FILE`."""
    return await list_of(uow, _EVERY, MOST_IN_FILE)


async def list_of(uow: UnitOfWork, differences: Sequence[str], most: int) -> DifferingList:
    """Up to `most` customers, for whoever may see the whole bank."""
    rows = (await uow.session.execute(_LISTED, {"far": list(differences), "most": most})).all()
    names = await identity.branches(uow)
    return DifferingList(rows[0].total if rows else 0, tuple(_one(row, names) for row in rows))


def as_file(uow: UnitOfWork, found: DifferingList, purpose: str | None) -> bytes:
    """A list as CSV, with the audit entry that says so."""
    _note(uow, "strategy.grades_exported", purpose, found, "all")
    return sheets.as_csv(_HEAD, [_row(one) for one in found.customers])


async def _may_see(uow: UnitOfWork, purpose: str | None) -> None:
    require_decider(uow.actor)
    if purpose is None and uow.actor.role not in WITHOUT_PURPOSE:
        raise purpose_needed()
    await identity.count_look_up(uow)


def _note(uow: UnitOfWork, what: str, purpose: str | None, found: DifferingList, which: str) -> None:
    detail: dict[str, Any] = {"difference": which, "customers": len(found.customers)}
    # as many names as a person can have looked at; of a file its size says it
    if len(found.customers) <= MOST:
        detail["ids"] = [str(one.customer_id) for one in found.customers]
    uow.audit(what, "provincial_grade", which, detail | ({"purpose": purpose} if purpose else {}))


def _one(row: Any, names: Mapping[UUID, str]) -> Differing:
    return Differing(
        row.id,
        row.name,
        names.get(row.branch_id),
        row.far,
        row.ours,
        row.ours_on,
        row.our_limit_fen,
        row.theirs,
        row.theirs_on,
        row.their_limit_fen,
    )


def _row(one: Differing) -> Sequence[sheets.Cell]:
    return (
        str(one.customer_id),
        one.name,
        one.branch,
        _FAR[one.difference],
        _SAID.get(one.ours, one.ours),
        one.ours_on.isoformat() if one.ours_on else None,
        _yuan(one.our_limit_fen),
        _SAID.get(one.theirs, one.theirs),
        one.theirs_on.isoformat() if one.theirs_on else None,
        _yuan(one.their_limit_fen),
    )


def _yuan(fen: int | None) -> int | None:
    return None if fen is None else fen // 100
