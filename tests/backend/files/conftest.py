"""Fixtures of this folder."""

from tests.support.camera import camera, other  # noqa: F401 - fixtures
from tests.support.web_fixtures import (  # noqa: F401 - fixtures
    app,
    bank,
    client,
    keys,
    other_client,
    settings,
    system_db,
)
