"""What a phone says of itself, for those who watch over phones: how long nothing moved, photos that wait."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

SYSTEM = "(SELECT scope.system())"
MINE = "staff_id = (SELECT scope.staff())"
ADMIN = "(SELECT scope.role()) = 'admin'"
# a head looks after the phones of the branch's people, and changes nothing about them
OF_BRANCH = (
    "EXISTS (SELECT 1 FROM staff s WHERE s.id = staff_id"
    " AND s.branch_id = ANY ((SELECT scope.branches())::uuid[]))"
)


def upgrade() -> None:
    """Forward only."""
    op.add_column("device", sa.Column("outbox_same_since", sa.DateTime(timezone=True)))
    op.add_column(
        "device", sa.Column("outbox_photos", sa.BigInteger(), nullable=False, server_default=sa.text("0"))
    )
    op.execute(f"ALTER POLICY reads ON device USING ({MINE} OR {ADMIN} OR {SYSTEM} OR {OF_BRANCH})")
