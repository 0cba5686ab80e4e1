"""Why a demo county is not made."""


class DemoRefused(Exception):
    """Nothing was changed. The text says why and what to do."""
