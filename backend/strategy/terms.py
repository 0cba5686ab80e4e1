"""The catalogue's words for phones: names and sentences of tags, tiers, stages, grades and reasons."""

from dataclasses import dataclass

from backend.strategy.definitions import Catalogue, Event, Words

SHOWN_CHOICES = ("tier", "stage", "grade")


@dataclass(frozen=True, slots=True)
class Term:
    """A name and a sentence in both languages; `bit`: the position of a tag, an event, a product or an offer
    in their words."""

    zh: str
    en: str
    text_zh: str
    text_en: str
    bit: int | None = None


def terms(catalogue: Catalogue) -> dict[str, Term]:
    """Terms by id: `tag:<name>`, `dimension:<name>`, `tier:<code>`, `stage:<code>`, `grade:<code>`,
    `reason:<code>`; `event:<name>` and, as its sentence, what to say (`script:<name>`);
    `event_dimension:<name>`; `product:<code>`, `family:<name>`, `product_tag:<name>`; `package:<name>`,
    `plan:<name>`."""
    out = {f"dimension:{one.name}": _term(one.words) for one in catalogue.dimensions.values()}
    for name in SHOWN_CHOICES:
        out |= {f"{name}:{one.code}": _term(one.words) for one in catalogue.choices[name].options}
    out |= {f"reason:{one.code}": _term(one.words) for one in catalogue.reasons}
    out |= {f"tag:{one.name}": _term(one.words, one.bit) for one in catalogue.tags}
    offering = catalogue.offering
    for kind, headings in (
        ("event_dimension", offering.dimensions),
        ("family", offering.families),
        ("product_tag", offering.marks),
    ):
        out |= {f"{kind}:{one.name}": _term(one.words) for one in headings.values()}
    for event in offering.events:
        out[f"event:{event.name}"] = _term(event.words, event.bit)
        out[f"script:{event.name}"] = _script(event)
    out |= {f"product:{one.name}": _term(one.words, one.bit) for one in offering.products}
    out |= {f"package:{one.name}": _term(one.words, one.bit) for one in offering.packages}
    out |= {f"plan:{one.name}": _term(one.words, one.bit) for one in offering.plans}
    return out


def agents_terms(catalogue: Catalogue) -> dict[str, Term]:
    """Terms by id that agents get: of the events that they may see the name, and what to say."""
    out = {}
    for event in catalogue.offering.events:
        if event.agent_visible:
            out[f"event:{event.name}"] = Term(event.words.zh, event.words.en, "", "")
            out[f"script:{event.name}"] = _script(event)
    return out


def _script(event: Event) -> Term:
    return Term(event.words.zh, event.words.en, event.script.zh, event.script.en)


def _term(words: Words, bit: int | None = None) -> Term:
    return Term(words.zh, words.en, words.explain_zh, words.explain_en, bit)
