"""Tests on Spark where there is a Java; elsewhere the summary says that they were not run."""

import pytest

from backend.strategy.union.java import require_java
from backend.strategy.union.layout import UnionError


def _missing() -> str:
    try:
        require_java()
    except UnionError as error:
        return str(error)
    return ""


_why = _missing()
needs_java = pytest.mark.skipif(bool(_why), reason=f"Spark was not tried. {_why}")
