"""What is wrong with a row, and with a file as a whole."""

from backend.kernel.errors import Problem


class Faulty(Exception):
    """A row, or one of its cells (`column`), that cannot be taken. `code`: a key of `rules.REASONS`."""

    def __init__(self, code: str, column: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.column = column


_NOTHING = "Nothing was changed."


def not_text(why: str) -> Problem:
    """The file is no text in UTF-8 or GB18030."""
    return Problem(
        "not_text",
        422,
        "This is no text file that can be read",
        detail=f"{why} {_NOTHING}",
        remedy="Export it as CSV, in UTF-8 or GB18030.",
    )


def bad_header(why: str) -> Problem:
    """The first line does not name the columns of this kind."""
    return Problem(
        "bad_header",
        422,
        "The first line does not name the columns that are needed",
        detail=f"{why} {_NOTHING}",
        remedy="backend/banking/IMPORT.md lists the columns of each kind.",
    )


def no_rows() -> Problem:
    """A header and nothing else."""
    return Problem("no_rows", 422, "The file has no rows", detail=_NOTHING)


def no_as_of() -> Problem:
    """Nobody says of which day the file tells."""
    return Problem(
        "no_as_of",
        422,
        "Nobody says of which day the file tells",
        detail=f"It has no column as_of (数据日期). {_NOTHING}",
        remedy="Give it: --as-of 2026-03-01",
    )


def as_of_ahead() -> Problem:
    """`--as-of` lies in the future."""
    return Problem("as_of_ahead", 422, "The day given by --as-of is still to come", detail=_NOTHING)


def too_many_rejected(rejected: int, rows: int, most: int) -> Problem:
    """More rows than policy allows cannot be taken: the file itself is likely wrong."""
    return Problem(
        "too_many_rejected",
        422,
        f"{rejected} of {rows} rows cannot be taken, more than {most} %",
        detail=_NOTHING,
        remedy="Look at the rejected rows. If the rest is right, repeat with --force.",
    )


def another_unit(ratio: float) -> Problem:
    """Amounts differ from the known ones by a factor."""
    return Problem(
        "another_unit",
        422,
        "The amounts seem to be in another unit",
        detail=f"Half of them are {ratio:.4g} times what is known of the same things. {_NOTHING}",
        remedy="Amounts are in yuan. If the file is right, repeat with --force.",
    )


def import_running() -> Problem:
    """Another import holds the lock."""
    return Problem(
        "import_running", 409, "Another import is running", detail=_NOTHING, remedy="Repeat when it is done."
    )


def customers_moved() -> Problem:
    """Customers were merged away while the file was read."""
    return Problem(
        "customers_moved",
        409,
        "Customers of the file were merged into others meanwhile",
        detail=_NOTHING,
        remedy="Repeat the command.",
    )


def file_moved() -> Problem:
    """The file changed between two looks at it."""
    return Problem(
        "file_moved", 409, "The file was changed while it was read", detail=_NOTHING, remedy="Repeat it."
    )
