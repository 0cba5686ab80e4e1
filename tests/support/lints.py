"""House rules as lints: each answers what is wrong, as `path:line what`, and has a test with a planted fault.

An exception is named in the rule's own list, with its reason.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_SKIPPED = frozenset(
    {".git", ".venv", "node_modules", "dist", "var", "__pycache__", "test-results", "coverage", ".hypothesis"}
    | {".mypy_cache", ".ruff_cache", ".pytest_cache", ".import_linter_cache", ".grimp_cache", ".cache"}
)
_BINARY = frozenset(
    {".png", ".ico", ".jpg", ".br", ".gz", ".whl", ".parquet", ".pyc", ".tsbuildinfo", ".woff2"}
)

MAX_LINES = 420
#: files that may be longer, and why
LONG: Mapping[str, str] = {
    "migrations/versions/2026-11-21-2034_first_tables.py": "one migration, as alembic wrote it",
    "pwa/src/locales/zh-CN.ts": "all texts of one language, so that both can be compared",
    "pwa/src/locales/en.ts": "all texts of one language, so that both can be compared",
}

#: modules that no code of the product imports, and what to use instead
BANNED_IMPORTS: Mapping[str, str] = {
    "requests": "aiohttp: nothing may block the event loop",
    "urllib3": "aiohttp: nothing may block the event loop",
    "pickle": "msgspec: reading a pickle runs whatever is in it",
    "pytz": "zoneinfo",
    "advanced_alchemy": "kernel.uow: its autocommit answers before a failed commit is known",
}
#: what may ask the machine for the time; everybody else asks kernel.clock
CLOCKS: Mapping[str, str] = {
    "backend/kernel/clock.py": "it is the clock",
    "backend/kernel/ids.py": "identifiers sort by the machine's time and are no evidence of it",
    "backend/app/doctor_database.py": "compares the machine's clock with the database's",
    "backend/embedded/lock.py": "says to a person when a launcher started; knows no kernel",
}
_TIME_CALLS = frozenset(
    {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns"}
)

# the folder of one person's account
_ACCOUNTS = re.compile(r"/(?:home|Users)/[a-z][\w.-]*/")


def files(*suffixes: str, below: Path = ROOT) -> Iterator[Path]:
    """All files of the checkout with one of the suffixes (without any: all that are text), nothing built."""
    for path in sorted(below.rglob("*")):
        wanted = path.suffix in suffixes if suffixes else path.suffix not in _BINARY
        if wanted and _SKIPPED.isdisjoint(path.relative_to(below).parts) and path.is_file():
            yield path


def long_files(paths: Iterable[Path], below: Path = ROOT) -> list[str]:
    """Files with more than MAX_LINES lines: to be split by use case."""
    faults = []
    for path in paths:
        name = path.relative_to(below).as_posix()
        lines = path.read_text().count("\n")
        if lines > MAX_LINES and name not in LONG:
            faults.append(f"{name}:{lines} is longer than {MAX_LINES} lines: split it by use case")
    return faults


def banned_imports(source: str, name: str) -> list[str]:
    """Imports of BANNED_IMPORTS, anywhere in the module."""
    faults = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            imported = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            imported = [node.module]
        else:
            continue
        for module in imported:
            top = module.partition(".")[0]
            if top in BANNED_IMPORTS:
                faults.append(f"{name}:{node.lineno} imports {top}; use {BANNED_IMPORTS[top]}")
    return faults


def own_clocks(source: str, name: str) -> list[str]:
    """Calls that ask the machine for the time past the one clock."""
    if name in CLOCKS:
        return []
    faults = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            called = ".".join(ast.unparse(node.func).split(".")[-2:])
            if called in _TIME_CALLS:
                faults.append(f"{name}:{node.lineno} calls {called}; ask the unit of work or the clock")
    return faults


def module_state(source: str, name: str) -> list[str]:
    """Mutable globals: names of a module bound to an empty list, dict or set, waiting to be filled."""
    faults = []
    for node in ast.parse(source).body:
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        empty = (isinstance(value, ast.List | ast.Set) and not value.elts) or (
            isinstance(value, ast.Dict) and not value.keys
        )
        called = (
            isinstance(value, ast.Call)
            and ast.unparse(value.func).rpartition(".")[2]
            in {"list", "dict", "set", "defaultdict", "OrderedDict"}
            and not value.args
        )
        if empty or called:
            faults.append(f"{name}:{node.lineno} keeps state in the module")
    return faults


_EVERYWHERE = frozenset({"/tmp/", "/root/", "/home/", "/srv/", "/opt/", "/usr/src/", "/var/lib/", "/mnt/"})


def foreign_places(text: str, name: str, checkout: Path = ROOT) -> list[str]:
    """Paths that hold on one machine only: somebody's account, or the folder that this checkout lies in."""
    near = f"{checkout.parent}/"
    if near in _EVERYWHERE:  # a checkout may lie there, and the text means the folder that every machine has
        near = ""
    return [
        f"{name}:{number} names a place of one machine"
        for number, line in enumerate(text.splitlines(), 1)
        if _ACCOUNTS.search(line) or (len(near) > 3 and near in line)
    ]


def links(markdown: str) -> list[str]:
    """Targets inside the checkout that a Markdown text links to or shows."""
    found = re.findall(r"\]\(([^)\s]+)\)|<img[^>]* src=\"([^\"]+)\"", markdown)
    targets = [(first or second).partition("#")[0] for first, second in found]
    return [target for target in targets if target and "://" not in target]
