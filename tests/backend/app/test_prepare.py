"""Preparing an installation: safe to repeat, and never over data whose keys are lost."""

import asyncio

import pytest
from msgspec.structs import replace

from backend.app.prepare import prepare
from backend.kernel.crypto import KeysMissing
from backend.kernel.settings import Settings


async def test_a_prepared_database_without_its_keys_is_refused(settings: Settings) -> None:
    await asyncio.to_thread(prepare, settings)
    await asyncio.to_thread(prepare, settings)
    lost = replace(settings, keys_dir=settings.home / "no-keys")
    with pytest.raises(KeysMissing, match="from the backup"):
        await asyncio.to_thread(prepare, lost)
    assert not lost.keys_dir.exists()
