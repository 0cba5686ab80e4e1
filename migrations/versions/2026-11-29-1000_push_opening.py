"""What a push needs to know before anything else, in one round trip; a phone's contact in one, too."""

from collections.abc import Sequence

from alembic import op

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

# `outbox_same_since`: since when the oldest entry that waits has been the same one, by the bank's clock.
# One contact is written down for each stretch of seconds, and forgotten in time. Returns the installation.
CONTACT = """
CREATE FUNCTION identity_note_contact(installation uuid, at timestamptz, depth bigint, oldest timestamptz,
  photos bigint, app text, stretch bigint, kept timestamptz) RETURNS uuid
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE before timestamptz;
BEGIN
  UPDATE device d SET last_seen_at = at, outbox_depth = coalesce(depth, d.outbox_depth),
    outbox_oldest_at = CASE WHEN depth IS NULL THEN d.outbox_oldest_at ELSE oldest END,
    outbox_same_since = CASE WHEN depth IS NULL THEN d.outbox_same_since WHEN depth = 0 THEN NULL
      WHEN d.outbox_oldest_at = oldest THEN coalesce(d.outbox_same_since, at) ELSE at END,
    outbox_photos = coalesce(photos, d.outbox_photos),
    app_version = coalesce(nullif(app, ''), d.app_version)
    WHERE d.installation_id = installation RETURNING OLD.last_seen_at INTO before;
  IF FOUND AND (before IS NULL
      OR floor(extract(epoch FROM before) / stretch) <> floor(extract(epoch FROM at) / stretch)) THEN
    INSERT INTO device_contact (installation_id, at) VALUES (installation, identity_note_contact.at)
      ON CONFLICT DO NOTHING;
    DELETE FROM device_contact c WHERE c.installation_id = installation AND c.at < kept;
  END IF;
  RETURN installation;
END
$$
"""
# The stream is locked before its commands are looked for, so that what another push of it has just recorded
# is seen. Of ids it only says whether any is recorded, whoever recorded it.
OPENING = """
CREATE FUNCTION sync_open_push(installation uuid, person uuid, ids uuid[])
RETURNS TABLE (fact_names text[], fact_values text[], applied_seq bigint, last_at timestamptz,
  last_stands_at timestamptz, recorded boolean)
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE before text := coalesce(current_setting('tiange.role', true), '');
BEGIN
  SELECT s.applied_seq, s.last_at, s.last_stands_at
    INTO sync_open_push.applied_seq, sync_open_push.last_at, sync_open_push.last_stands_at
    FROM sync_stream s WHERE s.installation_id = installation AND s.staff_id = person FOR UPDATE;
  IF NOT FOUND THEN
    INSERT INTO sync_stream (installation_id, staff_id, applied_seq) VALUES (installation, person, 0)
      ON CONFLICT DO NOTHING;
    SELECT s.applied_seq, s.last_at, s.last_stands_at
      INTO STRICT sync_open_push.applied_seq, sync_open_push.last_at, sync_open_push.last_stands_at
      FROM sync_stream s WHERE s.installation_id = installation AND s.staff_id = person FOR UPDATE;
  END IF;
  PERFORM set_config('tiange.role', 'system', true);
  sync_open_push.recorded := EXISTS (SELECT FROM sync_command c WHERE c.id = ANY(ids));
  PERFORM set_config('tiange.role', before, true);
  SELECT array_agg(f.name), array_agg(f.value) INTO sync_open_push.fact_names, sync_open_push.fact_values
    FROM server_fact f WHERE f.name IN ('epoch', 'durable_through');
  RETURN NEXT;
END
$$
"""


def upgrade() -> None:
    """Forward only."""
    op.execute(CONTACT)
    op.execute(OPENING)
