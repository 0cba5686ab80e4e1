"""What phones receive of strategy: results in force and the words to show them with.

Agents get no results, and of the words those of the events that they may see.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from backend.kernel.projections import Projection, itself, online
from backend.kernel.uow import UnitOfWork
from backend.strategy import queries, versions
from backend.strategy.phone import RULES, PhoneRules
from backend.strategy.rules import word_bytes
from backend.strategy.terms import agents_terms, terms

PROFILE_FIELDS = (
    "tier",
    "stage",
    "tags",
    "limit_fen",
    "rate_bp",
    "grade",
    "score",
    "reasons",
    "decision_id",
    "version",
    "as_of",
    "products",
    "offers",
    "inputs",
)
RULES_FIELDS = (
    "inputs",
    "features",
    "steps",
    "reasons",
    "most_reasons",
    "given",
    "amounts",
    "score",
    "ranked",
)
TERM_FIELDS = ("zh", "en", "text_zh", "text_en", "bit")


async def load_profiles(uow: UnitOfWork, ids: Sequence[str], _projection: str) -> Mapping[str, Sequence[Any]]:
    """One row per customer that has a result; reasons as [code, fen]; tags, products that suit, packages and
    plans as 8 bytes a word; `inputs`: the features it was worked out from that the rules for phones read, nil
    where it came from other rules."""
    customers = [UUID(one) for one in ids]
    found = await queries.profiles(uow, customers)
    inputs = await queries.decision_features(uow, customers, (await _phone_rules(uow)).inputs)
    return {
        str(one): [
            row.tier,
            row.stage,
            word_bytes(row.tag_words),
            row.limit_fen,
            row.rate_bp,
            row.grade,
            row.score,
            row.reasons,
            str(row.decision_id),
            row.version,
            row.as_of.isoformat(),
            word_bytes(row.product_words),
            word_bytes(row.offer_words),
            inputs.get(one),
        ]
        for one, row in found.items()
    }


async def _phone_rules(uow: UnitOfWork) -> PhoneRules:
    edition = await versions.edition_in_force(uow)
    return await edition.for_phones()


async def load_rules(uow: UnitOfWork, ids: Sequence[str], _projection: str) -> Mapping[str, Sequence[Any]]:
    """The rules in force, as `phone.PhoneRules` says."""
    rules = (await _phone_rules(uow)).plain()
    return {one: [rules[field] for field in RULES_FIELDS] for one in ids if one == RULES}


async def load_terms(uow: UnitOfWork, ids: Sequence[str], projection: str) -> Mapping[str, Sequence[Any]]:
    """[zh, en, sentence zh, sentence en, bit] per term, of the version in force."""
    catalogue = await versions.catalogue_in_force(uow)
    known = agents_terms(catalogue) if projection == "agent" else terms(catalogue)
    return {
        one: [known[one].zh, known[one].en, known[one].text_zh, known[one].text_en, known[one].bit]
        for one in ids
        if one in known
    }


PROJECTIONS = (
    Projection(
        "profile",
        frozenset({"grid", "care"}),
        {"manager": PROFILE_FIELDS},
        load_profiles,
        online=online(PROFILE_FIELDS, itself, load_profiles),
    ),
    Projection("rules", frozenset({"bank"}), {"bank": RULES_FIELDS}, load_rules),
    Projection("term", frozenset({"bank"}), {"bank": TERM_FIELDS, "agent": TERM_FIELDS}, load_terms),
)
