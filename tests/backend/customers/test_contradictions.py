"""What cannot be, of a business: over the cases that the phone's tests run as well."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from backend.customers.contradictions import WORDS, contradictions
from backend.customers.rules import credit_code_error

CASES = json.loads(Path(__file__).with_name("contradictions.json").read_text())


@pytest.mark.parametrize(("code", "fault"), CASES["codes"])
def test_a_credit_code_has_its_form_and_its_check_character(code: str, fault: str | None) -> None:
    wrong = credit_code_error(code)
    said = {None: None, "mistyped": "mistyped", "short": "18 characters", "letters": "18 characters"}[fault]
    assert wrong is None if said is None else wrong is not None and said in wrong.en


@pytest.mark.parametrize(("values", "faults"), CASES["values"])
def test_values_that_cannot_stand_beside_each_other(values: dict[str, Any], faults: list[list[str]]) -> None:
    found = contradictions(values, date.fromisoformat(CASES["today"]))
    assert [list(one) for one in found] == faults
    assert {fault for _, fault in found} <= set(WORDS)
