"""What a recalculation of everybody, or a person who lets one through, may be told."""


class BeyondBounds(Exception):
    """Some customer's amounts are too large to be reckoned with: DuckDB does not say whose."""


class NotHeld(Exception):
    """There is no such run that waits."""
