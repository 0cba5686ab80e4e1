"""What a phone saved last, so that what it saves after that never counts as observed before."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Forward only."""
    op.add_column("sync_stream", sa.Column("last_at", sa.DateTime(timezone=True)))
    op.add_column("sync_stream", sa.Column("last_stands_at", sa.DateTime(timezone=True)))
