"""Frozen features: dated runs over the population with their values by place, and which run a decision cites."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0059"
down_revision: str | None = "0058"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

SYSTEM = "(SELECT scope.system())"
TIME = sa.DateTime(timezone=True)
VIEWS = {
    # the places in which a grid lies, narrowest first; the same text for everybody: the bank as a whole
    "place": "SELECT id AS grid_id, CAST(id AS text) AS grid, area_code, township, CAST('bank' AS text) AS bank FROM grid",
    "frozen": "SELECT v.level, v.place, v.definition, v.amount, r.as_of AS frozen_on"
    " FROM frozen_run r JOIN frozen_value v ON v.run_id = r.id WHERE r.left_force_at IS NULL",
}


def upgrade() -> None:
    """Forward only. Decisions from before stand on no run."""
    op.create_table(
        "frozen_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("definitions", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("left_force_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_frozen_run")),
    )
    op.execute(
        "CREATE UNIQUE INDEX uq_frozen_run_in_force ON frozen_run ((true)) WHERE left_force_at IS NULL"
    )
    op.create_table(
        "frozen_value",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "level", "place", "definition", name=op.f("pk_frozen_value")),
        sa.ForeignKeyConstraint(["run_id"], ["frozen_run.id"], name=op.f("fk_frozen_value_run_id")),
    )
    # no foreign key: whoever writes holds the run in force, and who deletes one looks whether it is cited
    op.add_column("decision", sa.Column("frozen_run_id", sa.Uuid(), nullable=True))
    op.execute(
        "CREATE INDEX ix_decision_frozen_run_id ON decision (frozen_run_id) WHERE frozen_run_id IS NOT NULL"
    )
    for table in ("frozen_run", "frozen_value"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY reads ON {table} FOR SELECT USING ({SYSTEM})")
        op.execute(f"CREATE POLICY adds ON {table} FOR INSERT WITH CHECK ({SYSTEM})")
        op.execute(f"CREATE POLICY changes ON {table} FOR UPDATE USING ({SYSTEM}) WITH CHECK ({SYSTEM})")
        op.execute(f"CREATE POLICY removes ON {table} FOR DELETE USING ({SYSTEM})")
        op.execute(f"GRANT SELECT, INSERT, DELETE ON {table} TO tiange_worker")
        # drafts bind against the views at a desk; row security shows it none of the values
        op.execute(f"GRANT SELECT ON {table} TO tiange_web, tiange_nightly")
    op.execute("GRANT UPDATE (left_force_at) ON frozen_run TO tiange_worker")
    # the nightly run copies both views, and reads no other table than those under its views
    op.execute("GRANT SELECT ON grid TO tiange_nightly")
    for name, query in VIEWS.items():
        op.execute(f"CREATE VIEW facts.{name} WITH (security_invoker = true) AS {query}")
        op.execute(f"GRANT SELECT ON facts.{name} TO tiange_web, tiange_worker, tiange_nightly")
