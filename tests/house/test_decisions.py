"""Each decision has a number of its own, which its title says too."""

from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "backend" / "decisions"


def _wrong(files: dict[str, str]) -> list[str]:
    """What is wrong with decisions, by file name and first line."""
    wrong = []
    taken: dict[str, str] = {}
    for name, title in sorted(files.items()):
        number = name[:4]
        if number in taken:
            wrong.append(f"{name}: {taken[number]} has the same number")
        taken[number] = name
        if not title.startswith(f"# {number} "):
            wrong.append(f'{name}: begin with "# {number} "')
    return wrong


def test_numbers() -> None:
    files = {path.name: path.read_text().splitlines()[0] for path in FOLDER.glob("*.md")}
    assert files
    assert _wrong(files) == []


def test_a_number_given_twice_is_seen() -> None:
    files = {"0001-a.md": "# 0001 A", "0001-b.md": "# 0001 B", "0002-c.md": "# C"}
    assert _wrong(files) == [
        "0001-b.md: 0001-a.md has the same number",
        '0002-c.md: begin with "# 0002 "',
    ]
