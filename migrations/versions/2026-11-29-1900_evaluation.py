"""Village evaluations: sessions, reviewers, sealed forms, results, and the view that strategy reads."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision: str = "0026"
down_revision: str | None = "0025"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

SYSTEM = "(SELECT scope.system())"
BANK = "(SELECT scope.bank_staff())"
WRITES = "(SELECT scope.may_write())"
ME = "(SELECT scope.staff())"
OF_CUSTOMER = "((SELECT scope.bank_wide()) OR EXISTS (SELECT 1 FROM customer c WHERE c.id = customer_id))"
# an agent is not bank staff and has the sessions that they host
SESSION = (
    f"{SYSTEM} OR host_id = {ME} OR ({BANK} AND ((SELECT scope.bank_wide())"
    " OR grid_id = ANY ((SELECT scope.grids())::uuid[]) OR branch_id = ANY ((SELECT scope.branches())::uuid[])))"
)
OF_SESSION = "EXISTS (SELECT 1 FROM evaluation_session s WHERE s.id = session_id)"
RESULT = f"{SYSTEM} OR ({BANK} AND {OF_CUSTOMER} AND {OF_SESSION})"
# table → (who reads, who adds, who changes)
POLICIES = {
    "evaluation_session": (
        SESSION,
        f"{SYSTEM} OR ({WRITES} AND {BANK} AND created_by = {ME} AND ({SESSION}))",
        SYSTEM,
    ),
    "evaluation_reviewer": (
        f"{SYSTEM} OR {OF_SESSION}",
        f"{SYSTEM} OR ({WRITES} AND {BANK} AND {OF_SESSION})",
        SYSTEM,
    ),
    # sealed, and not even so to be read by anybody: by name they open through one door, which is audited
    "evaluation_form": (SYSTEM, SYSTEM, SYSTEM),
    "evaluation_result": (RESULT, SYSTEM, f"{SYSTEM} OR ({WRITES} AND ({RESULT}))"),
}
FACTS = (
    "SELECT customer_id, settled_percent AS percent, CAST(settled_at AS date) AS settled_on"
    " FROM evaluation_result WHERE current"
)
# a grid's row says now who its agents are: phones fetch it once more
GRIDS = (
    "UPDATE sync_partition SET revision = revision + 1"
    " WHERE book IN (SELECT book FROM sync_change WHERE kind = 'grid' AND NOT gone)",
    "UPDATE sync_change c SET revision = p.revision FROM sync_partition p"
    " WHERE p.book = c.book AND c.kind = 'grid' AND NOT c.gone",
)


def upgrade() -> None:
    """Forward only."""
    op.create_table(
        "evaluation_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("grid_id", sa.Uuid(), nullable=False),
        sa.Column("branch_id", sa.Uuid(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("host_id", sa.Uuid(), nullable=False),
        sa.Column("created_by", sa.Uuid()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("customer_ids", pg.ARRAY(sa.Uuid()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation_session")),
        sa.ForeignKeyConstraint(["grid_id"], ["grid.id"], name=op.f("fk_evaluation_session_grid_id")),
    )
    op.create_index("ix_evaluation_session_grid_id", "evaluation_session", ["grid_id"])
    op.create_index("ix_evaluation_session_branch_id", "evaluation_session", ["branch_id"])
    op.create_table(
        "evaluation_reviewer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Uuid()),
        sa.Column("handed_in_at", sa.DateTime(timezone=True)),
        sa.Column("taken_by", sa.Uuid()),
        sa.Column("forms", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation_reviewer")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["evaluation_session.id"], name=op.f("fk_evaluation_reviewer_session_id")
        ),
    )
    op.create_index("ix_evaluation_reviewer_session_id", "evaluation_reviewer", ["session_id"])
    op.create_table(
        "evaluation_form",
        sa.Column("reviewer_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("excluded", sa.Text()),
        sa.PrimaryKeyConstraint("reviewer_id", "customer_id", name=op.f("pk_evaluation_form")),
        sa.ForeignKeyConstraint(
            ["reviewer_id"], ["evaluation_reviewer.id"], name=op.f("fk_evaluation_form_reviewer_id")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["evaluation_session.id"], name=op.f("fk_evaluation_form_session_id")
        ),
    )
    op.create_index("ix_evaluation_form_session_id", "evaluation_form", ["session_id", "customer_id"])
    op.create_table(
        "evaluation_result",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("counted", sa.BigInteger(), nullable=False),
        sa.Column("known", sa.BigInteger(), nullable=False),
        sa.Column("percent", sa.BigInteger()),
        sa.Column("low_percent", sa.BigInteger()),
        sa.Column("high_percent", sa.BigInteger()),
        sa.Column("grades", pg.JSONB(), nullable=False),
        sa.Column("limit_fen", sa.BigInteger()),
        sa.Column("flags", pg.ARRAY(sa.Text()), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_percent", sa.BigInteger()),
        sa.Column("first_counted", sa.BigInteger()),
        sa.Column("first_reason", sa.Text()),
        sa.Column("first_by", sa.Uuid()),
        sa.Column("first_at", sa.DateTime(timezone=True)),
        sa.Column("second_percent", sa.BigInteger()),
        sa.Column("second_counted", sa.BigInteger()),
        sa.Column("second_reason", sa.Text()),
        sa.Column("second_by", sa.Uuid()),
        sa.Column("second_at", sa.DateTime(timezone=True)),
        sa.Column("settled_percent", sa.BigInteger()),
        sa.Column("settled_at", sa.DateTime(timezone=True)),
        sa.Column("current", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("session_id", "customer_id", name=op.f("pk_evaluation_result")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["evaluation_session.id"], name=op.f("fk_evaluation_result_session_id")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_evaluation_result_customer_id")
        ),
        sa.CheckConstraint("first_by <> second_by", name="two_people"),
    )
    op.create_index("ix_evaluation_result_customer_id", "evaluation_result", ["customer_id"])
    for table, (reads, adds, changes) in POLICIES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY reads ON {table} FOR SELECT USING ({reads})")
        op.execute(f"CREATE POLICY adds ON {table} FOR INSERT WITH CHECK ({adds})")
        op.execute(f"CREATE POLICY changes ON {table} FOR UPDATE USING ({changes}) WITH CHECK ({changes})")
        op.execute(f"CREATE POLICY removes ON {table} FOR DELETE USING ({SYSTEM})")
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table} TO tiange_web, tiange_worker")
    op.execute("REVOKE UPDATE ON evaluation_form FROM tiange_web, tiange_worker")
    op.execute("GRANT SELECT ON evaluation_result TO tiange_nightly")
    for statement in GRIDS:
        op.execute(statement)
    op.execute(f"CREATE VIEW facts.evaluation WITH (security_invoker = true) AS {FACTS}")
    op.execute("GRANT SELECT ON facts.evaluation TO tiange_web, tiange_worker, tiange_nightly")
