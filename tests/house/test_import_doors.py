"""The house's own import contract finds what it is there to find, and nothing else."""

import pytest
from grimp import ImportGraph

from scripts.import_doors import violations


def found(importer: str, imported: str) -> list[str]:
    graph = ImportGraph()
    for module in {importer, imported}:
        graph.add_module(module)
    graph.add_import(importer=importer, imported=imported, line_number=7, line_contents="import it")
    return list(violations(graph, "backend", ["kernel"], ["app", "embedded"]))


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("backend.tasks.service", "backend.customers.service"),
        ("backend.tasks.service", "backend.customers.models"),
        ("backend.tasks.service", "backend.customers"),
        ("backend.tasks.planning.spread", "backend.customers.routes"),
    ],
)
def test_another_domain_is_entered_by_its_api_only(importer: str, imported: str) -> None:
    assert len(found(importer, imported)) == 1
    assert "by its api only" in found(importer, imported)[0]


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("backend.tasks.service", "backend.tasks.api"),
        ("backend.tasks.api", "backend.tasks.commands"),
        ("backend.tasks.models", "backend.tasks.queries"),
        ("backend.tasks.errors", "backend.tasks.rules"),
    ],
)
def test_a_file_imports_what_is_below_it(importer: str, imported: str) -> None:
    assert found(importer, imported) == [f"{importer}:7 imports {imported}, which stands above it"]


@pytest.mark.parametrize(
    "imported", ["sqlalchemy", "litestar", "backend.kernel.clock", "backend.kernel.db", "backend.kernel.uow"]
)
def test_rules_are_pure(imported: str) -> None:
    assert len(found("backend.tasks.rules", imported)) == 1
    assert found("backend.tasks.service", imported) == []


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("backend.tasks.service", "backend.customers.api"),
        ("backend.tasks.service", "backend.kernel.uow"),
        ("backend.tasks.commands", "backend.tasks.projection"),
        ("backend.tasks.commands", "backend.tasks.rules"),
        ("backend.tasks.service", "backend.tasks.planning"),
        ("backend.tasks.planning", "backend.tasks.api"),
        ("backend.tasks.rules", "backend.kernel.money"),
        ("backend.app.wiring", "backend.tasks.jobs"),
        ("backend.app.wiring", "backend.tasks.commands"),
    ],
)
def test_what_is_right_passes(importer: str, imported: str) -> None:
    assert found(importer, imported) == []
