"""Positions of tags are for ever: phones and stored words hold bits, not names."""

from pathlib import Path

from backend.strategy.engine import shipped_catalogue

LEDGER = Path(__file__).parent / "tag_bits.txt"


def recorded() -> dict[int, str]:
    """The ledger: a line `bit name` per tag that was ever shipped; lines are added, never changed."""
    lines = LEDGER.read_text(encoding="utf-8").splitlines()
    pairs = [line.split() for line in lines if line and not line.startswith("#")]
    return {int(bit): name for bit, name in pairs}


def test_no_position_is_changed_or_given_again() -> None:
    ledger = recorded()
    for tag in shipped_catalogue().tags:
        assert ledger.get(tag.bit) == tag.name, f"add the line '{tag.bit} {tag.name}' to {LEDGER.name}"


def test_the_ledger_names_each_position_and_each_tag_once() -> None:
    lines = [
        line for line in LEDGER.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")
    ]
    assert len(lines) == len(recorded())
    assert len(set(recorded().values())) == len(lines)
