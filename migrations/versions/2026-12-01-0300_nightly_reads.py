"""The nightly run's login reads its own tables by policies of its own, plain enough for plans of whole tables; and no other."""

from collections.abc import Sequence

from alembic import op

revision: str = "0054"
down_revision: str | None = "0053"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

#: what stands under the views that the nightly run copies
READ = (
    *("customer", "person", "membership", "customer_value", "file_record", "evaluation_result", "visit"),
    *("account", "loan", "flow_part", "holding", "import_batch", "profile"),
)
# Sums of fen and of counts in whole numbers: sum() of a bigint works in numeric, three times slower. Beyond
# bigint both are refused with the same SQLSTATE.
TOTAL = (
    "CREATE AGGREGATE total(bigint) (sfunc = int8pl, stype = bigint, combinefunc = int8pl, parallel = safe)"
)
# the consents of whoever holds a row `f`; EXISTS, which is one hash join for everybody at once
_CONSENTED = (
    "EXISTS (SELECT 1 FROM membership m JOIN person p ON p.id = m.person_id"
    "  WHERE m.customer_id = f.customer_id AND m.until_on IS NULL AND 'accounts' = ANY (p.consented)"
    "  AND CASE WHEN f.person_id IS NULL THEN m.relation IN ('head', 'legal_person', 'owner')"
    "   ELSE m.person_id = coalesce(s.part_of, f.person_id) END)"
)
VIEWS = {
    "consented_account": (
        "SELECT f.customer_id, f.account_kind, f.balance_fen, f.year_average_fen, f.opened_on"
        f" FROM account f LEFT JOIN person s ON s.id = f.person_id WHERE f.closed_on IS NULL AND {_CONSENTED}"
    ),
    # as of 0052
    "consented_flow": (
        "SELECT f.customer_id, f.month, total(f.in_fen) AS in_fen, total(f.out_fen) AS out_fen,"
        " total(f.in_count) AS in_count, total(f.out_count) AS out_count,"
        " total(f.wages_fen) AS wages_fen, total(f.merchant_fen) AS merchant_fen,"
        " (SELECT CAST(date_trunc('month', max(b.as_of) + 1) AS date) FROM import_batch b"
        "  WHERE b.kind = 'flows' AND b.state = 'taken') AS told_until_on"
        f" FROM flow_part f LEFT JOIN person s ON s.id = f.person_id WHERE {_CONSENTED}"
        " GROUP BY f.customer_id, f.month"
    ),
}
ACCOUNT = "SELECT customer_id, account_kind, balance_fen, year_average_fen, opened_on FROM consented_account"


def upgrade() -> None:
    """Forward only."""
    op.execute(TOTAL)
    for name, query in VIEWS.items():
        op.execute(f"CREATE OR REPLACE VIEW {name} WITH (security_invoker = true) AS {query}")
        op.execute(f"GRANT SELECT ON {name} TO tiange_web, tiange_worker, tiange_nightly")
    op.execute(f"CREATE OR REPLACE VIEW facts.account WITH (security_invoker = true) AS {ACCOUNT}")
    op.execute("REVOKE SELECT ON ALL TABLES IN SCHEMA public FROM tiange_nightly")
    for name in (*READ, *VIEWS, "held_account", "held_flow"):
        op.execute(f"GRANT SELECT ON {name} TO tiange_nightly")
    # Beside the others' policies, which ask of each row whose it is, the planner fears the worst and looks each
    # row up by itself. This login's alone asks once, so that whole tables are read and joined as such.
    for table in READ:
        op.execute(f"ALTER POLICY reads ON {table} TO CURRENT_USER, tiange_web, tiange_worker")
        op.execute(
            f"CREATE POLICY nightly ON {table} FOR SELECT TO tiange_nightly USING ((SELECT scope.system()))"
        )
