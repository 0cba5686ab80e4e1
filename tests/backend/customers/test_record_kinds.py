"""What kinds of records may hold: one declaration for the bank's checks and the phone's forms."""

from pathlib import Path
from typing import Any

import pytest

from backend.customers.record_kinds import PHONE, for_phone, kinds, wrong

ROOT = Path(__file__).parents[3]


def test_the_phone_has_the_same_declaration() -> None:
    assert (ROOT / PHONE).read_text() == for_phone(), "run `python -m backend.customers.record_kinds`"


@pytest.mark.parametrize(
    ("kind", "values", "field"),
    [
        ("farmland", {"crop": "rice", "area_m2": 2_333, "tenure": "rented_in", "greenhouse": True}, None),
        # 22,000 hectares
        ("farmland", {"area_m2": 220_000_000}, "area_m2"),
        ("farmland", {"crop": "gold"}, "crop"),
        ("farmland", {"greenhouse": "yes"}, "greenhouse"),
        ("livestock", {"quantity": -1}, "quantity"),
        ("vehicle", {"plate": "鄂" * 13}, "plate"),
        # a pickup for eight million yuan is one whose price was given in fen
        ("vehicle", {"value_fen": 8_000_000_000}, "value_fen"),
        ("debt", {"lender": "elsewhere", "value_fen": 2_600_000, "due_on": "2027-03-01"}, None),
        ("debt", {"due_on": "2027-02-30"}, "due_on"),
        ("honour", {"year": 12}, "year"),
        ("partner", {"role": "buyer", "share": 101}, "share"),
        ("intention", {"anything": 1}, "anything"),
        ("premises", {"value_fen": True}, "value_fen"),
    ],
)
def test_what_a_record_may_hold(kind: str, values: dict[str, Any], field: str | None) -> None:
    found = wrong(kind, values, {})
    assert (found and found.field) == field
    # what stands there already is not judged again
    assert wrong(kind, values, values) is None


def test_every_number_and_text_has_its_limit() -> None:
    for kind in kinds().values():
        for name, field in kind.fields.items():
            assert field.most is not None or field.unit in ("choice", "flag", "day", "customer"), name
