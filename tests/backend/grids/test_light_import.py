"""The web process stays free of the geometry libraries that only imports need."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow


def test_the_domain_is_imported_without_geopandas() -> None:
    program = (
        "import sys, backend.grids.api, backend.grids.projection;"
        "print(sorted({'geopandas', 'shapely', 'pyproj', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
