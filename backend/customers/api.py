"""Customers for other domains."""

from backend.customers.ages import Standards, standards
from backend.customers.changes import changes_by
from backend.customers.dealings import has_dealings, narrowed
from backend.customers.errors import out_of_scope
from backend.customers.file_fields import file_fields
from backend.customers.finding import Found
from backend.customers.finding import find as find_duplicates
from backend.customers.followers import follow, followed, merged_on, note_followed, stands
from backend.customers.holders import Holder, Named, Unknown, holders, homes_of, number_index
from backend.customers.kin import kin_of
from backend.customers.looking import looking_at
from backend.customers.models import Customer
from backend.customers.moving import rehome
from backend.customers.names import pinyin_of
from backend.customers.owners import books_for
from backend.customers.papers import (
    Asked,
    Paper,
    Signer,
    keep_papers,
    paper_wrong,
    purpose_of,
    signed_by,
    signers,
)
from backend.customers.past import Home, homes, lineage, parts_of
from backend.customers.queries import (
    Place,
    by_id,
    counting_inputs,
    lock,
    lock_inputs,
    lock_places,
    resembling,
    visible,
)
from backend.customers.queries import books_of as home_books
from backend.customers.retention import deletions as retained_deletions
from backend.customers.rules import THINGS, id_check_digit
from backend.customers.service import inputs_changed, tell_inputs_changed
from backend.customers.suggestions import body_of as suggested_body
from backend.customers.suggestions import decide as decide_suggestion
from backend.customers.suggestions import suggest

__all__ = [
    "THINGS",
    "Asked",
    "Customer",
    "Found",
    "Holder",
    "Home",
    "Named",
    "Paper",
    "Place",
    "Signer",
    "Standards",
    "Unknown",
    "books_for",
    "by_id",
    "changes_by",
    "counting_inputs",
    "decide_suggestion",
    "file_fields",
    "find_duplicates",
    "follow",
    "followed",
    "has_dealings",
    "holders",
    "home_books",
    "homes",
    "homes_of",
    "id_check_digit",
    "inputs_changed",
    "keep_papers",
    "kin_of",
    "lineage",
    "lock",
    "lock_inputs",
    "lock_places",
    "looking_at",
    "merged_on",
    "narrowed",
    "note_followed",
    "number_index",
    "out_of_scope",
    "paper_wrong",
    "parts_of",
    "pinyin_of",
    "purpose_of",
    "rehome",
    "resembling",
    "retained_deletions",
    "signed_by",
    "signers",
    "standards",
    "stands",
    "suggest",
    "suggested_body",
    "tell_inputs_changed",
    "visible",
]
