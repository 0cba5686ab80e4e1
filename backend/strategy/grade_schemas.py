"""Shapes of the comparison of our grades with the provincial credit system's. Money in fen."""

from datetime import date
from typing import Literal
from uuid import UUID

from msgspec import Struct

from backend.strategy.schemas import Purpose

#: of a customer whom both grade: how many steps lie between, `one` or `more`; else who alone has a grade
Difference = Literal["more", "one", "only_there", "only_here"]


class GradePair(Struct, frozen=True):
    """Customers with one grade here and one there."""

    ours: str
    theirs: str
    customers: int


class GradesOfBranch(Struct, frozen=True):
    """A branch's customers by how far the grades lie apart. `unseen`: the province has a grade that nobody
    consented to be looked at."""

    branch_id: UUID | None
    name: str | None
    same: int
    one: int
    more: int
    only_there: int
    only_here: int
    unseen: int


class GradeFile(Struct, frozen=True):
    """The newest file of the province's grades. `rejected`: rows that were not taken, of people unknown here
    among others."""

    name: str
    as_of: date | None
    rows: int
    rejected: int


class GradeReport(Struct, frozen=True):
    """Ours beside theirs. `grades`: best first. `file` is nil where none was ever taken."""

    grades: tuple[str, ...]
    pairs: tuple[GradePair, ...]
    total: GradesOfBranch
    branches: tuple[GradesOfBranch, ...]
    file: GradeFile | None


class AskGrades(Struct, frozen=True):
    """`purpose`: what head office looks at customers for; the business department needs none."""

    difference: Difference
    purpose: Purpose | None = None


class ExportGrades(Struct, frozen=True):
    """All that differ, as CSV. `purpose` as for a list."""

    purpose: Purpose | None = None


class Differing(Struct, frozen=True):
    """A customer of whom both say something else. `…_on`: the day of our result in force, and of their
    grade. Where one says nothing, its grade, day and limit are nil."""

    customer_id: UUID
    name: str
    branch: str | None
    difference: Difference
    ours: str | None
    ours_on: date | None
    our_limit_fen: int | None
    theirs: str | None
    theirs_on: date | None
    their_limit_fen: int | None


class DifferingList(Struct, frozen=True):
    """Those furthest apart first; `total`: how many there are, shown or not."""

    total: int
    customers: tuple[Differing, ...]
