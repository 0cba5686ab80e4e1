"""When a row left its partition, so that tombstones can be forgotten past their keeping."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Forward only."""
    op.add_column("sync_change", sa.Column("gone_at", sa.DateTime(timezone=True)))
    # nobody knows since when: they are kept for a whole time from now on
    op.execute("UPDATE sync_change SET gone_at = scope.now() WHERE gone")
    op.create_index("ix_sync_change_gone", "sync_change", ["gone_at"], postgresql_where=sa.text("gone"))
    op.execute("GRANT DELETE ON sync_change TO tiange_worker")
