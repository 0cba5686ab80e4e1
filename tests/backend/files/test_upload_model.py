"""Random ways of an upload against what the phone knows of it: the file is the one sent, and there once."""

import io
import os
from typing import Any

import httpx
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from PIL import Image

from backend.embedded import Urls
from backend.kernel.ids import uuid7
from backend.kernel.settings import Settings
from tests.support.camera import Camera, digest, rows, small_photo, unfinished


class Model:
    """One phone's upload as the phone knows it: where it believes to stand."""

    def __init__(self, camera: Camera, content: bytes) -> None:
        self.camera = camera
        self.file = camera.sealed(content)
        self.at = 0
        self.received: dict[str, Any] | None = None

    def hear(self, answer: httpx.Response) -> None:
        told_back = answer.json()
        assert answer.status_code in (200, 409, 422), answer.text
        if answer.status_code == 422:
            return
        self.at = told_back["offset"]
        if "received" in told_back:
            assert self.received in (None, told_back["received"])
            self.received = told_back["received"]

    async def step(self, what: str, n: int) -> None:
        """One thing that can happen on the way."""
        file, size = self.file, len(self.file.content)
        if what == "send":
            self.hear(await self.camera.add(file, self.at, min(size, self.at + n)))
        elif what == "lost":
            # the bank has it, the phone does not hear of it
            await self.camera.add(file, self.at, min(size, self.at + n))
        elif what == "ask":
            self.hear(await self.camera.ask(file))
        elif what == "astray":
            odd = await self.camera.phone.send("PATCH", f"{file.address()}&offset={n}", os.urandom(n))
            assert odd.status_code in (200, 409, 413, 422), odd.text
        elif what == "restart":
            self.at = 0


STEPS = st.lists(
    st.tuples(
        st.integers(0, 1), st.sampled_from(["send", "lost", "ask", "astray", "restart"]), st.integers(1, 180)
    ),
    max_size=14,
)


@examples(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS, seed=st.integers(0, 10**9))
async def test_whatever_happens_on_the_way_the_file_is_the_one_that_was_sent_and_there_once(
    camera: Camera, other: Camera, settings: Settings, databases: Urls, steps: list[Any], seed: int
) -> None:
    content = small_photo(seed) + seed.to_bytes(8, "big") + uuid7().bytes
    phones = [Model(camera, content), Model(other, content)]
    for which, what, n in steps:
        await phones[which].step(what, n)
    for phone in phones:
        for _ in range(200):
            if phone.received is not None:
                break
            await phone.step("send", 150)
        # bytes that went astray where the phone stood are found out at the end; then it goes from the start
        assert phone.received is not None
    assert phones[0].received == phones[1].received
    assert phones[0].received is not None
    assert await rows(databases, digest(content)) == (1, 1)
    assert unfinished(settings) == []
    for phone in phones:
        shown = await phone.camera.phone.send("GET", f"/api/v1/files/{digest(content)}")
        if shown.status_code == 200:
            with Image.open(io.BytesIO(shown.content)) as image, Image.open(io.BytesIO(content)) as sent:
                assert image.size == sent.size
            assert digest(shown.content) == phones[0].received["kept_hash"]
