"""Logins and database of a new PostgreSQL, as SQL for psql; repeating it changes only the passwords."""

from backend.embedded.secrets_file import Passwords

_LOGINS = ("tiange_owner", "tiange_web", "tiange_worker", "tiange_nightly")


def reset_superuser_sql(password: str) -> str:
    """For single-user mode, when the passwords were lost; one statement a line."""
    return f"ALTER ROLE postgres WITH PASSWORD {_literal(password)};\n"


def logins_sql(passwords: Passwords, database: str) -> str:
    """Create the four logins and the database.

    None of the logins is a superuser, may bypass row security or create roles. The owner owns the database;
    what the others may touch is granted by the migrations that make the tables.
    """
    lines = []
    for login in _LOGINS:
        lines += [
            _unless(f"CREATE ROLE {login}", f"pg_roles WHERE rolname = {_literal(login)}"),
            f"ALTER ROLE {login} WITH LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB NOREPLICATION;",
            f"ALTER ROLE {login} WITH NOINHERIT PASSWORD {_literal(getattr(passwords, login))};",
        ]
    name = _identifier(database)
    lines += [
        "ALTER ROLE tiange_nightly SET default_transaction_read_only = on;",
        _unless(
            f"CREATE DATABASE {name} OWNER tiange_owner", f"pg_database WHERE datname = {_literal(database)}"
        ),
        f"REVOKE ALL ON DATABASE {name} FROM PUBLIC;",
        f"GRANT CONNECT ON DATABASE {name} TO tiange_web, tiange_worker, tiange_nightly;",
        # staging tables of a run
        f"GRANT TEMPORARY ON DATABASE {name} TO tiange_worker;",
        f"\\connect {name}",
        "ALTER SCHEMA public OWNER TO tiange_owner;",
    ]
    return "\n".join(lines) + "\n"


def _unless(statement: str, found: str) -> str:
    """Run `statement` unless a row is found (neither roles nor databases know IF NOT EXISTS)."""
    return f"SELECT {_literal(statement)} WHERE NOT EXISTS (SELECT FROM {found}) \\gexec"  # noqa: S608 - names of ours


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _identifier(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
