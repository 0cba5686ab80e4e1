"""The embedded Valkey: every write in an append-only file, reached by a unix socket only."""

import contextlib
import hashlib
import os
import signal
import socket
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from backend.embedded.account import Account
from backend.embedded.errors import EmbeddedError
from backend.embedded.files import private_folder
from backend.embedded.logs import open_log, tail
from backend.embedded.processes import dying_with_parent, processes_at, stop_process, wait_until

#: the kernel's limit for the path of a unix socket is 108 bytes on Linux, 104 on macOS
_LONGEST_SOCKET_PATH = 100


class Valkey:
    """One data folder and, while started, its server. Not safe to use from two threads at once."""

    name = "Valkey"

    def __init__(self, home: Path, program: Path, account: Account, *, durable: bool) -> None:
        self._data = home / "valkey"
        self._program = program
        self._account = account
        self._durable = durable
        self._log = home / "logs" / "valkey.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Number of the running server, 0 if none."""
        return self._process.pid if self._process is not None and self._process.poll() is None else 0

    @property
    def socket(self) -> Path:
        """The unix socket: in the data folder, or in a private temporary one if that path is too long."""
        place = self._data / "valkey.sock"
        if len(os.fsencode(place)) <= _LONGEST_SOCKET_PATH:
            return place
        key = hashlib.sha256(os.fsencode(self._data)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"tiange-{self._account.uid}-{key}" / "valkey.sock"

    @property
    def url(self) -> str:
        """As redis-py and arq take it."""
        return f"unix://{quote(str(self.socket))}?db=0"

    def alive(self) -> bool:
        """False once the server has ended, however it did."""
        return self.pid != 0

    def start(self, cancelled: Callable[[], bool]) -> None:
        """Start and wait until the append-only file is loaded. Raises EmbeddedError."""
        self.stop()
        private_folder(self._data, self._account)
        for process in list(processes_at("valkey-server", self._data)):
            stop_process(process, (signal.SIGTERM, 30.0))
        self._make_socket_folder()
        self._spawn()
        if not wait_until(lambda: cancelled() or not self.alive() or self._answers(), 120.0):
            raise self._failure("does not answer")
        if not cancelled() and not self.alive():
            raise self._failure("ended while starting")

    def stop(self) -> None:
        """Let it write what is pending, then end it."""
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        for sign, patience in ((signal.SIGTERM, 30.0), (signal.SIGKILL, 10.0)):
            process.send_signal(sign)
            try:
                process.wait(patience)
            except subprocess.TimeoutExpired:
                continue
            return

    def _make_socket_folder(self) -> None:
        folder = self.socket.parent
        if folder == self._data:
            return
        # in a folder that everybody can write to somebody else may have made it first
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            if self._account.drops_root:
                os.chown(folder, self._account.uid, self._account.gid)
        found = folder.lstat()
        if folder.is_symlink() or found.st_uid != self._account.uid or found.st_mode & 0o077:
            raise EmbeddedError(
                f"{folder} belongs to somebody else: delete it, or set TMPDIR to a folder of yours"
            )

    def _spawn(self) -> None:
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self._data),
            "daemonize": "no",
            "appendonly": "yes",
            "appendfsync": "everysec" if self._durable else "no",
            "save": "",
            "maxmemory-policy": "noeviction",
            "databases": "16",
            "protected-mode": "yes",
            "logfile": "",
            "loglevel": "notice",
        }
        command: list[str | Path] = [self._program]
        for option, value in options.items():
            command += [f"--{option}", value]
        with open_log(self._log) as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"},
                start_new_session=True,
                preexec_fn=dying_with_parent(signal.SIGTERM),  # noqa: PLW1509 - one prctl call, see there
                **self._account.popen,
            )

    def _answers(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(2.0)
                client.connect(str(self.socket))
                client.sendall(b"PING\r\n")
                return client.recv(64).startswith(b"+PONG")
        except OSError:
            return False

    def _failure(self, what: str) -> EmbeddedError:
        self.stop()
        return EmbeddedError(f"Valkey {what}. Its log {self._log} ends with:\n{tail(self._log)}")
