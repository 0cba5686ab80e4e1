"""Opportunities and the steps of their lives. The worker raises them as results move; none for what moved before."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0048"
down_revision: str | None = "0047"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

SYSTEM = "(SELECT scope.system())"
BANK = "(SELECT scope.bank_staff())"
WRITES = "(SELECT scope.may_write())"
ME = "(SELECT scope.staff())"
AGENT = "((SELECT scope.role()) = 'agent')"
OF_CUSTOMER = "((SELECT scope.bank_wide()) OR EXISTS (SELECT 1 FROM customer c WHERE c.id = customer_id))"
SEEN = f"{OF_CUSTOMER} AND ({BANK} OR ({AGENT} AND agent_visible))"
OF_OPPORTUNITY = "EXISTS (SELECT 1 FROM opportunity o WHERE o.id = opportunity_id)"
LIVING = "stage IN ('raised', 'screened', 'assigned', 'contacted', 'followed')"
# table → (who reads, who adds, who changes)
POLICIES = {
    "opportunity": (f"{SYSTEM} OR ({SEEN})", SYSTEM, f"{SYSTEM} OR ({WRITES} AND {SEEN})"),
    "opportunity_step": (
        f"{SYSTEM} OR ({BANK} AND {OF_OPPORTUNITY})",
        f"{SYSTEM} OR ({WRITES} AND staff_id = {ME} AND {OF_OPPORTUNITY})",
        SYSTEM,
    ),
}


def upgrade() -> None:
    """Forward only."""
    op.create_table(
        "opportunity",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("dimension", sa.Text(), nullable=False),
        sa.Column("product", sa.Text()),
        sa.Column("priority", sa.BigInteger(), nullable=False),
        sa.Column("owner_role", sa.Text(), nullable=False),
        sa.Column("agent_visible", sa.Boolean(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("raised_on", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("before_fen", sa.BigInteger()),
        sa.Column("after_fen", sa.BigInteger()),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("assignee_id", sa.Uuid()),
        sa.Column("stepped_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stepped_by", sa.Uuid()),
        sa.Column("outcome", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opportunity")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_opportunity_customer_id")),
    )
    op.create_index("ix_opportunity_customer_id", "opportunity", ["customer_id"])
    op.create_index("uq_opportunity_decision", "opportunity", ["decision_id", "event"], unique=True)
    op.create_index(
        "uq_opportunity_living",
        "opportunity",
        ["customer_id", "event"],
        unique=True,
        postgresql_where=sa.text(LIVING),
    )
    op.create_index(
        "ix_opportunity_valid_until", "opportunity", ["valid_until"], postgresql_where=sa.text(LIVING)
    )
    op.create_table(
        "opportunity_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("opportunity_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("from_stage", sa.Text()),
        sa.Column("to_stage", sa.Text(), nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.Column("staff_id", sa.Uuid()),
        sa.Column("reason", sa.Text()),
        sa.Column("decision_id", sa.Uuid()),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opportunity_step")),
        sa.ForeignKeyConstraint(
            ["opportunity_id"], ["opportunity.id"], name=op.f("fk_opportunity_step_opportunity_id")
        ),
    )
    op.create_index("ix_opportunity_step_opportunity_id", "opportunity_step", ["opportunity_id"])
    op.create_index(
        "ix_opportunity_step_decision_id",
        "opportunity_step",
        ["decision_id"],
        postgresql_where=sa.text("decision_id IS NOT NULL"),
    )
    for table, (reads, adds, changes) in POLICIES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY reads ON {table} FOR SELECT USING ({reads})")
        op.execute(f"CREATE POLICY adds ON {table} FOR INSERT WITH CHECK ({adds})")
        op.execute(f"CREATE POLICY changes ON {table} FOR UPDATE USING ({changes}) WITH CHECK ({changes})")
        op.execute(f"CREATE POLICY removes ON {table} FOR DELETE USING ({SYSTEM})")
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table} TO tiange_web, tiange_worker")
    op.execute("REVOKE INSERT ON opportunity FROM tiange_web")
    op.execute("REVOKE UPDATE ON opportunity_step FROM tiange_web, tiange_worker")
