"""The catalogue's words for phones: names and sentences of tags, tiers, stages, grades and reasons."""

from dataclasses import dataclass

from backend.strategy.definitions import Catalogue, Words

SHOWN_CHOICES = ("tier", "stage", "grade")


@dataclass(frozen=True, slots=True)
class Term:
    """A name and a sentence in both languages; `bit`: a tag's position in the words."""

    zh: str
    en: str
    text_zh: str
    text_en: str
    bit: int | None = None


def terms(catalogue: Catalogue) -> dict[str, Term]:
    """Terms by id: `tag:<name>`, `dimension:<name>`, `tier:<code>`, `stage:<code>`, `grade:<code>`,
    `reason:<code>`."""
    out = {f"dimension:{one.name}": _term(one.words) for one in catalogue.dimensions.values()}
    for name in SHOWN_CHOICES:
        out |= {f"{name}:{one.code}": _term(one.words) for one in catalogue.choices[name].options}
    out |= {f"reason:{one.code}": _term(one.words) for one in catalogue.reasons}
    out |= {f"tag:{one.name}": _term(one.words, one.bit) for one in catalogue.tags}
    return out


def _term(words: Words, bit: int | None = None) -> Term:
    return Term(words.zh, words.en, words.explain_zh, words.explain_en, bit)
