"""Values of a file that cannot stand beside each other. The phone's form says the same
(pwa/src/domain/contradictions.ts), over the same cases."""

from collections.abc import Mapping
from datetime import date

from backend.customers.limits import Said

Values = Mapping[str, int | str | None]

#: the second character of a credit code that the market regulator (9) gave: firm, self-employed, co-operative
_KINDS = {"1": "firm", "2": "self_employed", "3": "cooperative"}


def contradictions(values: Values, today: date) -> list[tuple[str, str]]:
    """(field, what is wrong with it beside the others), for what is said of a business."""
    found = [
        (f"{what}_year_fen", wrong) for what in ("turnover", "costs") if (wrong := _quarters(values, what))
    ]
    since, until = values.get("licence_from"), values.get("licence_until")
    if isinstance(since, str) and since > today.isoformat():
        found.append(("licence_from", "future"))
    if isinstance(since, str) and isinstance(until, str) and until < since:
        found.append(("licence_until", "before"))
    if until is not None and values.get("licence_term") is not None:
        found.append(("licence_until", "both"))
    code, kind = str(values.get("credit_code") or ""), values.get("business_kind")
    said = _KINDS.get(code[1:2]) if code.startswith("9") else None
    if said and kind in _KINDS.values() and kind != said:
        found.append(("credit_code", "kind"))
    return found


def _quarters(values: Values, what: str) -> str | None:
    """Quarters that come to more than the year, or all four to something else."""
    quarters = [values.get(f"{what}_q{quarter}_fen") for quarter in range(1, 5)]
    year = values.get(f"{what}_year_fen")
    known = [one for one in quarters if isinstance(one, int)]
    if not isinstance(year, int) or not known:
        return None
    if sum(known) > year:
        return "over"
    return "under" if len(known) == len(quarters) and sum(known) < year else None


#: in words for the person who typed it
WORDS = {
    "over": Said("四个季度加起来比一年多", "the four quarters come to more than the year"),
    "under": Said("四个季度加起来比一年少", "the four quarters come to less than the year"),
    "future": Said("执照的起始日还没到", "the licence cannot begin in the future"),
    "before": Said("执照到期早于起始", "the licence ends before it begins"),
    "both": Said("没有期限的执照没有到期日", "a licence without an end has no last day"),
    "kind": Said("信用代码是另一类经营主体的", "the credit code is that of another kind of business"),
}
