"""From which day's share an opportunity was taken up for whom it belongs to."""

from collections.abc import Sequence

from alembic import op

revision: str = "0062"
down_revision: str | None = "0061"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Forward only."""
    op.execute("ALTER TABLE opportunity ADD COLUMN dealt_on date")
    op.execute(
        "CREATE INDEX ix_opportunity_dealt ON opportunity (assignee_id, dealt_on) WHERE dealt_on IS NOT NULL"
    )
