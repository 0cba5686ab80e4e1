"""Signatures and voice notes beside photos: what was kept, and how long it lasts."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Forward only."""
    op.add_column(
        "stored_file", sa.Column("media_type", sa.Text(), nullable=False, server_default="image/jpeg")
    )
    op.add_column("stored_file", sa.Column("duration_ms", sa.BigInteger()))
    op.alter_column("stored_file", "width", nullable=True)
    op.alter_column("stored_file", "height", nullable=True)
    op.add_column("visit_photo", sa.Column("duration_ms", sa.BigInteger()))
