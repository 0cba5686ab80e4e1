"""What a result is, when two results are the same to the eye, and how it travels. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

ReasonLine = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Result:
    """What the catalogue says of a customer. Money in fen, rate in basis points, rhythms in days.

    `tag_words`: bit n of word w is the tag at position 64 × w + n. `reasons`: at most six (code, fen).
    No run time, nothing that ages: two equal results look the same on every phone.
    """

    tier: str
    stage: str
    grade: str
    score: int
    limit_fen: int
    rate_bp: int | None
    contact_days: int
    visit_days: int
    tag_words: tuple[int, ...]
    reasons: tuple[ReasonLine, ...]

    def plain(self) -> dict[str, Any]:
        """As kept with a decision."""
        return {
            "tier": self.tier,
            "stage": self.stage,
            "grade": self.grade,
            "score": self.score,
            "limit_fen": self.limit_fen,
            "rate_bp": self.rate_bp,
            "contact_days": self.contact_days,
            "visit_days": self.visit_days,
            # a word beyond 2^53 would not survive as a JSON number everywhere
            "tag_words": [str(word) for word in self.tag_words],
            "reasons": [list(line) for line in self.reasons],
        }


def has_news(before: Result | None, after: Result) -> bool:
    """Whether duties and warnings may depend on the change: tier, limit or a rhythm moved."""
    if before is None:
        return True
    return (before.tier, before.limit_fen, before.contact_days, before.visit_days) != (
        after.tier,
        after.limit_fen,
        after.contact_days,
        after.visit_days,
    )


@dataclass(frozen=True, slots=True)
class Moves:
    """What a recalculation of everybody would change. `known`: customers with a result of the same catalogue;
    of them `tiers` get another tier and `zeroed` lose a limit that they had. `changed`: results that differ,
    new ones included."""

    customers: int
    source_rows: int
    changed: int
    known: int
    tiers: int
    zeroed: int


#: of fewer customers a single one is a percent
FEW = 200


def too_much(moves: Moves, tiers_per_mille: int, limits_per_mille: int) -> bool:
    """Whether more than so many of a thousand customers get another tier, or lose their limit, at once: as
    where a file of the bank's came empty. Never with fewer than `FEW` customers."""
    if moves.known < FEW:
        return False
    return (
        moves.tiers * 1000 > moves.known * tiers_per_mille
        or moves.zeroed * 1000 > moves.known * limits_per_mille
    )


def word_bytes(words: Sequence[int]) -> list[bytes]:
    """Tag words as they travel: 8 bytes each, big-endian (JavaScript rounds integers beyond 2^53)."""
    return [word.to_bytes(8, "big", signed=True) for word in words]
