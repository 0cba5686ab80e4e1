"""Preparing an installation: safe to repeat, and never over data whose keys are lost."""

import asyncio
import shutil

import pytest
from msgspec.structs import replace

from backend.app.prepare import prepare
from backend.kernel.crypto import KeysMissing
from backend.kernel.settings import Settings


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """With keys of its own: a keys folder belongs to one database."""
    keys = settings.home / "own-keys"
    shutil.copytree(settings.keys_dir, keys)
    return replace(settings, keys_dir=keys)


async def test_a_prepared_database_without_its_keys_is_refused(settings: Settings) -> None:
    await asyncio.to_thread(prepare, settings)
    await asyncio.to_thread(prepare, settings)
    lost = replace(settings, keys_dir=settings.home / "no-keys")
    with pytest.raises(KeysMissing, match="from the backup"):
        await asyncio.to_thread(prepare, lost)
    assert not lost.keys_dir.exists()
