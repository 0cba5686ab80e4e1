"""A command says when it was saved: a copied phone's next stream goes on behind what its former one has."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0037"
down_revision: str | None = "0036"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Forward only."""
    for name in ("saved_at", "stands_at"):
        op.add_column("sync_command", sa.Column(name, sa.DateTime(timezone=True)))
