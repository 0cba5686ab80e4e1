"""What a result is, when two results are the same to the eye, and how it travels. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

WORD_BITS = 64
_ALL_BITS = (1 << WORD_BITS) - 1
ReasonLine = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Result:
    """What the catalogue says of a customer. Money in fen, rate in basis points, rhythms in days.

    `tag_words`: bit n of word w is the tag at position 64 × w + n; likewise of events that hold, products
    that suit, packages and plans (`offer_words`). `reasons`: at most six (code, fen).
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
    event_words: tuple[int, ...] = ()
    product_words: tuple[int, ...] = ()
    offer_words: tuple[int, ...] = ()

    def plain(self) -> dict[str, Any]:
        """As kept with a decision. What a catalogue does not know of is left out, as it was at its time."""
        kept = {
            "tier": self.tier,
            "stage": self.stage,
            "grade": self.grade,
            "score": self.score,
            "limit_fen": self.limit_fen,
            "rate_bp": self.rate_bp,
            "contact_days": self.contact_days,
            "visit_days": self.visit_days,
            "reasons": [list(line) for line in self.reasons],
        }
        words = {
            "tag_words": self.tag_words,
            "event_words": self.event_words,
            "product_words": self.product_words,
            "offer_words": self.offer_words,
        }
        # a word beyond 2^53 would not survive as a JSON number everywhere
        return kept | {name: [str(word) for word in held] for name, held in words.items() if held}


def has_news(before: Result | None, after: Result) -> bool:
    """Whether duties, warnings or opportunities may depend on the change: tier, limit, a rhythm or an event
    moved."""
    if before is None:
        return True
    if _told_of(before) != _told_of(after):
        return True
    return before.event_words != after.event_words and bits_in(before.event_words) != bits_in(
        after.event_words
    )


def _told_of(result: Result) -> tuple[str, int, int, int]:
    return result.tier, result.limit_fen, result.contact_days, result.visit_days


def bits_in(words: Sequence[int]) -> frozenset[int]:
    """The positions of the bits that are set."""
    found = []
    for place, word in enumerate(words):
        left = word & _ALL_BITS
        while left:
            lowest = left & -left
            found.append(place * WORD_BITS + lowest.bit_length() - 1)
            left ^= lowest
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class Moves:
    """What a recalculation of everybody would change. `known`: customers whose result can be compared, since
    the same catalogue went over them; of them `tiers` get another tier and `zeroed` lose a limit that they
    had. `changed`: results that differ, new ones included."""

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
