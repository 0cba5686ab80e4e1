"""What a backup consists of, how one is told from a cut one, and how its parts are checked."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from backend.kernel.crypto import PAIRS, SECRETS, Keys, SealBroken

FORMAT = 1
MANIFEST = "manifest.json"
DATABASE = "database.dump"
FILES = "files.list"
KEYS = "keys"
#: photos, signatures and voice notes of all backups of a folder lie together, each once
POOL = "files"
PARTIAL = ".partial-"

_NAME = re.compile(r"\d{8}T\d{6}Z(-\d+)?")
_PLACE = re.compile(r"([0-9a-f]{2})/([0-9a-f]{2})/\1\2[0-9a-f]{60}(\.thumb)?\.(jpg|png|mp3)")
_LINE = re.compile(r"([0-9a-f]{64}) (\d{1,15}) (\S+)")
_CHUNK = 1024 * 1024
_FIT = "tiange/backup/fit"


class BackupRefused(RuntimeError):
    """A backup or a restore that was not done. The text says why, what is safe and what to do."""


class Part(msgspec.Struct, frozen=True):
    """One file of a backup: its size in bytes and the hex SHA-256 of its content."""

    bytes: int
    sha256: str


class Fit(msgspec.Struct, frozen=True):
    """What the keys of an installation can be told by, without giving any of them away."""

    seal: str
    escrow: str
    receipt: str
    index: str
    field: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """The last file of a backup. Instants in ms.

    `durable_through`: everything received before it is in this backup; None where a transaction stayed open
    so long
    that nothing can be said.
    """

    format: int
    product: str
    migration: str
    epoch: str
    started_at: int
    finished_at: int
    durable_through: int | None
    database: Part
    files: Part
    files_count: int
    files_bytes: int
    keys_fit: Fit
    keys: dict[str, Part] = {}


class Listed(msgspec.Struct, frozen=True):
    """One photo of a backup, by its place below the files folder."""

    place: str
    part: Part


def fit_of(keys: Keys) -> Fit:
    """What tells these keys from others."""
    return Fit(
        seal=keys.seal.key_id.hex(),
        escrow=keys.escrow.key_id.hex(),
        receipt=keys.receipt(_FIT),
        index=keys.blind_index(_FIT, _FIT).hex()[:16],
        field=keys.seal_field("tiange", _FIT).hex(),
    )


def fits(keys: Keys, fit: Fit) -> bool:
    """Whether these are the keys that the backup's records were sealed with."""
    own = fit_of(keys)
    try:
        opened = keys.open_field(bytes.fromhex(fit.field), _FIT)
    except (SealBroken, ValueError):
        return False
    return opened == "tiange" and (own.seal, own.escrow, own.receipt, own.index) == (
        fit.seal,
        fit.escrow,
        fit.receipt,
        fit.index,
    )


def measure(path: Path) -> Part:
    """Size and sum of a file. Raises OSError."""
    size, digest = 0, hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            size += len(chunk)
            digest.update(chunk)
    return Part(size, digest.hexdigest())


def is_place(text: str) -> bool:
    """Whether a path below the files folder is that of a kept photo."""
    return _PLACE.fullmatch(text) is not None


def listing(entries: list[Listed]) -> bytes:
    """The list of photos, a line each: sum, size, place."""
    return "".join(f"{one.part.sha256} {one.part.bytes} {one.place}\n" for one in entries).encode()


def listed(folder: Path) -> Iterator[Listed]:
    """The photos of a backup. Raises BackupRefused for a line that no backup writes."""
    for number, line in enumerate((folder / FILES).read_text(errors="replace").splitlines(), 1):
        found = _LINE.fullmatch(line)
        if found is None or not is_place(found[3]):
            raise BackupRefused(
                f"{folder / FILES}, line {number}, names no photo: this list was tampered with."
            )
        yield Listed(found[3], Part(int(found[2]), found[1]))


def find(folder: Path) -> Path:
    """The backup that `folder` is, or the newest whole one in it. Raises BackupRefused."""
    if not folder.is_dir():
        raise BackupRefused(f"{folder} is no folder. Name a backup, or the folder that holds them.")
    if (folder / MANIFEST).is_file():
        return folder
    if folder.name.startswith(PARTIAL) or _NAME.fullmatch(folder.name):
        raise BackupRefused(f"{folder} has no {MANIFEST}: it was cut while it was made. Take another backup.")
    whole = backups_in(folder)
    if not whole:
        raise BackupRefused(f"{folder} holds no whole backup (a folder with a {MANIFEST}).")
    return whole[-1]


def backups_in(folder: Path) -> list[Path]:
    """The whole backups of a folder, oldest first."""
    return sorted(one for one in folder.iterdir() if _NAME.fullmatch(one.name) and (one / MANIFEST).is_file())


def read_manifest(folder: Path) -> Manifest:
    """Raises BackupRefused for a manifest that cannot be read or is of a later format."""
    path = folder / MANIFEST
    try:
        content = path.read_bytes()
        head = msgspec.json.decode(content, type=dict[str, object])
        if head.get("format") != FORMAT:
            raise BackupRefused(f"{path} is of format {head.get('format')!r}; this version reads {FORMAT}.")
        return msgspec.json.decode(content, type=Manifest)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BackupRefused(f"{path} cannot be read ({error}). Take another backup.") from None


def verify(folder: Path, manifest: Manifest) -> list[Listed]:
    """The photos of a backup whose every part is as it was written. Raises BackupRefused naming the
    first that is not.
    """
    _require(folder / DATABASE, manifest.database)
    _require(folder / FILES, manifest.files)
    for name, part in manifest.keys.items():
        if name not in SECRETS + PAIRS:
            raise BackupRefused(f"{folder / MANIFEST} names {name!r}, which is no key.")
        _require(folder / KEYS / name, part)
    photos = list(listed(folder))
    for photo in photos:
        _require(folder.parent / POOL / photo.place, photo.part)
    return photos


def _require(path: Path, part: Part) -> None:
    try:
        found = measure(path)
    except OSError as error:
        raise BackupRefused(
            f"{path} of the backup cannot be read ({error.strerror}). Nothing was changed. Take another"
            f" backup,"
            " or bring the file back: a backup's photos lie beside it, in the folder `files`."
        ) from None
    if found != part:
        raise BackupRefused(
            f"{path} is not as the backup wrote it ({found.bytes} bytes, written {part.bytes};"
            f" sums {'equal' if found.sha256 == part.sha256 else 'differ'}). Nothing was changed."
            " Take another backup, or an undamaged copy of this one."
        )
