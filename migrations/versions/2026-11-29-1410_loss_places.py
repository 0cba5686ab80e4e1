"""Which places a phone lost may become known after it was said that something was lost."""

from collections.abc import Sequence

from alembic import op

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

# once known they stay: `to_seq` alone, and only where it was not
MINE = "to_seq IS NULL AND (staff_id = (SELECT scope.staff()) OR (SELECT scope.system()))"


def upgrade() -> None:
    """Forward only."""
    op.execute(f"ALTER POLICY changes ON sync_loss USING ({MINE}) WITH CHECK (to_seq IS NOT NULL)")
    op.execute("GRANT UPDATE (to_seq) ON sync_loss TO tiange_web, tiange_worker")
