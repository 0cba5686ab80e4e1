"""Import-linter contracts of this house: domains meet at their api, a domain's files know only what is below.

Registered in pyproject.toml. `backend.app` assembles everything and may import anything.
"""

from collections.abc import Collection, Iterator
from typing import cast

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output

#: files inside a domain, from the top down; those of one entry may know each other
_ORDER = (
    ("routes", "jobs", "commands", "projection"),
    ("api",),
    ("service",),
    ("queries",),
    ("models",),
    ("schemas",),
    ("rules",),
    ("errors",),
)
_HEIGHT = {name: height for height, names in enumerate(_ORDER) for name in names}
#: what `rules.py` must stay free of, directly or through the files below it
_IMPURE = ("sqlalchemy", "asyncpg", "redis", "arq", "litestar", "granian")
_IMPURE_KERNEL = ("clock", "db", "uow", "jobs", "settings", "announce")


class DoorsContract(Contract):
    """Others import only `api`; inside a domain the known file names import downwards; rules are pure."""

    type_name = "doors"
    root = fields.StringField()
    #: packages without doors: everybody may import any module of theirs
    open_packages = fields.ListField(subfield=fields.StringField())
    #: packages that may import anything
    assemblers = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """All violations of the three rules."""
        open_packages, assemblers = cast("list[str]", self.open_packages), cast("list[str]", self.assemblers)
        found = sorted(violations(graph, str(self.root), open_packages, assemblers))
        return ContractCheck(kept=not found, metadata={"violations": found})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """One line a violation."""
        for line in check.metadata["violations"]:
            output.print_error(line, bold=False)


def violations(
    graph: ImportGraph, root: str, open_packages: Collection[str], assemblers: Collection[str]
) -> Iterator[str]:
    """Describe each import in `graph` that goes around a door, upwards, or out of a rules file."""
    for importer in graph.modules:
        source = importer.split(".")
        if source[0] != root or len(source) < 3:
            continue
        for imported in graph.find_modules_directly_imported_by(importer):
            target = imported.split(".")
            lines = graph.get_import_details(importer=importer, imported=imported)
            where = f"{importer}:{lines[0]['line_number']}" if lines else importer
            if source[2] == "rules" and _impure(target, root):
                yield f"{where} imports {imported}, but rules know no database, no web framework, no clock"
            if target[0] != root or len(target) < 2:
                continue
            if source[1] == target[1]:
                if _stands_above(target[2:], source[2]):
                    yield f"{where} imports {imported}, which stands above it"
            elif source[1] not in assemblers and target[1] not in open_packages and target[2:3] != ["api"]:
                yield f"{where} imports {imported}, but another domain is entered by its api only"


def _stands_above(target: list[str], source: str) -> bool:
    """Files of other names than the known ones are parts, which may use and be used by any."""
    return (
        bool(target) and target[0] in _HEIGHT and source in _HEIGHT and _HEIGHT[target[0]] < _HEIGHT[source]
    )


def _impure(target: list[str], root: str) -> bool:
    if target[:2] == [root, "kernel"]:
        return bool(set(target[2:3]) & set(_IMPURE_KERNEL))
    return target[0] in _IMPURE
