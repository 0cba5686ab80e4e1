"""Codes by which reviewers answer on phones of their own: hashes alone, and nobody's to read."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0034"
down_revision: str | None = "0033"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

SYSTEM = "(SELECT scope.system())"
TABLE = "evaluation_code"


def upgrade() -> None:
    """Forward only."""
    op.create_table(
        TABLE,
        sa.Column("reviewer_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary()),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("open_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True)),
        sa.Column("hand_in_until", sa.DateTime(timezone=True)),
        sa.Column("body_hash", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("reviewer_id", name=op.f("pk_evaluation_code")),
        sa.ForeignKeyConstraint(
            ["reviewer_id"], ["evaluation_reviewer.id"], name=op.f("fk_evaluation_code_reviewer_id")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["evaluation_session.id"], name=op.f("fk_evaluation_code_session_id")
        ),
    )
    op.create_index("ix_evaluation_code_session_id", TABLE, ["session_id"])
    op.create_index("uq_evaluation_code_code_hash", TABLE, ["code_hash"], unique=True)
    op.execute(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {TABLE} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY reads ON {TABLE} FOR SELECT USING ({SYSTEM})")
    op.execute(f"CREATE POLICY adds ON {TABLE} FOR INSERT WITH CHECK ({SYSTEM})")
    op.execute(f"CREATE POLICY changes ON {TABLE} FOR UPDATE USING ({SYSTEM}) WITH CHECK ({SYSTEM})")
    op.execute(f"CREATE POLICY removes ON {TABLE} FOR DELETE USING ({SYSTEM})")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON {TABLE} TO tiange_web, tiange_worker")
