"""Numbered steps on the terminal: what is being done, how long it took, what failed."""

import contextlib
import time
from collections.abc import Iterator

from rich.console import Console


class Steps:
    """Prints `[2/5] Migrating the database … 1.2 s`; a spinner while it runs where there is a terminal."""

    def __init__(self, total: int, console: Console) -> None:
        self._total = total
        self._console = console
        self._number = 0

    @contextlib.contextmanager
    def step(self, title: str, *, spinner: bool = True) -> Iterator[None]:
        """One step; its line is printed when it is done. `spinner=False`: it draws a bar of its own."""
        self._number += 1
        label = f"[dim]\\[{self._number}/{self._total}][/] {title}"
        began = time.monotonic()
        live = spinner and self._console.is_terminal
        with self._console.status(label) if live else contextlib.nullcontext():
            try:
                yield
            except BaseException:
                self._console.print(f"{label} [red]failed[/]", highlight=False)
                raise
        took = time.monotonic() - began
        self._console.print(f"{label} [green]done[/] [dim]{took:.1f} s[/]", highlight=False)

    def note(self, text: str) -> None:
        """A line between the steps, printed as it is."""
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)
