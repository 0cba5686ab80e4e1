"""What of an asset's change gave way to something newer stays on record."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Forward only."""
    op.add_column("asset_history", sa.Column("lost", JSONB(), server_default=sa.text("'{}'"), nullable=False))
