"""Passwords of the embedded PostgreSQL's logins: made once, kept beside the data, readable by us alone."""

import secrets
from pathlib import Path

import msgspec

from backend.embedded.errors import EmbeddedError
from backend.embedded.files import write_whole


class Passwords(msgspec.Struct, frozen=True, kw_only=True):
    """One password for the superuser `postgres` and one for each login of Tiange."""

    postgres: str
    tiange_owner: str
    tiange_web: str
    tiange_worker: str
    tiange_nightly: str

    def __repr__(self) -> str:
        return "Passwords(***)"


def load_passwords(path: Path) -> Passwords | None:
    """The passwords kept at `path`, None if there is no such file. Raises EmbeddedError if it is damaged."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Passwords)
    except FileNotFoundError:
        return None
    except msgspec.MsgspecError as error:
        raise EmbeddedError(
            f"{path} is damaged ({error}). Delete it: the next start makes new passwords, no data is lost"
        ) from None


def make_passwords(path: Path) -> Passwords:
    """Make new passwords and keep them at `path`, mode 0600."""
    made = Passwords(**{name: secrets.token_hex(24) for name in Passwords.__struct_fields__})
    write_whole(path, msgspec.json.encode(made))
    return made
