"""The demo county: a made-up county of a given size, the same to the byte for the same seed and date.

The command line calls `run`, `is_loaded`, `reset_logins` and `logins_text`; none of them may be called
from a running event loop. What is real in the county, and what its figures follow, is told in
`backend/decisions/0006-demo-county.md`.
"""

import asyncio
from collections.abc import Callable
from datetime import date

from backend.app.demo.accounts import Login, logins_text
from backend.app.demo.errors import DemoRefused
from backend.kernel.settings import Settings

__all__ = ["DemoRefused", "Login", "Progress", "is_loaded", "logins_text", "reset_logins", "run"]

Progress = Callable[[str, int, int], None]
"""Hears of the work: (step, done, total)."""


def run(
    settings: Settings, customers: int, seed: int, date: date | None = None, progress: Progress | None = None
) -> list[Login]:
    """Makes the county with `customers` customers, as if today were `date` (default: today); returns its
    logins.

    A run that was cut off is taken up where it can be, else begun anew; a second run with the same figures
    changes nothing and returns no logins. Without `progress` it draws a bar on standard error. Raises
    DemoRefused, with nothing changed, in production or where the database holds other data.
    """
    from backend.app.demo.bars import bars
    from backend.app.demo.county import County, make

    with bars(progress) as report:
        return asyncio.run(make(settings, County(customers, seed, date), report))


def is_loaded(settings: Settings) -> bool:
    """Whether the county is there, whole."""
    from backend.app.demo.county import loaded

    return asyncio.run(loaded(settings))


def reset_logins(settings: Settings) -> list[Login]:
    """New passwords for the demo logins; old ones and their sessions end. Raises DemoRefused without a
    county."""
    from backend.app.demo.logins import reset

    return asyncio.run(reset(settings))
