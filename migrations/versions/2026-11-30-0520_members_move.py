"""A member who goes from one household to another is a move on record."""

from collections.abc import Sequence

from alembic import op

revision: str = "0031"
down_revision: str | None = "0030"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Forward only."""
    op.drop_constraint(op.f("ck_customer_move_kind"), "customer_move")
    op.create_check_constraint(
        op.f("ck_customer_move_kind"), "customer_move", "kind IN ('merge', 'split', 'member')"
    )
