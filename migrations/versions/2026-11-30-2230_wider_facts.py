"""Facts views for a wider catalogue: records of a file with their details, what a visit was for and showed, consents
by purpose, how an evaluation came about."""

from collections.abc import Sequence

from alembic import op

revision: str = "0045"
down_revision: str | None = "0044"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_CONSENTS = ", ".join(
    f"('{purpose}' = ANY (p.consented)) AS consents_{purpose}"
    for purpose in ("credit", "accounts", "whereabouts", "marketing")
)
# columns are only ever added at the end of a view that is there
WIDER = {
    "person": "SELECT m.customer_id, m.person_id, m.relation, (m.relation = 'head') AS is_head, p.sex, p.birth_on,"
    " CASE WHEN 'whereabouts' = ANY (p.consented) THEN m.whereabouts END AS whereabouts,"
    f" p.education, p.occupation, {_CONSENTS}"
    " FROM membership m JOIN person p ON p.id = m.person_id WHERE m.until_on IS NULL",
    # a day stands among the choices as its text; what is none is no day
    "value": "SELECT customer_id, field, amount, choice, source, CAST(observed_at AS date) AS observed_on,"
    " CASE WHEN field IN ('licence_from', 'licence_until') AND choice ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$'"
    " THEN CAST(choice AS date) END AS day FROM customer_value WHERE shown",
    "contact": "SELECT customer_id, CAST(at AS date) AS contact_on, channel, outcome, staff_role, wanted_fen,"
    " next_on, NOT (presented = '{}') AS showed_products,"
    " companion_id IS NOT NULL AS in_company FROM visit",
    "evaluation": "SELECT counts_for AS customer_id, settled_percent AS percent,"
    " CAST(settled_at AS date) AS settled_on, counted, known, low_percent, high_percent, limit_fen"
    " FROM evaluation_result WHERE current",
}
_DETAIL = {
    "what": "coalesce({0} 'type', {0} 'crop', {0} 'animal', {0} 'machine', {0} 'form', {0} 'lender', {0} 'product',"
    " {0} 'role')",
    "tenure": "{0} 'tenure'",
    "structure": "{0} 'structure'",
    "collateral": "{0} 'collateral'",
    "deed": "CAST({0} 'deed' AS boolean)",
    "mortgaged": "CAST({0} 'mortgaged' AS boolean)",
    "greenhouse": "CAST({0} 'greenhouse' AS boolean)",
    "rented": "CAST({0} 'rented' AS boolean)",
    "rent_year_fen": "CAST({0} 'rent_year_fen' AS bigint)",
    "floors": "CAST({0} 'floors' AS bigint)",
    "term_months": "CAST({0} 'term_months' AS bigint)",
    "share_percent": "CAST({0} 'share' AS bigint)",
    "is_customer": "{0} 'customer' IS NOT NULL",
    "until_on": "CAST(coalesce({0} 'due_on', {0} 'until_on', {0} 'when_on') AS date)",
}
NEW = {
    "record": "SELECT customer_id, kind AS record_kind, value_fen, area_m2, quantity, "
    + ", ".join(f"{text.format('detail ->>')} AS {name}" for name, text in _DETAIL.items())
    + ", CAST(observed_at AS date) AS observed_on FROM file_record WHERE removed_at IS NULL",
    "presented": "SELECT customer_id, unnest(presented) AS product_code, CAST(at AS date) AS presented_on FROM visit",
}


def upgrade() -> None:
    """Forward only. What the views read is granted already: they read no other tables than before."""
    for name, query in WIDER.items():
        op.execute(f"CREATE OR REPLACE VIEW facts.{name} WITH (security_invoker = true) AS {query}")
    for name, query in NEW.items():
        op.execute(f"CREATE VIEW facts.{name} WITH (security_invoker = true) AS {query}")
        op.execute(f"GRANT SELECT ON facts.{name} TO tiange_web, tiange_worker, tiange_nightly")
