"""Simulated phones: what their Node does otherwise than a browser must not look like the product's doing."""

import random
from pathlib import Path

import pytest

from tests.faults.network import Network
from tests.faults.phones import Phone, PhoneRefused, build_driver


async def test_a_phone_opened_without_a_network_hears_at_once_that_there_is_none(tmp_path: Path) -> None:
    network = Network(0, random.Random(1), up=False)
    await network.start()
    driver = build_driver(tmp_path)
    phone = Phone(driver, tmp_path / "phone", f"http://127.0.0.1:{network.port}", "wang")
    try:
        # whether the connection breaks early enough to go unnoticed is a matter of luck
        for _ in range(5):
            await phone.start()
            with pytest.raises(PhoneRefused) as refused:
                # the engine itself gives up after half a minute
                await phone.do("ready", patience=20.0, login="wang", password="right")
            assert refused.value.code == "offline"
            await phone.kill()
    finally:
        await phone.kill()
        await network.stop()
