"""A bank's people as a file (花名册): read, checked as a whole, and brought in.

One CSV, UTF-8 or GB18030. Its lines are units (`kind` hq, branch or team, with `code`, `name`, `parent`) and
people (`login`, `name`, `role`, `unit`), told apart by what they fill in. A file with a fault changes
nothing: it is short, and half of an org tree is worse than none.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from backend.identity.rules import normal_login
from backend.kernel.actor import Role
from backend.kernel.errors import Problem

#: column → what it may be called
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "kind": ("kind", "机构类型"),
    "code": ("code", "机构号"),
    "parent": ("parent", "上级机构"),
    "login": ("login", "工号", "登录名"),
    "name": ("name", "姓名", "名称"),
    "role": ("role", "岗位", "角色"),
    "unit": ("unit", "所属机构"),
    "active": ("active", "在职"),
}
KINDS = {"hq": "hq", "总行": "hq", "branch": "branch", "支行": "branch", "team": "team", "团队": "team"}
ROLES = {role.value: role.value for role in Role if role is not Role.system} | {
    "农金员": "agent",
    "客户经理": "manager",
    "副行长": "deputy_head",
    "支行行长": "branch_head",
    "总行领导": "hq_lead",
    "总行业务部": "hq_business",
    "总行科技": "hq_data",
    "风险岗": "risk_officer",
    "审计": "auditor",
    "系统管理员": "admin",
}
YES, NO = frozenset({"", "1", "yes", "true", "是", "在职"}), frozenset({"0", "no", "false", "否", "离职"})
#: of these the branch decides what they see
OF_A_BRANCH = frozenset({"agent", "manager", "deputy_head", "branch_head"})
MOST_LINES = 20_000
MOST_FAULTS = 50
LONGEST = 60


@dataclass(frozen=True, slots=True)
class UnitLine:
    """A unit of the org tree. `parent`: the code of the one above; empty for the top."""

    line: int
    kind: str
    code: str
    name: str
    parent: str


@dataclass(frozen=True, slots=True)
class PersonLine:
    """A person; `login` as it is compared."""

    line: int
    login: str
    name: str
    role: str
    unit: str
    active: bool


@dataclass(frozen=True, slots=True)
class Roster:
    """What a file says, parents before children."""

    units: Sequence[UnitLine]
    people: Sequence[PersonLine]


def read(content: bytes, known_units: Mapping[str, str] | None = None) -> Roster:
    """The file's units and people. `known_units`: code → kind of those the bank has already.

    Raises Problem `bad_roster` with every fault by its line.
    """
    rows = _rows(content)
    faults: list[str] = []
    units: dict[str, UnitLine] = {}
    people: dict[str, PersonLine] = {}
    for line, row in rows:
        if row["login"]:
            _person(line, row, people, faults)
        elif row["code"]:
            _unit(line, row, units, faults)
        else:
            faults.append(f"Line {line}: neither a unit (code) nor a person (login).")
    known = dict(known_units or {}) | {one.code: one.kind for one in units.values()}
    ordered = _ordered(units, known, faults)
    for one in people.values():
        if one.unit not in known:
            faults.append(f"Line {one.line}: there is no unit {one.unit or '(empty)'}.")
        elif one.role in OF_A_BRANCH and known[one.unit] == "hq":
            faults.append(f"Line {one.line}: a {one.role} belongs to a branch or team, not to head office.")
    if faults:
        raise bad_roster(faults)
    return Roster(ordered, list(people.values()))


def bad_roster(faults: Sequence[str]) -> Problem:
    """The file is not taken; nothing was changed."""
    more = len(faults) - MOST_FAULTS
    shown = [*faults[:MOST_FAULTS], *([f"… and {more} more."] if more > 0 else [])]
    return Problem(
        "bad_roster",
        409,
        "The file has faults, and nothing was changed",
        detail="\n".join(shown),
        remedy="Mend these lines and bring the file in again.",
    )


def _rows(content: bytes) -> Iterable[tuple[int, dict[str, str]]]:
    text = _text(content)
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise bad_roster([f"It is no CSV: {error}."]) from error
    if not lines or len(lines) > MOST_LINES:
        raise bad_roster([f"It has {len(lines)} lines; between 2 and {MOST_LINES} are taken."])
    names = [one.strip().lower() for one in lines[0]]
    places: dict[str, int] = {}
    for place, name in enumerate(names):
        column = next((key for key, called in COLUMNS.items() if name in called), None)
        if column is None or column in places:
            raise bad_roster([f"Line 1: {name or 'an empty name'} is no column, or stands twice."])
        places[column] = place
    if (
        not {"login", "name", "role", "unit"} <= places.keys()
        and not {"kind", "code", "name"} <= places.keys()
    ):
        raise bad_roster(
            ["Line 1: columns are kind, code, name, parent for units; login, name, role, unit for people."]
        )
    found = []
    for number, cells in enumerate(lines[1:], 2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(names):
            raise bad_roster([f"Line {number}: {len(cells)} cells where the first line has {len(names)}."])
        found.append((number, {key: cells[places[key]].strip() if key in places else "" for key in COLUMNS}))
    return found


def _text(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise bad_roster(["It is neither UTF-8 nor GB18030 text. From a spreadsheet: save it as CSV UTF-8."])


def _unit(line: int, row: Mapping[str, str], units: dict[str, UnitLine], faults: list[str]) -> None:
    kind = KINDS.get(row["kind"])
    if kind is None:
        faults.append(f"Line {line}: {row['kind'] or 'an empty kind'} is none of {', '.join(KINDS)}.")
    elif row["code"] in units:
        faults.append(f"Line {line}: the code {row['code']} stands in line {units[row['code']].line} too.")
    elif not 0 < len(row["name"]) <= LONGEST or len(row["code"]) > LONGEST:
        faults.append(f"Line {line}: code and name have 1 to {LONGEST} characters.")
    else:
        units[row["code"]] = UnitLine(line, kind, row["code"], row["name"], row["parent"])


def _person(line: int, row: Mapping[str, str], people: dict[str, PersonLine], faults: list[str]) -> None:
    login, role = normal_login(row["login"]), ROLES.get(row["role"])
    if role is None:
        faults.append(f"Line {line}: {row['role'] or 'an empty role'} is none of {', '.join(ROLES)}.")
    elif login in people:
        faults.append(f"Line {line}: {login} stands in line {people[login].line} too.")
    elif not 0 < len(row["name"]) <= LONGEST or len(login) > LONGEST:
        faults.append(f"Line {line}: login and name have 1 to {LONGEST} characters.")
    elif row["active"].lower() not in YES | NO:
        faults.append(f"Line {line}: {row['active']} says neither that they work here nor that they left.")
    else:
        active = row["active"].lower() in YES
        people[login] = PersonLine(line, login, row["name"], role, row["unit"], active)


def _ordered(units: Mapping[str, UnitLine], known: Mapping[str, str], faults: list[str]) -> list[UnitLine]:
    """Parents before children; what has no way to the top is a fault."""
    placed: list[UnitLine] = []
    there = set(known) - set(units)
    waiting = list(units.values())
    while ready := [one for one in waiting if not one.parent or one.parent in there]:
        placed += ready
        there |= {one.code for one in ready}
        waiting = [one for one in waiting if one.code not in there]
    for one in waiting:
        why = "lies below itself" if one.parent in known else f"there is no unit {one.parent}"
        faults.append(f"Line {one.line}: {one.code}: {why}.")
    for one in placed:
        if (one.kind == "hq") != (not one.parent):
            faults.append(f"Line {one.line}: head office is at the top, and everything else below something.")
        elif one.kind == "team" and known.get(one.parent) != "branch":
            faults.append(f"Line {one.line}: a team lies in a branch.")
    return placed
