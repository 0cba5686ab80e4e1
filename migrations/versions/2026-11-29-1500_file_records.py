"""Records of a file in place of assets and debts: one shape for things, debts, guarantees, plans, honours, partners."""

from collections.abc import Sequence

from alembic import op

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

THINGS = "('real_estate', 'vehicle', 'farmland', 'livestock', 'machinery', 'premises', 'financial')"

NAMES = (
    "ALTER TABLE asset RENAME TO file_record",
    "ALTER TABLE file_record RENAME COLUMN asset_kind TO kind",
    "ALTER TABLE file_record RENAME CONSTRAINT pk_asset TO pk_file_record",
    "ALTER TABLE file_record RENAME CONSTRAINT fk_asset_customer_id TO fk_file_record_customer_id",
    "ALTER INDEX ix_asset_customer_id RENAME TO ix_file_record_customer_id",
    "ALTER TABLE asset_history RENAME TO file_record_history",
    "ALTER TABLE file_record_history RENAME COLUMN asset_id TO record_id",
    "ALTER TABLE file_record_history RENAME CONSTRAINT pk_asset_history TO pk_file_record_history",
    "ALTER TABLE file_record_history"
    " RENAME CONSTRAINT fk_asset_history_customer_id TO fk_file_record_history_customer_id",
    "ALTER INDEX ix_asset_history_asset_id RENAME TO ix_file_record_history_record_id",
    "ALTER INDEX ix_asset_history_customer_id RENAME TO ix_file_record_history_customer_id",
)

ROWS = (
    """INSERT INTO file_record (id, customer_id, kind, label, value_fen, detail, source, observed_at, recorded_by,
         removed_at)
       SELECT id, customer_id, 'debt', label, balance_fen, jsonb_build_object('lender', lender), source, observed_at,
         recorded_by, removed_at FROM debt""",
    "UPDATE sync_change SET kind = 'record' WHERE kind = 'asset'",
    # phones fetch everything again under the new version of the projections: the revision only has to be one it has
    """INSERT INTO sync_change (book, kind, row_id, revision, gone)
       SELECT p.book, 'record', d.id::text, p.revision, false
       FROM debt d JOIN customer c ON c.id = d.customer_id CROSS JOIN unnest(c.books) AS b(book)
       JOIN sync_partition p ON p.book = b.book WHERE d.removed_at IS NULL
       ON CONFLICT DO NOTHING""",
    """UPDATE customer_dispute SET field = 'record' || substr(field, 6) WHERE field LIKE 'asset:%'""",
    """UPDATE customer_suggestion SET type = 'record' || substr(type, 6) WHERE type LIKE 'asset.%'""",
    """UPDATE customer_move SET detail = (detail - 'assets' - 'debts') || jsonb_build_object('records',
         coalesce(detail -> 'assets', '[]'::jsonb) || coalesce(detail -> 'debts', '[]'::jsonb))
       WHERE detail ?| ARRAY['assets', 'debts']""",
)

VIEWS = (
    "DROP VIEW facts.debt",
    "DROP TABLE debt",
    "CREATE OR REPLACE VIEW facts.asset WITH (security_invoker = true) AS"
    " SELECT customer_id, kind AS asset_kind, value_fen, area_m2, quantity,"
    " CAST(observed_at AS date) AS observed_on FROM file_record"
    f" WHERE removed_at IS NULL AND kind IN {THINGS}",
    "CREATE VIEW facts.debt WITH (security_invoker = true) AS"
    " SELECT customer_id, detail ->> 'lender' AS lender, value_fen AS balance_fen,"
    " CAST(observed_at AS date) AS observed_on FROM file_record WHERE removed_at IS NULL AND kind = 'debt'",
    "GRANT SELECT ON facts.debt TO tiange_web, tiange_worker, tiange_nightly",
)


def upgrade() -> None:
    """Forward only."""
    # the migration's own role sees no rows under forced row security
    op.execute("SELECT set_config('tiange.role', 'system', true)")
    for statement in NAMES + ROWS + VIEWS:
        op.execute(statement)
    op.execute("SELECT set_config('tiange.role', '', true)")
