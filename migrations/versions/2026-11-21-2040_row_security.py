"""Row-level security from the first table on: scope functions, policies, grants, sign-in functions."""

from collections.abc import Sequence

from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

# The unit of work sets these with SET LOCAL semantics; unset, everything answers "nobody".
SCOPE = """
CREATE SCHEMA scope;
CREATE FUNCTION scope.role() RETURNS text LANGUAGE sql STABLE
  AS $$ SELECT coalesce(current_setting('tiange.role', true), '') $$;
CREATE FUNCTION scope.staff() RETURNS uuid LANGUAGE sql STABLE
  AS $$ SELECT nullif(current_setting('tiange.staff', true), '')::uuid $$;
CREATE FUNCTION scope.grids() RETURNS uuid[] LANGUAGE sql STABLE
  AS $$ SELECT coalesce(nullif(current_setting('tiange.grids', true), ''), '{}')::uuid[] $$;
CREATE FUNCTION scope.branches() RETURNS uuid[] LANGUAGE sql STABLE
  AS $$ SELECT coalesce(nullif(current_setting('tiange.branches', true), ''), '{}')::uuid[] $$;
CREATE FUNCTION scope.signed_in() RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT scope.role() <> '' $$;
CREATE FUNCTION scope.system() RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT scope.role() = 'system' $$;
CREATE FUNCTION scope.bank_wide() RETURNS boolean LANGUAGE sql STABLE
  AS $$ SELECT scope.role() IN ('system', 'auditor', 'hq_business') $$;
CREATE FUNCTION scope.may_write() RETURNS boolean LANGUAGE sql STABLE
  AS $$ SELECT scope.role() IN ('system', 'agent', 'manager', 'deputy_head', 'branch_head') $$;
CREATE FUNCTION scope.bank_staff() RETURNS boolean LANGUAGE sql STABLE
  AS $$ SELECT scope.role() NOT IN ('', 'agent', 'admin', 'hq_data', 'hq_lead') $$;
CREATE FUNCTION scope.holds(book text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT CASE split_part(book, ':', 1)
    WHEN 'bank' THEN scope.signed_in()
    WHEN 'staff' THEN split_part(book, ':', 2)::uuid = scope.staff()
    WHEN 'care' THEN split_part(book, ':', 2)::uuid = scope.staff()
    WHEN 'grid' THEN split_part(book, ':', 2)::uuid = ANY (scope.grids())
    WHEN 'team' THEN split_part(book, ':', 2)::uuid = ANY (scope.branches())
    ELSE false END
$$;
"""

SYSTEM = "(SELECT scope.system())"
SIGNED_IN = "(SELECT scope.signed_in())"
WRITES = "(SELECT scope.may_write())"
MINE = "staff_id = (SELECT scope.staff())"
CUSTOMER = (
    "(SELECT scope.bank_wide()) OR grid_id = ANY ((SELECT scope.grids())::uuid[])"
    " OR owner_id = (SELECT scope.staff()) OR branch_id = ANY ((SELECT scope.branches())::uuid[])"
)
# who sees every customer is spared the look-up per row: a run over everybody reads millions of them
OF_CUSTOMER = "((SELECT scope.bank_wide()) OR EXISTS (SELECT 1 FROM customer c WHERE c.id = customer_id))"
OWN_OR_BANK = "((SELECT scope.bank_staff()) OR recorded_by = (SELECT scope.staff()))"
BANK = "(SELECT scope.bank_staff())"

# table → (who reads, who writes); a new row or a changed one must satisfy the second. `none` leaves it to `system`.
POLICIES: dict[str, tuple[str, str]] = {
    "org_unit": (SIGNED_IN, "(SELECT scope.role()) IN ('system', 'admin')"),
    "staff": (SIGNED_IN, "(SELECT scope.role()) IN ('system', 'admin')"),
    "staff_secret": (SYSTEM, SYSTEM),
    "login_throttle": (SYSTEM, SYSTEM),
    "session": (f"{MINE} OR (SELECT scope.role()) = 'admin' OR {SYSTEM}",) * 2,
    "device": (f"{MINE} OR (SELECT scope.role()) = 'admin' OR {SYSTEM}",) * 2,
    "device_escrow": (
        f"{SYSTEM} OR EXISTS (SELECT 1 FROM device d WHERE d.installation_id = device_escrow.installation_id"
        " AND d.staff_id = (SELECT scope.staff()))",
    )
    * 2,
    "audit_entry": ("(SELECT scope.role()) IN ('system', 'auditor')", SIGNED_IN),
    "audit_seal": ("(SELECT scope.role()) IN ('system', 'auditor')", SYSTEM),
    "policy_figure": (SIGNED_IN, SYSTEM),
    "product": (SIGNED_IN, SYSTEM),
    "catalogue_version": (SIGNED_IN, SYSTEM),
    "grid": (SIGNED_IN, f"{SYSTEM} OR branch_id = ANY ((SELECT scope.branches())::uuid[])"),
    "grid_assignment": (
        SIGNED_IN,
        f"{SYSTEM} OR EXISTS (SELECT 1 FROM grid g WHERE g.id = grid_id"
        " AND g.branch_id = ANY ((SELECT scope.branches())::uuid[]))",
    ),
    "customer": (CUSTOMER, f"{WRITES} AND ({CUSTOMER})"),
    "membership": (OF_CUSTOMER, f"{WRITES} AND {OF_CUSTOMER}"),
    "person": (
        f"{SYSTEM} OR created_by = (SELECT scope.staff())"
        " OR EXISTS (SELECT 1 FROM membership m WHERE m.person_id = person.id)",
        f"{WRITES} AND (created_by = (SELECT scope.staff()) OR {SYSTEM}"
        " OR EXISTS (SELECT 1 FROM membership m WHERE m.person_id = person.id))",
    ),
    "person_contact": (f"{BANK} AND EXISTS (SELECT 1 FROM person p WHERE p.id = person_id)", WRITES),
    "person_identity": (f"{BANK} AND EXISTS (SELECT 1 FROM person p WHERE p.id = person_id)", WRITES),
    "customer_value": (f"{OF_CUSTOMER} AND {OWN_OR_BANK}", f"{WRITES} AND {OF_CUSTOMER} AND {OWN_OR_BANK}"),
    "customer_value_history": (f"{OF_CUSTOMER} AND {OWN_OR_BANK}", f"{WRITES} AND {OF_CUSTOMER}"),
    "asset": (f"{OF_CUSTOMER} AND {OWN_OR_BANK}", f"{WRITES} AND {OF_CUSTOMER} AND {OWN_OR_BANK}"),
    "asset_history": (f"{OF_CUSTOMER} AND {OWN_OR_BANK}", f"{WRITES} AND {OF_CUSTOMER}"),
    "debt": (f"{OF_CUSTOMER} AND {OWN_OR_BANK}", f"{WRITES} AND {OF_CUSTOMER} AND {OWN_OR_BANK}"),
    "account": (f"{BANK} AND {OF_CUSTOMER}", SYSTEM),
    "loan": (f"{BANK} AND {OF_CUSTOMER}", SYSTEM),
    "flow_month": (f"{BANK} AND {OF_CUSTOMER}", SYSTEM),
    "holding": (f"{BANK} AND {OF_CUSTOMER}", SYSTEM),
    "profile": (f"{BANK} AND {OF_CUSTOMER}", SYSTEM),
    "decision": (f"{BANK} AND {OF_CUSTOMER}", SYSTEM),
    "duty": (f"{BANK} AND {OF_CUSTOMER}", f"{WRITES} AND {BANK} AND {OF_CUSTOMER}"),
    "visit": (
        f"{MINE} OR ({BANK} AND {OF_CUSTOMER})",
        f"{SYSTEM} OR ({WRITES} AND {MINE} AND {OF_CUSTOMER})",
    ),
    "visit_photo": ("EXISTS (SELECT 1 FROM visit v WHERE v.id = visit_id)",) * 2,
    "stored_file": (
        f"uploaded_by = (SELECT scope.staff()) OR {SYSTEM}"
        " OR EXISTS (SELECT 1 FROM visit_photo p WHERE p.file_hash = hash)",
        f"uploaded_by = (SELECT scope.staff()) OR {SYSTEM}",
    ),
    "task": (
        "assignee_id = (SELECT scope.staff()) OR branch_id = ANY ((SELECT scope.branches())::uuid[])"
        " OR (SELECT scope.bank_wide())",
        f"{WRITES} AND (assignee_id = (SELECT scope.staff()) OR {SYSTEM}"
        " OR branch_id = ANY ((SELECT scope.branches())::uuid[]))",
    ),
    "task_move": ("EXISTS (SELECT 1 FROM task t WHERE t.id = task_id)",) * 2,
    "inbox_item": (f"{MINE} OR {SYSTEM}",) * 2,
    "push_subscription": (f"{MINE} OR {SYSTEM}",) * 2,
    "push_delivery": (f"{MINE} OR {SYSTEM}", SYSTEM),
    "sync_stream": (f"{MINE} OR (SELECT scope.role()) = 'admin' OR {SYSTEM}", f"{MINE} OR {SYSTEM}"),
    "sync_command": (f"{MINE} OR (SELECT scope.role()) = 'admin' OR {SYSTEM}", f"{MINE} OR {SYSTEM}"),
    "sync_page": (f"{SYSTEM} OR scope.holds(split_part(key, '/', 1))",) * 2,
}

# These hold ids, counts and times only, and every writer stamps rows of people whom it cannot see itself.
WITHOUT_ROWS_OF_PEOPLE = ("server_fact", "sync_partition", "sync_change", "outbox_event", "job", "schedule")

GRANTS = """
GRANT USAGE ON SCHEMA public, scope TO tiange_web, tiange_worker, tiange_nightly;
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO tiange_web, tiange_worker;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO tiange_nightly;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO tiange_web, tiange_worker;
GRANT DELETE ON sync_page, push_subscription TO tiange_web, tiange_worker;
GRANT DELETE ON job, outbox_event, duty, profile TO tiange_worker;
REVOKE SELECT, UPDATE ON outbox_event, job, schedule FROM tiange_web;
REVOKE INSERT ON job, schedule FROM tiange_web;
REVOKE UPDATE ON audit_entry, audit_seal, task_move, visit, customer_value_history, asset_history, decision,
  catalogue_version FROM tiange_web, tiange_worker;
REVOKE ALL ON staff_secret FROM tiange_nightly;
REVOKE ALL ON alembic_version FROM tiange_web, tiange_worker;
GRANT SELECT ON alembic_version TO tiange_web, tiange_worker;
"""

# Before sign-in nobody has a scope, so these two read as `system`, and only these two.
SIGN_IN = """
CREATE FUNCTION identity_login(wanted text)
RETURNS TABLE (staff_id uuid, password_hash text, active boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE before text := coalesce(current_setting('tiange.role', true), '');
BEGIN
  PERFORM set_config('tiange.role', 'system', true);
  RETURN QUERY SELECT s.id, p.password_hash, s.active
    FROM staff s JOIN staff_secret p ON p.staff_id = s.id WHERE s.login = wanted;
  PERFORM set_config('tiange.role', before, true);
END
$$;
CREATE FUNCTION identity_session(token bytea, at timestamptz, today date)
RETURNS TABLE (session_id uuid, staff_id uuid, name text, role text, unit_id uuid, branch_id uuid,
  installation_id uuid, grid_ids uuid[], branch_ids uuid[], public_key jsonb, revoked_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE before text := coalesce(current_setting('tiange.role', true), '');
BEGIN
  PERFORM set_config('tiange.role', 'system', true);
  RETURN QUERY SELECT e.id, s.id, s.name, s.role, s.unit_id, s.branch_id, e.installation_id,
    ARRAY(SELECT a.grid_id FROM grid_assignment a WHERE a.staff_id = s.id AND a.from_on <= today
          AND (a.to_on IS NULL OR a.to_on > today) ORDER BY a.grid_id),
    CASE WHEN s.role IN ('branch_head', 'deputy_head') AND s.branch_id IS NOT NULL
      THEN ARRAY[s.branch_id] ELSE ARRAY[]::uuid[] END,
    d.public_key, d.revoked_at
  FROM session e JOIN staff s ON s.id = e.staff_id LEFT JOIN device d ON d.installation_id = e.installation_id
  WHERE e.token_hash = token AND e.ended_at IS NULL AND e.expires_at > at AND s.active;
  PERFORM set_config('tiange.role', before, true);
END
$$;
REVOKE ALL ON FUNCTION identity_login(text), identity_session(bytea, timestamptz, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION identity_login(text), identity_session(bytea, timestamptz, date)
  TO tiange_web, tiange_worker;
"""


def run(script: str) -> None:
    """Runs a script of statements; asyncpg takes one at a time, so it is split at `;` before a line end outside `$$`."""
    for statement in split(script):
        op.execute(statement)


def split(script: str) -> list[str]:
    """Statements of a script, function bodies kept whole."""
    statements: list[str] = []
    current: list[str] = []
    inside = False
    for line in script.strip().splitlines():
        current.append(line)
        if line.count("$$") % 2:
            inside = not inside
        if line.rstrip().endswith(";") and not inside:
            statements.append("\n".join(current))
            current = []
    return statements


def upgrade() -> None:
    """Forward only."""
    run(SCOPE)
    for table, (reads, writes) in POLICIES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY reads ON {table} FOR SELECT USING ({reads})")
        op.execute(f"CREATE POLICY adds ON {table} FOR INSERT WITH CHECK ({writes})")
        op.execute(f"CREATE POLICY changes ON {table} FOR UPDATE USING ({writes}) WITH CHECK ({writes})")
        op.execute(f"CREATE POLICY removes ON {table} FOR DELETE USING ({writes})")
    run(GRANTS)
    run(SIGN_IN)
