"""Strategy for other domains."""

from backend.strategy.archives import BadArchive, unpacked
from backend.strategy.definitions import Event, Offer, Offering, Product, Said
from backend.strategy.errors import NotHeld, Superseded, Tampered
from backend.strategy.everybody import recompute_all
from backend.strategy.explaining import Explanation, Line, decisions_of, explain, replay
from backend.strategy.freezing import told_at
from backend.strategy.progress import Copy, Progress, Summary
from backend.strategy.queries import profiles
from backend.strategy.reconciling import as_file as grades_file
from backend.strategy.reconciling import every_differing as grades_differing
from backend.strategy.reconciling import report_of as grades_report
from backend.strategy.rules import bits_in
from backend.strategy.runs import CAUSES as CAUSES_OF_RUNS
from backend.strategy.runs import newest, release
from backend.strategy.service import Recomputed, recompute
from backend.strategy.shipping import offer_shipped
from backend.strategy.trying import Unfit, files_of_draft, simulate_files
from backend.strategy.versions import catalogue_in_force, ensure_published, falls

__all__ = [
    "CAUSES_OF_RUNS",
    "BadArchive",
    "Copy",
    "Event",
    "Explanation",
    "Line",
    "NotHeld",
    "Offer",
    "Offering",
    "Product",
    "Progress",
    "Recomputed",
    "Said",
    "Summary",
    "Superseded",
    "Tampered",
    "Unfit",
    "bits_in",
    "catalogue_in_force",
    "decisions_of",
    "ensure_published",
    "explain",
    "falls",
    "files_of_draft",
    "grades_differing",
    "grades_file",
    "grades_report",
    "newest",
    "offer_shipped",
    "profiles",
    "recompute",
    "recompute_all",
    "release",
    "replay",
    "simulate_files",
    "told_at",
    "unpacked",
]
