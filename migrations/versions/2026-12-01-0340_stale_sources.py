"""Which sources were too old for a run of everybody: they are why it waits."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision: str = "0058"
down_revision: str | None = "0057"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Forward only."""
    op.add_column(
        "strategy_run", sa.Column("stale", pg.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False)
    )
