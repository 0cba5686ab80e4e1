"""CONTRACT.md against the code: whoever writes another client from the page finds there what the bank says.

The page is read as text; nothing of the product makes it.
"""

import ast
import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import msgspec
import pytest

from backend.app.wiring import registry
from backend.customers.file_fields import file_fields
from backend.customers.rules import RecordKind, Relation
from backend.evaluation import rules as evaluation
from backend.kernel.actor import HEADS, Role
from backend.tasks.rules import State, TaskKind
from backend.visits.rules import Channel, Flag, Outcome

BACKEND = Path(__file__).parents[2] / "backend"
PAGE = (BACKEND / "sync" / "CONTRACT.md").read_text()
ROWS = PAGE.split("## 7. Rows")[1].split("## 8. Commands")[0]
COMMANDS = PAGE.split("## 8. Commands")[1].split("`seen` in an edit")[0]
#: refusals of pages online and of the command line, which the page is not about
ELSEWHERE = frozenset(
    {"login_taken", "push_endpoint_refused", "app_not_built", "catalogue"}
    # `tiange people`
    | {"bad_roster"}
    # `tiange import`
    | {"another_unit", "as_of_ahead", "bad_header", "customers_moved", "file_moved", "import_running"}
    | {"no_as_of", "no_rows", "not_text", "too_many_rejected"}
    # the strategy, at desks of head office; `file_moved` there too
    | {"bad_archive", "bad_catalogue", "bad_day", "bad_path", "catalogue_too_large", "version_changed"}
    | {"draft_closed", "draft_moved", "draft_not_ready", "draft_outdated", "own_draft", "nothing_to_do"}
    | {"not_held", "customers_gone"}
)
#: in words on the page
WHO = {"agent": {Role.agent}, "manager": {Role.manager}, "heads": set(HEADS)}


def _cells(table: str, first: str) -> Iterator[list[str]]:
    """The cells of each line whose first cell has this form."""
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        if line.startswith("|") and re.fullmatch(first, cells[0]):
            yield cells


def _top_level(listed: str) -> list[str]:
    """A list of fields, split at the commas outside brackets."""
    found, depth, now = [], 0, ""
    for sign in listed:
        depth += (sign in "([{") - (sign in ")]}")
        if sign == "," and depth == 0:
            found.append(now.strip())
            now = ""
        else:
            now += sign
    return [*found, now.strip()]


def test_the_rows_are_those_that_phones_get() -> None:
    on_page = {
        cells[0]: _top_level(re.sub(r"; in `[a-z]+` also ", ", ", cells[1]))
        for cells in _cells(ROWS, r"[a-z]+")
        if cells[0] != "kind"
    }
    projections = registry().projections
    assert set(on_page) == set(projections)
    for kind, projection in projections.items():
        named = [re.match(r"[a-z_0-9]+", one) for one in on_page[kind]]
        fields = {one[0] for one in named if one}
        full = set().union(*projection.fields.values())
        assert fields == full, kind


def test_what_an_agent_gets_is_marked() -> None:
    for cells in _cells(ROWS, r"[a-z]+"):
        projection = registry().projections.get(cells[0])
        if projection is None:
            continue
        agents = set(projection.fields.get("agent", ()))
        own = projection.recorded is not None
        marked = {
            re.split(r"[^a-z_0-9]", one)[0]
            for one in _top_level(cells[1])
            if re.search(r" a( [\[(].*)?$", one)
        }
        if cells[0] == "file" or own:
            assert "own" in cells[1], cells[0]
        else:
            assert marked == agents, cells[0]


def test_the_commands_are_those_that_the_bank_takes() -> None:
    on_page = {cells[0].strip("`"): cells[1:] for cells in _cells(COMMANDS, r"`[a-z_.]+`")}
    commands = registry().commands
    assert set(on_page) == set(commands)
    for name, command in commands.items():
        version, body, who = on_page[name]
        assert int(version) == command.newest, name
        if not body.startswith("as "):
            fields = {one.encode_name for one in msgspec.structs.fields(command.versions[command.newest])}
            named = {re.split(r"[^a-z_0-9]", one)[0] for one in _top_level(body)}
            assert named == fields, name
        if set(who.split(", ")) <= set(WHO):
            assert set().union(*(WHO[one] for one in who.split(", "))) == command.roles, name


def test_the_questions_of_a_form_are_on_the_page() -> None:
    part = PAGE.split("### Village evaluation")[1].split("### ")[0]
    for question, answers in evaluation.QUESTIONS.items():
        listed = re.search(rf"\b{question} \(([^)]*)\)", part)
        assert listed, question
        assert listed[1].replace("\n", " ").split(", ") == list(answers)
    for words in (evaluation.Knows, evaluation.Flag):
        assert [one.value for one in words if not re.search(rf"\b{one.value}\b", part)] == []
    assert f"exactly {evaluation.FORM_BYTES} bytes" in part


@pytest.mark.parametrize(
    "words", [RecordKind, Channel, Flag, Outcome, Relation, State, TaskKind, evaluation.ReviewerRole]
)
def test_the_words_of_a_row_are_on_the_page(words: type[StrEnum]) -> None:
    missing = [one.value for one in words if not re.search(rf"\b{one.value}\b", ROWS + COMMANDS)]
    assert not missing


def test_roles_and_the_fields_of_a_file_are_on_the_page() -> None:
    names = [*file_fields(), *(choice for field in file_fields().values() for choice in field.choices)]
    names += [one.value for one in Role if one is not Role.system]
    assert [one for one in names if not re.search(rf"\b{one}\b", ROWS)] == []


def _calls() -> Iterator[tuple[str, ast.Call]]:
    """Every call in the product, by the name of what is called."""
    for path in sorted(BACKEND.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                name = (
                    node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                )
                yield name, node


def _texts(node: ast.expr) -> list[str]:
    if isinstance(node, ast.IfExp):
        return _texts(node.body) + _texts(node.orelse)
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def test_every_code_that_a_phone_may_be_answered_is_on_the_page() -> None:
    codes = {
        text
        for name, call in _calls()
        for text in (
            _texts(call.args[0])
            if name == "Problem" and call.args
            else _texts(call.args[1])
            if name == "Verdict" and len(call.args) > 1
            else []
        )
    }
    assert len(codes) > 40
    named = set(re.findall(r"[a-z_]+", PAGE))
    assert sorted(one for one in codes - named - ELSEWHERE if not one.startswith("grid_")) == []


def test_every_kind_of_inbox_entry_is_on_the_page_with_its_params() -> None:
    kinds, params = set(), {}
    for name, call in _calls():
        if name == "send" and len(call.args) == 4:
            for kind in _texts(call.args[2]):
                kinds.add(kind)
                if isinstance(call.args[3], ast.Dict):
                    keys = [one.value for one in call.args[3].keys if isinstance(one, ast.Constant)]
                    params[kind] = keys
    assert len(kinds) >= 7
    listed = PAGE.split("Inbox `kind` with its params:")[1]
    for kind in kinds:
        said = re.search(rf"\b{kind}\s+\{{([^}}]*)\}}", listed)
        assert said, kind
        assert re.findall(r"[a-z_]+", said[1]) == params[kind], kind


def test_every_kind_of_task_and_inbox_entry_that_is_made_up_of_words_is_named() -> None:
    for kind in ("task_approved", "task_returned", "suggestion_accepted", "suggestion_dismissed"):
        assert kind in ROWS
