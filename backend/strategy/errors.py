"""What a recalculation of everybody, or a person who lets one through, may be told."""


class BeyondBounds(Exception):
    """Some customer's amounts are too large to be reckoned with: DuckDB does not say whose."""


class NotHeld(Exception):
    """There is no such run that waits."""


class Tampered(Exception):
    """The files of a published version are not those that were published: nothing is worked out with it."""

    def __init__(self, version: int) -> None:
        self.version = version
        super().__init__(
            f"catalogue version {version} was changed in the database after it was published; nothing is"
            " worked out with it, results stay as they are. Bring the database's row back from a backup, or"
            " publish another version."
        )


class Superseded(Exception):
    """Another catalogue version took force since these results were begun."""
