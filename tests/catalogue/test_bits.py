"""Positions are for ever: phones and stored words hold bits, not names."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from backend.strategy.engine import shipped_catalogue

LEDGERS = ("tag_bits.txt", "event_bits.txt", "product_bits.txt", "offer_bits.txt")


def lines_of(ledger: str) -> list[tuple[int, str]]:
    """A line `bit name` for each that was ever shipped; lines are added, never changed."""
    lines = (Path(__file__).parent / ledger).read_text(encoding="utf-8").splitlines()
    pairs = [line.split() for line in lines if line and not line.startswith("#")]
    return [(int(bit), name) for bit, name in pairs]


def shipped(ledger: str) -> list[tuple[int, str]]:
    catalogue = shipped_catalogue()
    offering = catalogue.offering
    of: dict[str, Iterable[tuple[int, str]]] = {
        "tag_bits.txt": [(one.bit, one.name) for one in catalogue.tags],
        "event_bits.txt": [(one.bit, one.name) for one in offering.events],
        "product_bits.txt": [(one.bit, one.name) for one in offering.products],
        "offer_bits.txt": [(one.bit, one.name) for one in (*offering.packages, *offering.plans)],
    }
    return list(of[ledger])


@pytest.mark.parametrize("ledger", LEDGERS)
def test_no_position_is_changed_or_given_again(ledger: str) -> None:
    recorded = dict(lines_of(ledger))
    for bit, name in shipped(ledger):
        assert recorded.get(bit) == name, f"add the line '{bit} {name}' to {ledger}"


@pytest.mark.parametrize("ledger", LEDGERS)
def test_a_ledger_names_each_position_and_each_thing_once(ledger: str) -> None:
    lines = lines_of(ledger)
    assert len({bit for bit, _ in lines}) == len(lines)
    assert len({name for _, name in lines}) == len(lines)


def test_no_event_goes() -> None:
    """Whoever holds an opportunity is told by name that it ended: an event is retired, not taken out."""
    assert sorted(lines_of("event_bits.txt")) == sorted(shipped("event_bits.txt"))
