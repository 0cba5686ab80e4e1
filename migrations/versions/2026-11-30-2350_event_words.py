"""Results also say which events hold, which products suit, and which packages and plans."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0047"
down_revision: str | None = "0046"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Forward only. Who has a result has none of these until worked out anew."""
    for name in ("event_words", "product_words", "offer_words"):
        words = postgresql.ARRAY(sa.BigInteger())
        op.add_column("profile", sa.Column(name, words, nullable=False, server_default="{}"))
