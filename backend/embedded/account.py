"""As whom the servers run: PostgreSQL refuses to run as root, and Valkey should not."""

import os
import pwd
import subprocess
from pathlib import Path
from typing import Any

import msgspec

from backend.embedded.errors import EmbeddedError

#: ordinary accounts to drop to, the first that exists; nothing is created on the machine
_CANDIDATES = ("tiange", "nobody")


class Account(msgspec.Struct, frozen=True):
    """The user that owns the servers' data and processes."""

    name: str
    uid: int
    gid: int
    #: True if we are root and the servers are not
    drops_root: bool

    @property
    def popen(self) -> dict[str, Any]:
        """Arguments of subprocess.Popen that make the child run as this account."""
        if not self.drops_root:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def choose_account(data: Path) -> Account:
    """The account for the servers whose data lies at `data`.

    An ordinary user runs them itself. Root drops to whoever owns the data already, else to the user `tiange`
    if the machine has one, else to `nobody`.
    """
    uid = os.geteuid()
    if uid != 0:
        return Account(_name(uid), uid, os.getegid(), drops_root=False)
    if data.exists() and data.stat().st_uid != 0:
        owner = data.stat()
        return Account(_name(owner.st_uid), owner.st_uid, owner.st_gid, drops_root=True)
    for name in _CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid, drops_root=True)
    raise EmbeddedError(
        "PostgreSQL does not run as root and this machine has neither a user `tiange` nor `nobody`. "
        "Create one: useradd --system tiange"
    )


def require_reachable(home: Path, account: Account) -> None:
    """Raise EmbeddedError if `account` cannot enter `home`, as below a root home of mode 0700."""
    if not account.drops_root:
        return
    probe = ["/bin/sh", "-c", 'cd -- "$1" 2>/dev/null', "sh", str(home)]
    if subprocess.run(probe, check=False, cwd="/", **account.popen).returncode != 0:
        closed = next((it for it in [*reversed(home.parents), home] if not it.stat().st_mode & 0o001), home)
        raise EmbeddedError(
            f"As root the servers run as the user `{account.name}`, who cannot enter {home} "
            f"({closed} has mode {closed.stat().st_mode & 0o777:04o}). "
            "Choose another folder: TIANGE_HOME=/var/lib/tiange"
        )


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)  # containers run as numbers that no passwd names
