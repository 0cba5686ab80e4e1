"""The facts views: what strategy and metrics may read. Casts only; row security of the caller applies."""

from collections.abc import Sequence

from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

VIEWS = {
    "customer": "SELECT id AS customer_id, kind, branch_id, grid_id, owner_id, created_on,"
    " (lon IS NOT NULL) AS has_point, completeness_points, inputs_revision FROM customer WHERE status = 'active'",
    "person": "SELECT m.customer_id, m.person_id, m.relation, (m.relation = 'head') AS is_head, p.sex, p.birth_on,"
    " m.whereabouts, p.education, p.occupation"
    " FROM membership m JOIN person p ON p.id = m.person_id WHERE m.until_on IS NULL",
    "value": "SELECT customer_id, field, amount, choice, source, CAST(observed_at AS date) AS observed_on"
    " FROM customer_value WHERE shown AND NOT disputed",
    "asset": "SELECT customer_id, asset_kind, value_fen, area_m2, quantity,"
    " CAST(observed_at AS date) AS observed_on FROM asset WHERE removed_at IS NULL",
    "debt": "SELECT customer_id, lender, balance_fen,"
    " CAST(observed_at AS date) AS observed_on FROM debt WHERE removed_at IS NULL",
    "account": "SELECT customer_id, account_kind, balance_fen, year_average_fen, opened_on FROM account",
    "loan": "SELECT customer_id, balance_fen, granted_fen, rate_bp, granted_on, due_on,"
    " overdue_days FROM loan",
    "flow": "SELECT customer_id, month, in_fen, out_fen, in_count, out_count,"
    " wages_fen, merchant_fen FROM flow_month",
    "holding": "SELECT customer_id, product_code, since_on FROM holding",
    "contact": "SELECT customer_id, CAST(at AS date) AS contact_on, channel, outcome, staff_role FROM visit",
    "need": "SELECT customer_id, unnest(needs) AS product_code, CAST(at AS date) AS heard_on FROM visit",
    "profile": "SELECT customer_id, tier, stage, limit_fen FROM profile",
}


def upgrade() -> None:
    """Forward only."""
    op.execute("CREATE SCHEMA facts")
    for name, query in VIEWS.items():
        op.execute(f"CREATE VIEW facts.{name} WITH (security_invoker = true) AS {query}")
    op.execute("GRANT USAGE ON SCHEMA facts TO tiange_web, tiange_worker, tiange_nightly")
    op.execute("GRANT SELECT ON ALL TABLES IN SCHEMA facts TO tiange_web, tiange_worker, tiange_nightly")
