"""Shapes of the life of a strategy over HTTP. Money in fen, rates in basis points, times UTC."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct

from backend.strategy.documents import MAX_FILE_CHARACTERS

Title = Annotated[str, Meta(min_length=1, max_length=80)]
Reason = Annotated[str, Meta(min_length=4, max_length=400)]
Purpose = Annotated[str, Meta(min_length=4, max_length=200)]
Path = Annotated[str, Meta(min_length=6, max_length=120)]
FileText = Annotated[str, Meta(max_length=MAX_FILE_CHARACTERS)]
VersionState = Literal["waiting", "in_force", "retired", "withdrawn"]


class Who(Struct, frozen=True):
    """A person of the bank."""

    id: UUID
    name: str
    role: str


class VersionView(Struct, frozen=True):
    """A published version. `waiting`: takes force on `valid_from`; `withdrawn`: before it could. `is_intact`
    false: its files were changed in the database, nothing is worked out with it. `is_shipped`: came with the
    program, nobody published it."""

    version: int
    state: VersionState
    valid_from: date
    published_at: datetime
    author: Who | None
    publisher: Who | None
    took_force_at: datetime | None
    left_force_at: datetime | None
    is_shipped: bool
    is_intact: bool


class SimulationLine(Struct, frozen=True):
    """Where a simulation stands: `queued`, `running`, `done`, `failed`, `cancelled`. `is_current`: of the
    draft's files as they are now, beside the version in force now."""

    id: UUID
    state: str
    stage: str
    base_version: int
    as_of: date | None
    asked_at: datetime
    finished_at: datetime | None
    is_current: bool
    problem: str | None


class DraftView(Struct, frozen=True):
    """A draft. `state`: draft, checked, simulated, submitted, published, dropped. `origin`: own, roll_back,
    shipped, imported. `base_version`: what it changes; `is_outdated`: another version was published since,
    take its changes over first. `may`: what the asker may do now (edit, check, simulate, submit, return,
    publish, drop, rebase)."""

    id: UUID
    title: str
    note: str
    origin: str
    state: str
    base_version: int
    is_outdated: bool
    revision: int
    digest: str
    files_changed: tuple[str, ...]
    author: Who | None
    editors: tuple[Who, ...]
    changed_at: datetime
    changed_by: Who | None
    submitted_by: Who | None
    returned_reason: str | None
    published_version: int | None
    simulation: SimulationLine | None
    may: tuple[str, ...]


class Strategy(Struct, frozen=True):
    """All versions, newest first, and the drafts that are not dropped or published, last changed first."""

    in_force: int | None
    today: date
    versions: tuple[VersionView, ...]
    drafts: tuple[DraftView, ...]


class NewDraft(Struct, frozen=True):
    """`from_version`: that one's files as changes of the newest; none: the newest as it is."""

    title: Title
    from_version: int | None = None


class RollBack(Struct, frozen=True):
    """Back to what an earlier version said: a draft that is submitted at once, for another person."""

    reason: Reason


class FileLine(Struct, frozen=True):
    """A file. `change`: none, added, changed, removed; `revision`: of the draft when it last changed here
    (0: as in the base)."""

    path: str
    change: str
    revision: int
    changed_by: Who | None
    changed_at: datetime | None


class FileView(Struct, frozen=True):
    """A file's text now (None: removed) and in the base (None: not there)."""

    path: str
    text: str | None
    base: str | None
    revision: int
    draft_revision: int
    changed_by: Who | None
    changed_at: datetime | None


class SaveFile(Struct, frozen=True):
    """`revision`: the draft's revision that the text was written upon; `text` None removes the file."""

    path: Path
    revision: Annotated[int, Meta(ge=0)]
    text: FileText | None


class Rename(Struct, frozen=True):
    """Title and note of a draft."""

    title: Title
    note: Annotated[str, Meta(max_length=2000)] = ""


class ProblemView(Struct, frozen=True):
    """One thing wrong, at a line of a file (1 is the first). `code` with `values` says what (of
    `language.sentences`), `message` the same in English; `nearest`: the valid name that may be meant."""

    file: str
    line: int
    code: str
    values: dict[str, str]
    message: str
    nearest: str | None


class Checked(Struct, frozen=True):
    """What a check found; nothing: the draft is checked. `examples`: those that the rules beside them do not
    give; a rule that was meant to change makes them wrong, so they stop nobody."""

    problems: tuple[ProblemView, ...]
    draft: DraftView
    examples: tuple[ProblemView, ...] = ()


class FigureDay(Struct, frozen=True):
    """A figure's number from a day on; `base`: what the base says for that day (None: nothing)."""

    since: date
    value: int
    base: int | None


class FigureView(Struct, frozen=True):
    """A figure of a draft, in the unit that it is written in; where it stands."""

    name: str
    zh: str
    en: str
    explain_zh: str
    explain_en: str
    unit: str
    source: str
    path: str
    line: int
    values: tuple[FigureDay, ...]


class Figures(Struct, frozen=True):
    """All figures of a draft by name, and the draft's revision."""

    revision: int
    figures: tuple[FigureView, ...]


class PutFigure(Struct, frozen=True):
    """`value` from `since` on, written upon the draft's `revision`."""

    revision: Annotated[int, Meta(ge=0)]
    since: date
    value: Annotated[int, Meta(ge=-(10**15), le=10**15)]


class DiffLine(Struct, frozen=True):
    """A line that is as before (` `), went (`-`) or came (`+`)."""

    sign: str
    text: str


class FileDiff(Struct, frozen=True):
    """A changed file; `diff`: as `diff -u` writes it."""

    path: str
    change: str
    diff: str


class FieldValue(Struct, frozen=True):
    """A number, in the unit of its field or `unit`, or what it says in words."""

    number: int | None
    zh: str
    en: str
    unit: str


class FieldMove(Struct, frozen=True):
    """A field of a changed definition. `path`: keys and names of items down to it, a compared name last;
    `zh`, `en`: what that name is called; `unit` as in NameView. `sign`: `>=` and its like, `in`, `between`,
    `share`, `floor_to`, `*`, `from` (a figure's day), empty for a plain value; `join`: and, or, empty at the
    beginning. Without `before` it came, without `after` it went; a comparison may be as it was, for its
    neighbours' sake."""

    path: tuple[str, ...]
    zh: str
    en: str
    sign: str
    unit: str
    before: FieldValue | None
    after: FieldValue | None
    join: str = ""
    sign_before: str = ""


class RuleDiff(Struct, frozen=True):
    """A changed definition: `kind` is its key in the file (figures, features, tags, choices, amounts …).
    `before`, `after`: its data; `lines`: its text, old and new; `fields`: what differs, for a form."""

    kind: str
    name: str
    zh: str
    en: str
    path: str
    line: int
    change: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    lines: tuple[DiffLine, ...]
    fields: tuple[FieldMove, ...]


class Difference(Struct, frozen=True):
    """A draft, or version, against the version in force. `problems`: files that cannot be read, so that their
    definitions are not compared."""

    base_version: int
    files: tuple[FileDiff, ...]
    rules: tuple[RuleDiff, ...]
    problems: tuple[ProblemView, ...]


class NameView(Struct, frozen=True):
    """A name that expressions may use. `kind`: figure, feature, score, choice, amount, column (of `source`);
    `type`: bigint, double, boolean, text, date."""

    name: str
    kind: str
    type: str
    unit: str | None
    zh: str
    en: str
    explain_zh: str
    explain_en: str
    codes: tuple[str, ...] = ()
    source: str | None = None


class FunctionView(Struct, frozen=True):
    """A function of expressions. `only`: features, where it stands over rows."""

    name: str
    sign: str
    zh: str
    en: str
    only: str | None = None


class Names(Struct, frozen=True):
    """For completion. Of the draft as far as it can be read: `is_whole` false, then of the base."""

    is_whole: bool
    names: tuple[NameView, ...]
    functions: tuple[FunctionView, ...]


class Returned(Struct, frozen=True):
    """Why a draft goes back."""

    reason: Reason


class Publish(Struct, frozen=True):
    """`digest`: of the files that were looked at. `valid_from`: today or later."""

    digest: str
    valid_from: date


class Rebased(Struct, frozen=True):
    """A draft upon the newest version. `met`: files that both changed, where the draft's text stands now."""

    draft: DraftView
    met: tuple[str, ...]


class Imported(Struct, frozen=True):
    """A draft made from a file that was sent; `problems` as of a check."""

    draft: DraftView
    problems: tuple[ProblemView, ...]
