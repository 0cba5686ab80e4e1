"""The house rules hold in the whole checkout, and each lint finds a planted fault."""

from pathlib import Path

import pytest

from tests.support import lints
from tests.support.lints import ROOT


def modules(*folders: str) -> list[tuple[str, str]]:
    """Source and name of every Python module below the folders."""
    found = [
        (path.read_text(), path.relative_to(ROOT).as_posix())
        for folder in folders
        for path in lints.files(".py", below=ROOT / folder)
    ]
    assert len(found) > 20
    return found


def test_no_file_is_too_long() -> None:
    assert lints.long_files(lints.files(".py", ".ts", ".vue", ".mjs")) == []


def test_a_long_file_is_found(tmp_path: Path) -> None:
    (tmp_path / "short.py").write_text("x = 1\n" * lints.MAX_LINES)
    (tmp_path / "long.py").write_text("x = 1\n" * (lints.MAX_LINES + 1))
    faults = lints.long_files(lints.files(".py", below=tmp_path), below=tmp_path)
    assert faults == ["long.py:421 is longer than 420 lines: split it by use case"]


def test_exceptions_are_still_needed() -> None:
    for name in lints.LONG:
        assert (ROOT / name).read_text().count("\n") > lints.MAX_LINES, f"{name} needs its exception no more"
    for name in lints.CLOCKS:
        assert (ROOT / name).exists(), name


def test_nothing_banned_is_imported() -> None:
    assert [
        fault for source, name in modules("backend") for fault in lints.banned_imports(source, name)
    ] == []


@pytest.mark.parametrize(
    "planted",
    [
        "import requests",
        "from requests.adapters import X",
        "def f():\n    import urllib3.util as u",
        "import pickle",
    ],
)
def test_a_banned_import_is_found(planted: str) -> None:
    assert len(lints.banned_imports(f"import os\n{planted}\n", "backend/x.py")) == 1


def test_there_is_one_clock() -> None:
    assert [fault for source, name in modules("backend") for fault in lints.own_clocks(source, name)] == []


@pytest.mark.parametrize(
    "planted",
    ["datetime.now(UTC)", "datetime.datetime.now()", "date.today()", "time.time()", "dt.datetime.utcnow()"],
)
def test_another_clock_is_found(planted: str) -> None:
    assert len(lints.own_clocks(f"x = {planted}", "backend/visits/service.py")) == 1
    assert lints.own_clocks("y = uow.now; z = clock.today(); time.monotonic()", "backend/x.py") == []


def test_modules_keep_no_state() -> None:
    assert [fault for source, name in modules("backend") for fault in lints.module_state(source, name)] == []


@pytest.mark.parametrize(
    "planted", ["SEEN = []", "cache: dict[str, int] = {}", "known = set()", "x = defaultdict()"]
)
def test_state_in_a_module_is_found(planted: str) -> None:
    assert len(lints.module_state(planted, "backend/x.py")) == 1
    assert (
        lints.module_state("ROLES = {'a': 1}\n__all__ = ['x']\ndef f():\n    y = []\n", "backend/x.py") == []
    )


def test_no_place_of_one_machine_is_named() -> None:
    faults = []
    for path in lints.files():
        name = path.relative_to(ROOT).as_posix()
        if name == "tests/house/test_lints.py":  # it says below what is looked for
            continue
        faults += lints.foreign_places(path.read_text(errors="replace"), name)
    assert faults == []


@pytest.mark.parametrize("planted", ["see /data/place/code/x", "cd /home/anna/code", "open /Users/anna/x"])
def test_a_place_of_one_machine_is_found(planted: str) -> None:
    checkout = Path("/data/place/tiange")
    assert len(lints.foreign_places(f"fine\n{planted}\n", "README.md", checkout)) == 1
    assert lints.foreign_places("/var/lib/tiange /usr/bin/chromium /data/x", "README.md", checkout) == []


def test_the_readme_is_short_and_links_lead_somewhere() -> None:
    text = (ROOT / "README.md").read_text()
    assert text.count("\n") < 120
    targets = lints.links(text)
    assert targets
    missing = [target for target in targets if not (ROOT / target).exists()]
    assert missing == []


def test_links_of_a_readme_are_found() -> None:
    text = '[a](backend/x.py) [b](https://x.y) ![c](docs/p.png) [d](#part) [e](z.md#part) <img src="s.png">'
    assert lints.links(text) == ["backend/x.py", "docs/p.png", "z.md", "s.png"]
