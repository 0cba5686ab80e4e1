"""Child processes that are kept running: web server and worker."""

import contextlib
import logging
import logging.handlers
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec
import psutil

from backend.embedded.processes import Identity, dying_with_parent, wait_until

#: seconds before the first, second … restart in a row; a child that lived a minute starts over
_BACKOFF = (0.2, 1.0, 2.0, 5.0, 10.0, 30.0)
_STABLE_SECONDS = 60.0


class Child:
    """One command kept running in a process group of its own, its output in a rotating log file."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environ: Mapping[str, str],
        *,
        home: Path,
        say: Callable[[str], None],
    ) -> None:
        self.name = name
        self.log = home / "logs" / f"{name}.log"
        self._command = list(command)
        self._environ = environ
        self._record = home / "run" / f"{name}.json"
        self._say = say
        self._process: subprocess.Popen[bytes] | None = None
        self._pump: threading.Thread | None = None
        self._failures = 0
        self._started = 0.0
        self._due = 0.0

    @property
    def pid(self) -> int:
        """Number of the running process, 0 if none."""
        return self._process.pid if self._process is not None and self._process.poll() is None else 0

    def start(self) -> None:
        """Start it; one that a killed launcher left is ended first. To be called in the main thread."""
        self._end_left_over()
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self._environ,
            cwd=Path(__file__).resolve().parents[2],
            start_new_session=True,  # Ctrl-C is for the launcher, which stops in order
            preexec_fn=dying_with_parent(signal.SIGTERM),  # noqa: PLW1509 - one prctl call, see there
        )
        self._record.parent.mkdir(parents=True, exist_ok=True)
        self._record.write_bytes(msgspec.json.encode(Identity.of(self._process.pid)))
        self._started = time.monotonic()
        self._pump = threading.Thread(target=self._keep_output, args=(self._process,), daemon=True)
        self._pump.start()

    def watch(self) -> None:
        """Start it again if it has ended, sooner at first and later if it keeps ending."""
        now = time.monotonic()
        if self.pid:
            if self._failures and now - self._started > _STABLE_SECONDS:
                self._failures = 0
            return
        if not self._due:
            assert self._process is not None
            pause = _BACKOFF[min(self._failures, len(_BACKOFF) - 1)]
            self._due = now + pause
            self._failures += 1
            self._say(
                f"The {self.name} has ended ({_ending(self._process.returncode)}); starting it again in "
                f"{pause:g} s. Its log: {self.log}"
            )
        if now >= self._due:
            self._due = 0.0
            self.start()

    def stop(self, patience: float = 20.0) -> None:
        """Ask it to end, wait, then end what is left of its group."""
        process = self._process
        if process is None:
            return
        if process.poll() is None:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(patience)
        _end_group(process.pid)
        process.wait()
        if self._pump is not None:
            self._pump.join(5.0)
        if process.stdout is not None:
            process.stdout.close()
        self._record.unlink(missing_ok=True)
        self._process = None

    def tail(self, lines: int = 15) -> str:
        """The last lines of its log."""
        with contextlib.suppress(OSError):
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        return ""

    def _end_left_over(self) -> None:
        """End what remains of an earlier run: helpers of a killed child hold its port."""
        if self._process is not None:
            _end_group(self._process.pid)
            if self._process.stdout is not None and self._pump is not None:
                self._pump.join(5.0)
                self._process.stdout.close()
            self._process = None
            return
        with contextlib.suppress(OSError, msgspec.MsgspecError):
            left = msgspec.json.decode(self._record.read_bytes(), type=Identity)
            process = left.process()
            if process is not None:
                process.terminate()
                wait_until(lambda: left.process() is None, 20.0)
            self._end_helpers(left)

    def _end_helpers(self, leader: Identity) -> None:
        """Kill what is left of a group whose leader is gone; its number alone may by now name strangers."""
        home = self._environ.get("TIANGE_HOME")
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if (
                    os.getpgid(process.pid) == leader.pid
                    and process.create_time() >= leader.started
                    and process.environ().get("TIANGE_HOME") == home
                ):
                    process.kill()

    def _keep_output(self, process: subprocess.Popen[bytes]) -> None:
        self.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handler = logging.handlers.RotatingFileHandler(self.log, maxBytes=10 * 1024 * 1024, backupCount=2)
        self.log.chmod(0o600)
        assert process.stdout is not None
        with contextlib.closing(handler), contextlib.suppress(ValueError):  # closed by stop()
            for line in process.stdout:
                text = line.decode(errors="replace").rstrip("\n")
                handler.emit(logging.makeLogRecord({"msg": text, "args": ()}))


def _end_group(pid: int) -> None:
    """Kill every process of the group that `pid` led; nothing if none is left."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _ending(code: int | None) -> str:
    if code is not None and code < 0:
        return signal.Signals(-code).name
    return f"exit code {code}"
