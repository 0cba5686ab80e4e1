"""A catalogue once it is read and checked: every expression is typed, every name is known."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from backend.strategy.documents import Part
from backend.strategy.language.nodes import Expr, Literal, Type
from backend.strategy.language.scope import Column

SPINE = "customer"
"""The source with exactly one row per customer, on which all others hang."""
KINDS = ("household", "business")
FROZEN = "frozen"
"""What stands in a source's place for frozen features: their values at the places in which a customer
lies."""
FROZEN_ON = "frozen_on"
"""The feature that says of which day they are."""
LEVEL = "_level"
"""How the feature ends that says at which place a frozen one was found."""
LEVELS: Mapping[str, tuple[str, ...]] = {
    "village": ("area_code", "grid"),
    "township": ("township",),
    "bank": ("bank",),
}
"""The places in which a grid lies, narrowest first, by the columns of `facts.place` that name each (the first
that is known)."""
FREEZE_EVERY, LEAST_MEMBERS = "freeze_every_months", "frozen_least_count"
"""The figures without which no catalogue has frozen features."""

ON_PHONE: Mapping[str, frozenset[str]] = {
    "value": frozenset({"field", "amount", "choice", "observed_on"}),
    "asset": frozenset({"asset_kind", "value_fen", "area_m2", "quantity"}),
    "record": frozenset({"record_kind", "tenure", "value_fen", "area_m2", "quantity"}),
    "debt": frozenset({"lender", "balance_fen"}),
    "photo": frozenset({"photo_class"}),
    "person": frozenset(
        {"relation", "is_head", "birth_on", "whereabouts", "sex", "education"}
        | {f"consents_{purpose}" for purpose in ("credit", "accounts", "whereabouts", "marketing")}
    ),
}
"""The sources, with their columns, that phones make of the rows they hold (`domain/provisional.ts`)."""

UNITS: Mapping[str, tuple[Type, str]] = {
    "fen": (Type.bigint, "_fen"),
    "bp": (Type.bigint, "_bp"),
    "days": (Type.bigint, "_days"),
    "months": (Type.bigint, "_months"),
    "years": (Type.bigint, "_years"),
    "count": (Type.bigint, "_count"),
    "points": (Type.bigint, "_points"),
    "percent": (Type.bigint, "_percent"),
    "m2": (Type.bigint, "_m2"),
    "kwh": (Type.bigint, "_kwh"),
    "date": (Type.date, "_on"),
    "code": (Type.text, ""),
    "flag": (Type.boolean, ""),
    "ratio": (Type.double, "_ratio"),
}
"""What each unit is in SQL, and how the names that carry it end."""


@dataclass(frozen=True, slots=True)
class Words:
    """How a thing is called and explained, in Chinese and English."""

    zh: str
    en: str
    explain_zh: str
    explain_en: str


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Example:
    """Values of what is read (or rows of a source) and the result they must give."""

    given: Mapping[str, Any]
    rows: tuple[Mapping[str, Any], ...] | None
    as_of: date
    expect: Any
    part: Part = field(compare=False, repr=False)


FILES = ("accounts", "loans", "flows", "products", "contracts")
"""The kinds of files of the bank's systems upon which a source may stand (`tiange import`)."""


@dataclass(frozen=True, slots=True)
class SourceGate:
    """What a source stands on: the newest of `files`, which may be as old as figure `late` says in days."""

    files: tuple[str, ...]
    late: str


@dataclass(frozen=True, slots=True)
class Source:
    """A view `facts.<name>` with the columns that features may read. `for_agents`: those whose content agents
    may know, and so whatever follows from nothing else. `is_model`: scores of a model, which order work and
    are never granted upon. `gate`: none where no file of the bank's brings it."""

    name: str
    words: Words
    columns: Mapping[str, Column]
    part: Part = field(compare=False, repr=False)
    for_agents: frozenset[str] = frozenset()
    is_model: bool = False
    gate: SourceGate | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """A dated policy number. `values`: (from, value), earliest first; that one holds before its day too."""

    name: str
    words: Words
    unit: str
    values: tuple[tuple[date, int], ...]
    source: str
    part: Part = field(compare=False, repr=False)

    def on(self, day: date) -> int:
        """The value in force on `day`."""
        return [value for since, value in self.values if since <= day or since == self.values[0][0]][-1]


@dataclass(frozen=True, slots=True)
class Feature:
    """A variable of a customer. `source` None: made from other features; FROZEN: of a run over many.
    `otherwise`: value without rows; `fallback`: instead of none, of a frozen one. `on_phone`: a phone works
    it out from the rows it holds, so that an entry shows its effect at once."""

    name: str
    words: Words
    unit: str
    column: Column
    source: str | None
    value: Expr
    otherwise: Literal
    on_phone: bool
    examples: tuple[Example, ...]
    part: Part = field(compare=False, repr=False)
    fallback: Expr | None = None


@dataclass(frozen=True, slots=True)
class Frozen:
    """A figure over many customers, worked out once for a day: of those of one kind who meet `where`, at each
    place of `levels` with `least` of them or more. `percent` None: the mean, sum of `of` by sum of `per`;
    else that quantile of `of`, cut down to whole `step`. `definition` changes whenever any of this does, or
    what `of` stands on."""

    name: str
    definition: str
    kind: str
    levels: tuple[str, ...]
    where: Expr
    of: Expr
    per: Expr
    percent: int | None
    step: Expr
    least: Expr
    #: the own features that it reads, with all behind them
    reads: Mapping[str, Feature] = field(repr=False)
    part: Part = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Rule:
    """A named column of the second statement."""

    name: str
    column: Column
    value: Expr
    part: Part = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Dimension:
    """What others are sorted by: the dimensions of tags and of events, the families and marks of products."""

    name: str
    words: Words


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag with its position in the words. `kinds`: of customers it can hold for; none named: all."""

    name: str
    bit: int
    dimension: str
    kinds: tuple[str, ...]
    words: Words
    rule: Rule
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """A line of a scorecard: `percent` (0 to 100) of the points that figure `weight` holds.

    `counts`: for which customers; of whom it cannot be known yet, the others share its points in proportion
    to their own. None: for all.
    """

    name: str
    zh: str
    en: str
    weight: str
    percent: Expr
    counts: Expr | None = None


@dataclass(frozen=True, slots=True)
class Scorecard:
    """Points for one kind of customer, into the column `gives`."""

    name: str
    gives: str
    kinds: tuple[str, ...]
    words: Words
    items: tuple[Item, ...]
    examples: tuple[Example, ...]
    part: Part = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Option:
    """One outcome of a choice."""

    code: str
    words: Words


@dataclass(frozen=True, slots=True)
class Choice:
    """A code among a closed list, such as tier, stage or grade; options as they stand in the file."""

    name: str
    words: Words
    options: tuple[Option, ...]
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class Amount:
    """A named number that rules work out: a limit, a cap, a rate, a rhythm. `supposes`: it says what another
    would gain if something were otherwise."""

    name: str
    words: Words
    unit: str
    examples: tuple[Example, ...]
    supposes: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    """A line of the explanation of a limit. `order` places it among the others.

    Of those that have `holds` only the largest few are told, beside all others: `when` is `holds` and being
    one of these. `goal`: the name of the amount to be reached for it, `goal_words`: what stands before that.
    """

    code: str
    order: int
    words: Words
    when: Rule
    amount: Rule
    holds: Rule | None = None
    goal: str | None = None
    goal_words: Said | None = None


@dataclass(frozen=True, slots=True)
class Pending:
    """What the policy knows of and has no data for yet, said openly."""

    name: str
    words: Words
    points: int | None


@dataclass(frozen=True, slots=True)
class Product:
    """What the bank sells, by its code. `suits`: whom it may be offered to. `marks`: product tags."""

    name: str
    bit: int
    family: str
    marks: tuple[str, ...]
    kinds: tuple[str, ...]
    words: Words
    suits: Rule
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """What is offered at one step, a product or a package, and what is done."""

    offer: str
    do: Said


@dataclass(frozen=True, slots=True)
class Offer:
    """A package (products in their order, nothing to do) or a coverage plan for a group of customers.

    `seeks`, of a plan: `product` where a group is given what fits it (人找产品), `customer` where a product
    is brought to those whom it fits (产品找人). `bit`: its position in the offer words, which both share.
    """

    name: str
    bit: int
    seeks: str | None
    kinds: tuple[str, ...]
    words: Words
    steps: tuple[Step, ...]
    rule: Rule
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """An opportunity that is raised when `rule` begins to hold, with its position in the event words.

    `product`: what to offer. `script`: what to say. `priority`: 1 first, 5 last. It stands `valid_days` and
    is not raised again within `again_days` of being raised. `owner`: the role that works on it. `retired`:
    never holds any more; kept so that its bit has a name.
    """

    name: str
    bit: int
    dimension: str
    kinds: tuple[str, ...]
    words: Words
    rule: Rule
    product: str
    script: Said
    priority: int
    valid_days: int
    again_days: int
    owner: str
    agent_visible: bool
    retired: bool
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class Offering:
    """What is offered to whom, and when. Events, products and offers stand in the order of their bits."""

    dimensions: Mapping[str, Dimension]
    events: tuple[Event, ...]
    families: Mapping[str, Dimension]
    marks: Mapping[str, Dimension]
    products: tuple[Product, ...]
    packages: tuple[Offer, ...]
    plans: tuple[Offer, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """A whole catalogue. `rules`: every column of the second statement, tags and reasons included.

    Two are equal only where they are one: to compare thousands of expressions says what `digest` says."""

    digest: str
    sources: Mapping[str, Source]
    figures: Mapping[str, Figure]
    features: Mapping[str, Feature]
    dimensions: Mapping[str, Dimension]
    tags: tuple[Tag, ...]
    scorecards: tuple[Scorecard, ...]
    choices: Mapping[str, Choice]
    amounts: Mapping[str, Amount]
    reasons: tuple[Reason, ...]
    pending: tuple[Pending, ...]
    offering: Offering
    rules: Mapping[str, Rule]
    frozen: Mapping[str, Frozen] = field(default_factory=dict)
