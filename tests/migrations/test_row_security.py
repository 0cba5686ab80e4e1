"""Row-level security as the database itself has it: every table, every role, no way around."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import asyncpg
import pytest

from backend.embedded import Urls
from tests.support.databases import connect
from tests.support.filler import BRANCH, CUSTOMER, GRID, STAFF, fill

# Tables without row security, each with the reason why that is safe.
EXEMPT = {
    "alembic_version": "the number of the schema",
    "server_fact": "facts of the installation",
    "sync_partition": "books and numbers; who may pull a book is decided before it is read",
    "sync_change": "ids and numbers; the rows behind them are bound by their own policies",
    "outbox_event": "ids and counts; the web role may only add",
    "job": "ids and counts; closed to the web role",
    "schedule": "names and times; closed to the web role",
}
STRANGER = UUID(int=91)
ELSEWHERE = UUID(int=92)

# What says something about customers: only those responsible, and those who see the bank, may see a row.
OF_CUSTOMERS = frozenset(
    {
        "account",
        "audience_group",
        "audience_member",
        "file_record",
        "file_record_history",
        "customer",
        "customer_dispute",
        "customer_value",
        "customer_value_history",
        "decision",
        "evaluation_result",
    }
    | {"flow_part", "holding_part", "provincial_grade"}
    | {"duty", "holding", "loan", "membership", "person", "person_contact", "person_identity"}
    | {"consent", "customer_photo", "person_change", "person_private"}
    | {"opportunity", "opportunity_step"}
    | {"customer_unanswered", "profile", "stored_file", "task", "task_move", "visit", "visit_photo"}
)
# What an agent must not see even of a customer in the agent's own grid.
BANK_ONLY = frozenset(
    {
        "account",
        "audience_group",
        "audience_member",
        "customer_dispute",
        "customer_unanswered",
        "decision",
        "duty",
        "evaluation_result",
        "flow_part",
        "holding",
        "holding_part",
        "loan",
        "opportunity_step",
        "person_change",
        "person_contact",
        "person_identity",
        "person_private",
        "profile",
        "provincial_grade",
    }
)
BRANCH_ROLES = ("agent", "manager", "deputy_head", "branch_head")
OFFICE_ROLES = ("hq_lead", "hq_data", "admin")


@pytest.fixture
async def filled(databases: Urls) -> Urls:
    """A database with one row in every table, all of one customer, staff member, grid and branch."""
    await fill(databases.admin)
    return databases


@pytest.fixture
async def admin(databases: Urls) -> AsyncIterator[asyncpg.Connection]:
    connection = await connect(databases.admin)
    yield connection
    await connection.close()


@pytest.fixture
async def web(filled: Urls) -> AsyncIterator[asyncpg.Connection]:
    connection = await connect(filled.web)
    yield connection
    await connection.close()


async def names(admin: asyncpg.Connection) -> list[str]:
    rows = await admin.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    return [row["tablename"] for row in rows]


async def visible(connection: asyncpg.Connection, table: str) -> int:
    """Rows that the connection sees; a closed table shows none."""
    try:
        count: int = await connection.fetchval(f'SELECT count(*) FROM "{table}"')
    except asyncpg.InsufficientPrivilegeError:
        return 0
    return count


async def act_as(
    connection: asyncpg.Connection,
    role: str,
    staff: UUID | None = None,
    grids: tuple[UUID, ...] = (),
    branches: tuple[UUID, ...] = (),
) -> None:
    """The scope that a unit of work sets, for the whole connection."""
    await connection.execute(
        "SELECT set_config('tiange.role', $1, false), set_config('tiange.staff', $2, false),"
        " set_config('tiange.grids', $3, false), set_config('tiange.branches', $4, false)",
        role,
        str(staff or ""),
        "{" + ",".join(map(str, grids)) + "}",
        "{" + ",".join(map(str, branches)) + "}",
    )


async def test_every_table_forces_row_security_or_is_named_with_its_reason(admin: asyncpg.Connection) -> None:
    rows = await admin.fetch(
        "SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity AS forced FROM pg_class c"
        " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')"
    )
    open_tables = {row["relname"] for row in rows if not row["forced"]}
    assert open_tables == set(EXEMPT)


async def test_exempt_tables_name_nobody(admin: asyncpg.Connection) -> None:
    rows = await admin.fetch(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
        " AND column_name ~ '(^name$|phone|address|number|password|note|label)' AND table_name = ANY ($1)",
        list(EXEMPT),
    )
    names_of_things = {("server_fact", "name"), ("outbox_event", "name"), ("schedule", "name")}
    assert {(row["table_name"], row["column_name"]) for row in rows} <= names_of_things


async def test_the_roles_of_the_product_own_nothing_and_cannot_bypass(admin: asyncpg.Connection) -> None:
    rows = await admin.fetch(
        "SELECT rolname, rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb AS strong,"
        " (SELECT count(*) FROM pg_class WHERE relowner = r.oid)"
        " + (SELECT count(*) FROM pg_proc WHERE proowner = r.oid)"
        " + (SELECT count(*) FROM pg_namespace WHERE nspowner = r.oid) AS owned,"
        " (SELECT count(*) FROM pg_auth_members WHERE member = r.oid) AS memberships"
        " FROM pg_roles r WHERE rolname IN ('tiange_web', 'tiange_worker', 'tiange_nightly') ORDER BY 1"
    )
    assert [tuple(row) for row in rows] == [
        ("tiange_nightly", False, 0, 0),
        ("tiange_web", False, 0, 0),
        ("tiange_worker", False, 0, 0),
    ]


async def test_only_sign_in_and_pairs_across_branches_run_as_the_owner(admin: asyncpg.Connection) -> None:
    rows = await admin.fetch(
        "SELECT p.proname, p.proconfig FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
        " WHERE p.prosecdef AND n.nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1"
    )
    # before sign-in nobody has a scope; and heads are told little of another branch's people (decision 0030)
    assert [row["proname"] for row in rows] == [
        "customers_pairs_across",
        "identity_login",
        "identity_session",
    ]
    for row in rows:
        assert any(setting.startswith("search_path=") for setting in row["proconfig"]), row["proname"]


@pytest.mark.parametrize("login", ["owner", "web", "worker", "nightly"])
async def test_without_a_scope_nothing_is_seen(filled: Urls, admin: asyncpg.Connection, login: str) -> None:
    connection = await connect(getattr(filled, login))
    try:
        tables = set(await names(admin)) - set(EXEMPT)
        assert {table: await visible(admin, table) for table in tables} == dict.fromkeys(tables, 1)
        seen = {table for table in tables if await visible(connection, table)}
        assert not seen
    finally:
        await connection.close()


@pytest.mark.parametrize("login", ["web", "worker"])
async def test_without_a_scope_nothing_can_be_changed(
    filled: Urls, admin: asyncpg.Connection, login: str
) -> None:
    connection = await connect(getattr(filled, login))
    columns = dict(
        await admin.fetch(
            "SELECT table_name::text, min(column_name::text) FROM information_schema.columns"
            " WHERE table_schema = 'public' AND is_identity = 'NO' GROUP BY 1"
        )
    )
    try:
        for table in set(await names(admin)) - set(EXEMPT):
            for statement in (
                f'UPDATE "{table}" SET "{columns[table]}" = "{columns[table]}"',
                f'DELETE FROM "{table}"',
            ):
                try:
                    assert await connection.execute(statement) in {"UPDATE 0", "DELETE 0"}, statement
                except asyncpg.InsufficientPrivilegeError:
                    continue
    finally:
        await connection.close()


async def test_jobs_see_every_row(filled: Urls, admin: asyncpg.Connection) -> None:
    """Proves that the tests above looked at rows that can be seen."""
    connection = await connect(filled.worker)
    try:
        await act_as(connection, "system")
        unseen = {table for table in await names(admin) if not await visible(connection, table)}
        assert not unseen
    finally:
        await connection.close()


@pytest.mark.parametrize("role", BRANCH_ROLES)
async def test_a_stranger_of_any_branch_role_sees_no_customer(web: asyncpg.Connection, role: str) -> None:
    await act_as(web, role, STRANGER, grids=(ELSEWHERE,), branches=(ELSEWHERE,))
    assert {table for table in OF_CUSTOMERS if await visible(web, table)} == set()


@pytest.mark.parametrize("role", OFFICE_ROLES)
async def test_offices_without_customer_data_see_none(web: asyncpg.Connection, role: str) -> None:
    await act_as(web, role, STRANGER)
    assert {table for table in OF_CUSTOMERS if await visible(web, table)} == set()


async def test_the_manager_of_the_grid_sees_the_customer_whole(web: asyncpg.Connection) -> None:
    await act_as(web, "manager", STAFF, grids=(GRID,))
    assert {table for table in OF_CUSTOMERS if not await visible(web, table)} == set()


async def test_the_head_of_the_branch_sees_the_customer_whole(web: asyncpg.Connection) -> None:
    await act_as(web, "branch_head", STRANGER, branches=(BRANCH,))
    assert {table for table in OF_CUSTOMERS if not await visible(web, table)} == set()


async def test_an_agent_sees_the_grid_but_nothing_of_the_bank(web: asyncpg.Connection) -> None:
    await act_as(web, "agent", STAFF, grids=(GRID,))
    assert await visible(web, "customer") == 1
    assert await visible(web, "customer_value") == 1, "what the agent recorded"
    assert {table for table in BANK_ONLY if await visible(web, table)} == set()


async def test_another_agent_of_the_grid_sees_not_what_the_first_recorded(web: asyncpg.Connection) -> None:
    await act_as(web, "agent", STRANGER, grids=(GRID,))
    assert await visible(web, "customer") == 1
    recorded = (
        "customer_value",
        "customer_value_history",
        "file_record",
        "file_record_history",
        "customer_photo",
        "visit",
        "task",
    )
    assert {table for table in recorded if await visible(web, table)} == set()


async def test_an_agent_reads_no_facts_of_the_bank(web: asyncpg.Connection) -> None:
    await act_as(web, "agent", STAFF, grids=(GRID,))
    assert await web.fetchval("SELECT count(*) FROM facts.customer") == 1
    for view in ("account", "loan", "flow", "holding", "profile"):
        assert await web.fetchval(f"SELECT count(*) FROM facts.{view}") == 0, view


async def test_nobody_adds_a_visit_in_another_persons_name(web: asyncpg.Connection) -> None:
    await act_as(web, "manager", STAFF, grids=(GRID,))
    copy = (
        "INSERT INTO visit SELECT (jsonb_populate_record(v, jsonb_build_object('id', gen_random_uuid(),"
        " 'staff_id', $1::uuid, 'customer_id', $2::uuid))).* FROM visit v LIMIT 1"
    )
    await web.execute(copy, STAFF, CUSTOMER)
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        await web.execute(copy, STRANGER, CUSTOMER)
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        await web.execute(copy, STAFF, ELSEWHERE)


# table → what stands in a row for the person who wrote it
SIGNED = {
    "audit_entry": "staff_id",
    "customer_value_history": "recorded_by",
    "file_record_history": "recorded_by",
    "task_move": "staff_id",
}


@pytest.mark.parametrize("table", SIGNED)
async def test_nobody_writes_the_record_in_another_persons_name(
    web: asyncpg.Connection, filled: Urls, table: str
) -> None:
    admin = await connect(filled.admin)
    try:
        row = await admin.fetchrow(f"SELECT * FROM {table}")
    finally:
        await admin.close()
    assert row is not None
    changed = {"id": uuid4(), "role": "manager"}
    values = {name: changed.get(name, value) for name, value in row.items()}
    if table == "audit_entry":
        del values["id"]
    places = ", ".join(f"${n}" for n in range(1, len(values) + 1))
    statement = f"INSERT INTO {table} ({', '.join(values)}) VALUES ({places})"
    await act_as(web, "manager", STAFF, grids=(GRID,))
    await web.execute(statement, *(values | {SIGNED[table]: STAFF}).values())
    forged = values | {SIGNED[table]: STRANGER} | ({"id": uuid4()} if "id" in values else {})
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        await web.execute(statement, *forged.values())


async def test_a_photo_is_named_only_by_who_made_the_visit(web: asyncpg.Connection) -> None:
    """Naming a photo shows it: a colleague's visit must not open one."""
    copy = (
        "INSERT INTO visit_photo SELECT (jsonb_populate_record(p,"
        " jsonb_build_object('file_hash', $1::text))).* FROM visit_photo p LIMIT 1"
    )
    await act_as(web, "manager", STAFF, grids=(GRID,))
    await web.execute(copy, "a")
    await act_as(web, "manager", STRANGER, grids=(GRID,))
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        await web.execute(copy, "b")


async def test_a_strangers_phone_number_cannot_be_overwritten(web: asyncpg.Connection) -> None:
    await act_as(web, "agent", STRANGER, grids=(ELSEWHERE,))
    assert await web.execute("UPDATE person_contact SET phone_sealed = 'x', phone_index = 'x'") == "UPDATE 0"
    await act_as(web, "agent", STRANGER, grids=(GRID,))
    assert await web.execute("UPDATE person_contact SET phone_sealed = 'x', phone_index = 'x'") == "UPDATE 1"


async def test_an_agent_reads_no_pages_made_for_the_banks_people(web: asyncpg.Connection) -> None:
    await act_as(web, "manager", STAFF, grids=(GRID,))
    assert await visible(web, "sync_page") == 1
    await act_as(web, "agent", STAFF, grids=(GRID,))
    assert await visible(web, "sync_page") == 0


async def test_figures_over_many_are_read_by_the_engine_alone(web: asyncpg.Connection) -> None:
    """A phone gets what stands in its customers' feature rows; no desk lists what others have."""
    for role in (*BRANCH_ROLES, *OFFICE_ROLES, "hq_business", "risk_officer", "auditor", ""):
        await act_as(web, role, STAFF, grids=(GRID,), branches=(BRANCH,))
        for table in ("frozen_value", "frozen_run"):
            assert await visible(web, table) == 0, (role, table)
        assert await web.fetchval("SELECT count(*) FROM facts.frozen") == 0, role
    await act_as(web, "system")
    assert await visible(web, "frozen_value") == 1


@pytest.mark.parametrize("login", ["web", "worker"])
async def test_what_is_on_record_cannot_be_changed(filled: Urls, login: str) -> None:
    connection = await connect(getattr(filled, login))
    try:
        await act_as(connection, "system")
        for table in (
            "audit_entry",
            "visit",
            "task_move",
            "customer_value_history",
            "file_record_history",
            "decision",
        ):
            for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET id = id"):
                with pytest.raises(asyncpg.PostgresError, match=r"permission denied|can only be updated"):
                    await connection.execute(statement)
    finally:
        await connection.close()


async def test_the_nightly_login_reads_what_its_views_stand_on_and_no_other_table(
    filled: Urls, admin: asyncpg.Connection
) -> None:
    rows = await admin.fetch(
        "SELECT DISTINCT t.relname FROM pg_rewrite r JOIN pg_depend d ON d.objid = r.oid"
        " AND d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass"
        " JOIN pg_class v ON v.oid = r.ev_class JOIN pg_class t ON t.oid = d.refobjid AND t.relkind = 'r'"
        " WHERE v.relnamespace IN ('facts'::regnamespace, 'public'::regnamespace)"
        # the province's grades stand under a view of their own, which it may not read
        " AND has_table_privilege('tiange_nightly', v.oid, 'SELECT')"
    )
    under = {row["relname"] for row in rows}
    allowed = {
        row["relname"]
        for row in await admin.fetch(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
            " AND has_table_privilege('tiange_nightly', oid, 'SELECT')"
        )
    }
    assert allowed == under
    connection = await connect(filled.nightly)
    try:
        await connection.execute("SELECT set_config('tiange.role', 'system', false)")
        assert [await visible(connection, table) for table in sorted(under)] == [1] * len(under)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetchval("SELECT count(*) FROM person_private")
    finally:
        await connection.close()
