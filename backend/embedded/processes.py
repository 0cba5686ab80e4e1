"""Processes told apart surely: a number alone may have been given to another process meanwhile."""

import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import psutil


class Identity(msgspec.Struct, frozen=True):
    """One process: its number and when it started (seconds since 1970, as the system counts)."""

    pid: int
    started: float

    @classmethod
    def of(cls, pid: int) -> "Identity":
        """Raises psutil.NoSuchProcess if there is none."""
        return cls(pid, psutil.Process(pid).create_time())

    def process(self) -> psutil.Process | None:
        """The process if it still runs (a zombie does not), else None."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) < 0.05
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.Error:
            return None


def processes_at(program: str, folder: Path) -> Iterator[psutil.Process]:
    """Running processes of that name whose working directory is `folder`, as a server's is its data."""
    for process in psutil.process_iter(["name", "status"]):
        if process.info["name"] != program or process.info["status"] == psutil.STATUS_ZOMBIE:
            continue
        with contextlib.suppress(psutil.Error, OSError):
            if Path(process.cwd()).samefile(folder):
                yield process


def stop_process(process: psutil.Process, *steps: tuple[signal.Signals, float]) -> None:
    """Send each signal in turn and wait its seconds until the process is gone; at last SIGKILL."""
    for sign, patience in (*steps, (signal.SIGKILL, 10.0)):
        try:
            process.send_signal(sign)
            process.wait(patience)
        except psutil.NoSuchProcess:
            return
        except psutil.TimeoutExpired:
            continue
        return


def wait_until(holds: Callable[[], bool], patience: float, pause: float = 0.05) -> bool:
    """Ask `holds` until it is true or `patience` seconds are over; the last answer."""
    deadline = time.monotonic() + patience
    while not holds():
        if time.monotonic() >= deadline:
            return False
        time.sleep(pause)
    return True


def dying_with_parent(sign: signal.Signals) -> Callable[[], None] | None:
    """A preexec function after which the kernel sends `sign` to the child when the thread that made it ends.

    So a launcher that is killed with SIGKILL leaves no servers behind. Linux only; None elsewhere, where the
    next launcher stops what was left.
    """
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()
    set_pdeathsig = 1

    def ask() -> None:
        prctl(set_pdeathsig, int(sign), 0, 0, 0)
        if os.getppid() != parent:  # it died between fork and here
            os.kill(os.getpid(), signal.SIGKILL)

    return ask
