"""The figures that ship: a bank changes them by adding a dated row, never by editing code. Units are in
the names.

Sources: the product's domain description (defaults of the field), unless a line says otherwise.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

SHIPPED_ON = date(2026, 1, 1)


@dataclass(frozen=True, slots=True)
class Figure:
    """A shipped default. `on_phone`: phones need it to judge or to show something offline."""

    key: str
    value: Any
    source: str
    on_phone: bool = False


SHIPPED = (
    Figure("visit_distance_limit_m", 500, "a visit farther away is accepted and flagged", on_phone=True),
    Figure("visit_accuracy_limit_m", 100, "a less accurate fix is accepted and flagged", on_phone=True),
    Figure("visit_burst_count", 4, "as many visits within the window look odd", on_phone=True),
    Figure("visit_burst_minutes", 10, "window for visit_burst_count, two hours at most", on_phone=True),
    Figure("visit_speed_limit_kmh", 120, "faster from one visit to the next looks odd"),
    Figure("clock_error_limit_s", 600, "a phone's clock farther off flags the visit"),
    Figure("contact_rhythm_days", 30, "every customer with an owner, once a month", on_phone=True),
    Figure("daily_capacity", 30, "duties per person and day that stay doable", on_phone=True),
    Figure("new_customer_due_days", 7, "a customer new to the bank is seen within a week"),
    Figure("escalate_head_days", 3, "overdue high-end and core duties reach the head"),
    Figure("value_source_precedence", ["collected", "core", "bureau", "register"], "which source is shown"),
    Figure(
        "completeness_weights",
        {"phone": 10, "point": 10, "members": 20, "income": 25, "spending": 10, "home": 5, "assets": 20},
        "points of 100 for each section that has data",
        on_phone=True,
    ),
    Figure("completeness_mark", 80, "points from which a file counts as complete", on_phone=True),
    Figure(
        "value_age_days",
        {
            "income": 365,
            "spending": 365,
            "home": 1095,
            "assets": 730,
            "livestock": 365,
            "financial": 365,
            "debt": 180,
            "guarantee": 365,
            "intention": 180,
            "partner": 365,
        },
        "what was said of a section, or a kind of record, is asked anew when it is older",
        on_phone=True,
    ),
    Figure(
        "old_answer_percent", 50, "of its points, until it is asked anew, counts what is older", on_phone=True
    ),
    Figure(
        "ask_again_days",
        {"unknown": 90, "refused": 180},
        "a question that somebody could not, or would not, answer rests for as long",
        on_phone=True,
    ),
    Figure(
        "evaluation_weights",
        {"repute": 25, "harmony": 10, "diligence": 15, "debts": 15, "habits": 15, "ability": 20},
        "points of 100 for each question of a village evaluation",
    ),
    Figure(
        "evaluation_percents",
        {
            "repute": {"excellent": 100, "good": 80, "fair": 50, "poor": 0},
            "harmony": {"good": 100, "fair": 60, "poor": 0},
            "diligence": {"hard": 100, "fair": 60, "lazy": 0},
            "debts": {"none": 100, "some": 70, "many": 30, "unpaid": 0},
            "habits": {"none": 100, "some": 50, "bad": 0},
            "ability": {"sure": 100, "likely": 75, "hard": 35, "none": 0},
        },
        "what each answer is worth of its question's points",
    ),
    Figure("evaluation_forms_needed", 3, "counted forms from which on a result opens", on_phone=True),
    Figure("evaluation_close_days", 14, "an evaluation that nobody closed ends so long after its day"),
    Figure("evaluation_code_minutes", 60, "a code for a reviewer's own phone opens so long", on_phone=True),
    Figure("evaluation_code_hours", 12, "once opened, forms are taken by it for so long"),
    Figure("evaluation_known_needed", 2, "with fewer who know the household there is no score"),
    Figure("evaluation_wide_percent", 40, "forms that lie so far apart are flagged"),
    Figure("evaluation_outlier_percent", 30, "a form so far from the middle of the others is flagged"),
    Figure(
        "evaluation_grades",
        {"excellent": 85, "good": 70, "fair": 55},
        "from which percent on a household is called so; below, poor",
        on_phone=True,
    ),
    Figure("digest_at", "08:00", "the daily digest, local time"),
    Figure("notify_quiet_from", "21:00", "nothing but urgent from here, local time"),
    Figure("notify_quiet_to", "07:00", "until here, local time"),
    Figure("offline_hours", 72, "a phone out of contact for longer locks for reading", on_phone=True),
    Figure("tombstone_days", 30, "a phone that was away for longer fetches its partitions anew"),
    Figure("snapshot_page_days", 14, "the pages of a snapshot are made anew after as long"),
    Figure("phone_silent_days", 7, "a phone not heard of for as long is asked after"),
    Figure("phone_stuck_hours", 4, "a phone in touch whose oldest entry stays as long is stuck"),
    Figure("phone_loss_days", 30, "a phone that lost work is shown for as long"),
    Figure("phone_oldest_app", "0.1.0", "a phone that runs an older version is asked to update"),
    Figure("unlock_requires_prf", False, "true: phones open by fingerprint or face alone, never by a PIN"),
    Figure("import_rejected_percent", 20, "a file of which more rows are rejected is refused as a whole"),
    Figure(
        "consent_guardian_years",
        14,
        "a guardian consents for who is younger (个人信息保护法, article 31)",
        on_phone=True,
    ),
    Figure(
        "retention_days",
        {"withdrawn": 30, "died": 365},
        "what a consent was for goes as many days after it was withdrawn, or its person died",
    ),
    Figure(
        "audience_removed_days",
        30,
        "a removed group can be brought back for so long; then it goes",
    ),
    Figure("held_tiers_per_mille", 30, "a nightly run that moves more tiers waits for a person"),
    Figure("held_limits_per_mille", 10, "and one that takes away more limits"),
    Figure("simulation_rows_days", 90, "a simulation can be asked for as long who is in its figures"),
    Figure(
        "file_late_days",
        {"accounts": 4, "loans": 4, "flows": 41, "products": 35},
        "a file of the bank's systems is late once its newest tells of a day so long ago",
    ),
    Figure("duplicate_least_per_mille", 900, "two people as likely one are put to a person at night"),
    Figure("opportunity_limit_rise_fen", 1_000_000, "a limit that rises by less is nothing to speak of"),
    Figure("opportunities_open_most", 3, "of one customer so many are open at once; others wait for room"),
    Figure(
        "opportunities_day_most",
        20,
        "of what a run over everybody raised a person gets so many a day, and so many urgent ones",
    ),
    Figure("merge_undo_days", 90, "a merge of households is taken back within as many days", on_phone=True),
    Figure("time_zone", "Asia/Shanghai", "the bank's days", on_phone=True),
)
