"""Every table is filled in a bank by something that a person does, an import or the bank's own bookkeeping;
none by the demo county alone."""

import re
from functools import cache

import pytest

from backend.app.cli import make_cli
from backend.app.tables import metadata
from backend.app.wiring import HANDLERS, registry
from backend.kernel.db import Base
from tests.support.lints import ROOT

#: table → the door by which its first row comes in a bank: a phone's command, a command line, a job, or what
#: the servers themselves write as they go on
DOORS = {
    "account": "tiange import",
    "audience_group": "servers: a choice is saved",
    "audience_member": "servers: a choice is saved",
    "audit_entry": "servers: whatever is done",
    "audit_seal": "job audit.seal",
    "business_pair": "command duplicate.decline_business",
    "catalogue_version": "tiange migrate",
    "consent": "command consent.give",
    "customer": "command customer.create",
    "customer_dispute": "command customer.set_values",
    "customer_move": "command customer.merge",
    "customer_past": "servers: a grid changes hands",
    "customer_photo": "command photo.add",
    "customer_suggestion": "command customer.set_values",
    "customer_unanswered": "command question.leave",
    "customer_value": "command customer.set_values",
    "customer_value_history": "command customer.set_values",
    "decision": "job strategy.recompute",
    "device": "servers: a phone is enrolled",
    "device_contact": "servers: a phone pulls",
    "device_escrow": "servers: a phone is enrolled",
    "duplicate_pair": "command duplicate.decline",
    "duty": "command customer.create",
    "evaluation_code": "command evaluation.invite",
    "evaluation_form": "command evaluation.hand_in",
    "evaluation_result": "command evaluation.hand_in",
    "evaluation_reviewer": "command evaluation.create",
    "evaluation_session": "command evaluation.create",
    "file_record": "command record.put",
    "file_record_history": "command record.put",
    "flow_part": "tiange import",
    "frozen_run": "job strategy.everybody_nightly",
    "frozen_value": "job strategy.everybody_nightly",
    "grid": "tiange grids import",
    "grid_assignment": "tiange grids assign",
    "holding": "tiange import",
    "holding_part": "tiange import",
    "import_batch": "tiange import",
    "inbox_item": "job tasks.submitted",
    "job": "servers: an event is handed on",
    "loan": "tiange import",
    "login_throttle": "servers: somebody signs in",
    "membership": "command member.put",
    "number_entry": "command member.put",
    "opportunity": "job opportunities.profile_changed",
    "opportunity_step": "job opportunities.profile_changed",
    "org_unit": "tiange people import",
    "outbox_event": "servers: whatever is done",
    "person": "command member.put",
    "person_change": "command member.put",
    "person_contact": "command member.put",
    "person_identity": "command member.put",
    "person_private": "command member.put",
    "policy_figure": "tiange migrate",
    "product": "tiange migrate",
    "profile": "job strategy.recompute",
    "provincial_grade": "tiange import",
    "push_delivery": "job notify.push",
    "push_subscription": "servers: a phone asks for push messages",
    "retention_deletion": "job customers.retention",
    "schedule": "servers: a job is due",
    "server_fact": "tiange migrate",
    "session": "servers: somebody signs in",
    "staff": "tiange people import",
    "staff_secret": "tiange people password",
    "stored_file": "command photo.add",
    "strategy_draft": "servers: head office writes at the strategy",
    "strategy_run": "job strategy.everybody_nightly",
    "strategy_simulated": "servers: head office tries a draft",
    "strategy_simulation": "servers: head office tries a draft",
    "sync_change": "servers: whatever is done",
    "sync_command": "servers: a phone pushes",
    "sync_loss": "servers: a phone lost its database",
    "sync_page": "servers: a phone pulls",
    "sync_partition": "servers: whatever is done",
    "sync_stream": "servers: a phone pushes",
    "task": "command customer.create",
    "task_move": "command task.submit",
    "team_row": "job tasks.team_turn",
    "team_turn": "job tasks.team_moved",
    "unplaced_visit": "command visit.log_unplaced",
    "visit": "command visit.log",
    "visit_photo": "command visit.log",
    "visit_supplement": "command visit.supplement",
}
#: these rows are made by one statement for several tables
SHAPED = {"account", "loan", "flow_part", "holding_part", "provincial_grade"}


@cache
def _sources() -> str:
    """What runs in a bank: the backend without the demo county, and the functions that migrations make."""
    modules = [path for path in (ROOT / "backend").rglob("*.py") if "demo" not in path.parts]
    modules = [path for path in modules if path.name != "models.py"]
    return "\n".join(path.read_text() for path in [*modules, *(ROOT / "migrations/versions").glob("*.py")])


def _commands(group: object, before: str) -> set[str]:
    found: set[str] = set()
    for one in getattr(group, "registered_commands", []):
        found.add(f"{before} {one.name or one.callback.__name__.replace('_', '-')}")
    for one in getattr(group, "registered_groups", []):
        found |= _commands(one.typer_instance, f"{before} {one.name}")
    return found


def test_every_table_has_a_door_that_exists() -> None:
    assert set(DOORS) == set(metadata().tables), "say by which door the new table's rows come in a bank"
    commands = set(registry().commands)
    jobs = {one.name for one in HANDLERS}
    typed = _commands(make_cli(), "tiange")
    for table, door in DOORS.items():
        kind, _, name = door.partition(" ")
        known = {"command": name in commands, "job": name in jobs, "tiange": door in typed}
        assert known.get(kind, kind == "servers:"), f"{table}: there is no {door}"


@pytest.mark.parametrize("table", sorted(DOORS))
def test_something_beside_the_demo_county_writes_it(table: str) -> None:
    metadata()
    model = next(one.class_.__name__ for one in Base.registry.mappers if one.class_.__tablename__ == table)
    assert _writes(table, model, _sources()), f"only the demo county fills {table}"


def _writes(table: str, model: str, sources: str) -> bool:
    ways = [
        rf"INSERT INTO {table}\b",
        rf"\b(insert|inserting|upserting|insert_rows)\((uow\.session, )?{model}\b",
        rf"\badd(_all)?\(\s*{model}\(",
        rf"(= |return |merge\(){model}\(",
    ]
    if table in SHAPED:
        ways.append(rf'Shape\(\s*"{table}"')
    return any(re.search(way, sources) for way in ways)


def test_a_table_that_only_the_demo_county_fills_is_found() -> None:
    demo = "\n".join(path.read_text() for path in (ROOT / "backend/app/demo").rglob("*.py"))
    assert "class CustomerRow" in demo
    assert "class CustomerRow" not in _sources()
    assert _writes("visit", "Visit", "visit = Visit(id=body.id)")
    assert not _writes("visit", "Visit", "rows.append(VisitRow(id=body.id))")


#: who may name the tables of accounts beside the views that ask for consents (decision 0026): what lays rows
#: there, and what asks whether there are any
NAME_ACCOUNTS = {
    "backend/app/demo/rows.py",
    "backend/banking/models.py",
    "backend/banking/shapes.py",
    "backend/customers/dealings.py",
}
_NAMES = re.compile(
    r"""["'](?:account|flow_part)["']|\b(?:FROM|JOIN|UPDATE|INTO|USING) (?:account|flow_part)\b"""
)
_MODELS = re.compile(r"\b(?:Account|FlowPart)\b")


def _named_in(source: str, *, banking: bool) -> bool:
    return bool(_NAMES.search(source) or (banking and _MODELS.search(source)))


def test_accounts_are_read_by_way_of_the_views_alone() -> None:
    modules = {
        path.relative_to(ROOT).as_posix(): path.read_text() for path in (ROOT / "backend").rglob("*.py")
    }
    found = {
        name
        for name, source in modules.items()
        if _named_in(source, banking=name.startswith("backend/banking/") or "banking.models" in source)
    }
    assert found == NAME_ACCOUNTS


def test_another_reader_of_accounts_is_found() -> None:
    assert _named_in("SELECT sum(balance_fen) FROM account WHERE customer_id = :id", banking=False)
    assert _named_in('OTHERS = ("loan", "flow_part")', banking=False)
    assert _named_in("select(func.sum(Account.balance_fen))", banking=True)
    assert not _named_in("SELECT balance_fen FROM held_account JOIN account_kind", banking=False)
