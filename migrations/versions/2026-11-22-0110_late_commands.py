"""Late commands: when a right ended, when a phone was in touch, suggestions to the new owner, settled refusals."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

SYSTEM = "(SELECT scope.system())"
WRITES = "(SELECT scope.may_write())"
MINE = "staff_id = (SELECT scope.staff())"
ADMIN = "(SELECT scope.role()) = 'admin'"
# a head answers for the branch's people: what the bank could not apply of theirs is seen by the head too
OF_BRANCH = (
    "EXISTS (SELECT 1 FROM staff s WHERE s.id = staff_id"
    " AND s.branch_id = ANY ((SELECT scope.branches())::uuid[]))"
)
OF_CUSTOMER = "((SELECT scope.bank_wide()) OR EXISTS (SELECT 1 FROM customer c WHERE c.id = customer_id))"
OWN_DEVICE = (
    f"{SYSTEM} OR EXISTS (SELECT 1 FROM device d WHERE d.installation_id = device_contact.installation_id"
    " AND d.staff_id = (SELECT scope.staff()))"
)
AUTHOR = "author_id = (SELECT scope.staff())"

# table → (who reads, who adds, who changes or removes)
POLICIES = {
    "customer_past": (SYSTEM, WRITES, SYSTEM),
    "customer_suggestion": (
        f"{AUTHOR} OR ((SELECT scope.bank_staff()) AND {OF_CUSTOMER})",
        f"{WRITES} AND ({AUTHOR} OR {SYSTEM})",
        f"{SYSTEM} OR ({WRITES} AND (SELECT scope.bank_staff()) AND {OF_CUSTOMER})",
    ),
    "device_contact": (OWN_DEVICE,) * 3,
    "sync_loss": (f"{MINE} OR {ADMIN} OR {SYSTEM} OR {OF_BRANCH}", f"{MINE} OR {SYSTEM}", SYSTEM),
}

# The instant comes from the unit of work, whose clock is the product's only one.
NOW = """
CREATE FUNCTION scope.now() RETURNS timestamptz LANGUAGE sql STABLE
  AS $$ SELECT coalesce(nullif(current_setting('tiange.now', true), '')::timestamptz, now()) $$
"""
# Whoever moves a customer or takes a grid away, by whichever way: the database itself notes until when the
# right lasted. A phone that was away may have worked in good faith until then.
NOTE_PAST = """
CREATE FUNCTION note_customer_past() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO customer_past (customer_id, grid_id, owner_id, branch_id, ended_at)
    VALUES (OLD.id, OLD.grid_id, OLD.owner_id, OLD.branch_id, scope.now());
  RETURN NULL;
END
$$
"""
CUSTOMER_TRIGGER = """
CREATE TRIGGER customer_past AFTER UPDATE OF grid_id, owner_id, branch_id ON customer FOR EACH ROW
  WHEN (OLD.grid_id IS DISTINCT FROM NEW.grid_id OR OLD.owner_id IS DISTINCT FROM NEW.owner_id
    OR OLD.branch_id IS DISTINCT FROM NEW.branch_id)
  EXECUTE FUNCTION note_customer_past()
"""
NOTE_END = """
CREATE FUNCTION note_assignment_end() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  NEW.ended_at := scope.now();
  RETURN NEW;
END
$$
"""
ASSIGNMENT_TRIGGER = """
CREATE TRIGGER assignment_end BEFORE UPDATE OF to_on ON grid_assignment FOR EACH ROW
  WHEN (NEW.to_on IS NOT NULL AND OLD.to_on IS DISTINCT FROM NEW.to_on)
  EXECUTE FUNCTION note_assignment_end()
"""


def _tables() -> None:
    op.create_table(
        "customer_past",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("grid_id", sa.Uuid()),
        sa.Column("owner_id", sa.Uuid()),
        sa.Column("branch_id", sa.Uuid(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_past")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_customer_past_customer_id")),
    )
    op.create_index("ix_customer_past_customer_id", "customer_past", ["customer_id", "ended_at"])
    op.create_table(
        "customer_suggestion",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("installation_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("body", pg.JSONB(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("offset_minutes", sa.BigInteger(), nullable=False),
        sa.Column("clock_error_s", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("decided_by", sa.Uuid()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_suggestion")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_customer_suggestion_customer_id")
        ),
    )
    op.create_index("ix_customer_suggestion_customer_id", "customer_suggestion", ["customer_id"])
    op.create_table(
        "device_contact",
        sa.Column("installation_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("installation_id", "at", name=op.f("pk_device_contact")),
        sa.ForeignKeyConstraint(
            ["installation_id"], ["device.installation_id"], name=op.f("fk_device_contact_installation_id")
        ),
    )
    op.create_table(
        "sync_loss",
        sa.Column("installation_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("from_seq", sa.BigInteger(), nullable=False),
        sa.Column("to_seq", sa.BigInteger()),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("installation_id", "staff_id", "from_seq", name=op.f("pk_sync_loss")),
    )


def _columns() -> None:
    op.add_column("grid_assignment", sa.Column("ended_at", sa.DateTime(timezone=True)))
    op.add_column("device", sa.Column("delivered_at", sa.DateTime(timezone=True)))
    op.add_column("sync_command", sa.Column("code", sa.Text()))
    op.add_column(
        "sync_command",
        sa.Column("needs", pg.ARRAY(sa.Uuid()), nullable=False, server_default=sa.text("'{}'")),
    )
    op.add_column("sync_command", sa.Column("replaces", sa.Uuid()))
    op.add_column("sync_command", sa.Column("settled", sa.Text()))
    op.add_column("sync_command", sa.Column("settled_by", sa.Uuid()))
    # the migration's own role sees no rows under forced row security
    op.execute("SELECT set_config('tiange.role', 'system', true)")
    op.execute("UPDATE sync_command SET code = receipt ->> 'code' WHERE result IN ('rejected', 'held')")
    op.execute("SELECT set_config('tiange.role', '', true)")
    op.drop_index("ix_sync_command_rejected", "sync_command")
    op.create_index(
        "ix_sync_command_quarantine",
        "sync_command",
        ["received_at", "id"],
        postgresql_where=sa.text("result IN ('rejected', 'held')"),
    )
    op.create_index(
        "ix_sync_command_held",
        "sync_command",
        ["staff_id"],
        postgresql_where=sa.text("result = 'held'"),
    )


def upgrade() -> None:
    """Forward only."""
    _tables()
    _columns()
    for statement in (NOW, NOTE_PAST, CUSTOMER_TRIGGER, NOTE_END, ASSIGNMENT_TRIGGER):
        op.execute(statement)
    for table, (reads, adds, changes) in POLICIES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY reads ON {table} FOR SELECT USING ({reads})")
        op.execute(f"CREATE POLICY adds ON {table} FOR INSERT WITH CHECK ({adds})")
        op.execute(f"CREATE POLICY changes ON {table} FOR UPDATE USING ({changes}) WITH CHECK ({changes})")
        op.execute(f"CREATE POLICY removes ON {table} FOR DELETE USING ({changes})")
        op.execute(f"GRANT SELECT, INSERT ON {table} TO tiange_web, tiange_worker")
        op.execute(f"GRANT SELECT ON {table} TO tiange_nightly")
    op.execute("GRANT UPDATE ON customer_suggestion TO tiange_web, tiange_worker")
    op.execute("GRANT DELETE ON device_contact TO tiange_web, tiange_worker")
    for table in ("sync_stream", "sync_command"):
        op.execute(f"ALTER POLICY reads ON {table} USING ({MINE} OR {ADMIN} OR {SYSTEM} OR {OF_BRANCH})")
