"""Whose a loan or product is, and where the last file laid a row that has followed its person since."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0040"
down_revision: str | None = "0039"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

# a product's holder is the index of the ID number by which the file named them, so it is known whose it is; a
# loan's row kept no trace of it: the next file says
_WHOSE = (
    "UPDATE holding_part h SET person_id = i.person_id FROM person_identity i WHERE i.number_index = h.holder"
)


def upgrade() -> None:
    """Forward only."""
    for table in ("loan", "holding_part"):
        op.add_column(table, sa.Column("person_id", sa.Uuid()))
        op.create_foreign_key(op.f(f"fk_{table}_person_id"), table, "person", ["person_id"], ["id"])
    op.execute("SELECT set_config('tiange.role', 'system', true)")
    op.execute(_WHOSE)
    op.execute("SELECT set_config('tiange.role', '', true)")
    for table in ("account", "loan", "flow_part", "holding_part"):
        op.add_column(table, sa.Column("filed_under", sa.Uuid()))
        op.create_foreign_key(op.f(f"fk_{table}_filed_under"), table, "customer", ["filed_under"], ["id"])
        op.create_index(
            f"ix_{table}_filed_under",
            table,
            ["filed_under"],
            postgresql_where=sa.text("filed_under IS NOT NULL"),
        )
