"""Drafts of a strategy and their simulations; why a run is held, where not for what it moves."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision: str = "0051"
down_revision: str | None = "0050"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

READS = "((SELECT scope.role()) IN ('system', 'hq_business', 'risk_officer', 'hq_lead', 'auditor'))"
WRITES = "((SELECT scope.role()) IN ('system', 'hq_business', 'risk_officer'))"
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Forward only."""
    # seen and let through at a desk; row security leaves it to the service, which acts as the system for it
    op.execute("GRANT SELECT, UPDATE (state, released_at) ON strategy_run TO tiange_web")
    op.add_column("strategy_run", sa.Column("problem", sa.Text(), nullable=True))
    op.create_table(
        "strategy_draft",
        sa.Column("id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("title", "note", "origin", "state")),
        sa.Column("base_version", sa.BigInteger(), nullable=False),
        sa.Column("overlay", pg.JSONB(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("checked_digest", sa.Text(), nullable=True),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("editors", pg.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
        sa.Column("submitted_by", sa.Uuid(), nullable=True),
        sa.Column("returned_reason", sa.Text(), nullable=True),
        sa.Column("published_version", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["base_version"],
            ["catalogue_version.version"],
            name=op.f("fk_strategy_draft_base_version"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_strategy_draft")),
    )
    op.create_index(op.f("ix_strategy_draft_state"), "strategy_draft", ["state"])
    op.create_table(
        "strategy_simulation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("files_digest", sa.Text(), nullable=False),
        sa.Column("base_version", sa.BigInteger(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("started_at", TIME, nullable=True),
        sa.Column("finished_at", TIME, nullable=True),
        sa.Column("seconds", pg.JSONB(), nullable=False),
        sa.Column("result", pg.JSONB(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["strategy_draft.id"], name=op.f("fk_strategy_simulation_draft_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_strategy_simulation")),
    )
    op.create_index(op.f("ix_strategy_simulation_draft_id"), "strategy_simulation", ["draft_id"])
    for table in ("strategy_draft", "strategy_simulation"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY reads ON {table} FOR SELECT USING ({READS})")
        op.execute(f"CREATE POLICY adds ON {table} FOR INSERT WITH CHECK ({WRITES})")
        op.execute(f"CREATE POLICY changes ON {table} FOR UPDATE USING ({WRITES}) WITH CHECK ({WRITES})")
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table} TO tiange_web, tiange_worker")
