"""What is declared here in YAML, as the phone's app holds it: a file of JSON in its sources."""

import sys
from pathlib import Path
from typing import Any

import msgspec


def drawn(said: Any) -> str:
    """JSON that is read by people too."""
    return msgspec.json.format(msgspec.json.encode(said), indent=2).decode() + "\n"


def write(path: Path, text: str) -> None:
    """Writes the copy, and says so. `path`: from the root of the sources."""
    sys.stdout.write(f"{path}: {path.write_text(text)} characters\n")
