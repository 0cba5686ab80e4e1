"""A catalogue as a ZIP of its YAML files. Pure."""

import io
import zipfile
from collections.abc import Mapping

MOST_BYTES = 4 * 1024 * 1024
#: of all files together, unpacked
MOST_UNPACKED = 24 * 1024 * 1024
MOST_FILES = 400


class BadArchive(Exception):
    """What was sent is no ZIP of a catalogue; says why."""


def packed(files: Mapping[str, str]) -> bytes:
    """A ZIP of YAML files, the same bytes for the same files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0)), text, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def unpacked(content: bytes) -> dict[str, str]:
    """The YAML files of a ZIP; folders are left out, and one folder around all of them. Raises BadArchive."""
    if len(content) > MOST_BYTES:
        raise BadArchive(f"it has more than {MOST_BYTES} bytes")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [one for one in archive.infolist() if not one.is_dir()]
            if len(members) > MOST_FILES:
                raise BadArchive(f"it has more than {MOST_FILES} files")
            if sum(one.file_size for one in members) > MOST_UNPACKED:
                raise BadArchive(f"its files have more than {MOST_UNPACKED} bytes together")
            # the size that a member declares is where zipfile stops reading
            found = {one.filename: _text(one.filename, archive.read(one)) for one in members}
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, OSError) as error:
        raise BadArchive(f"it is no ZIP that can be read: {error}") from error
    except Exception as error:
        if isinstance(error, BadArchive):
            raise
        raise BadArchive("it is no ZIP that can be read") from error  # zlib.error and its like
    if not found:
        raise BadArchive("there is no file in it")
    return _without_folder_around(found)


def _text(name: str, content: bytes) -> str:
    if not name.endswith(".yaml"):
        raise BadArchive(f"{name[:80]} is no .yaml file")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadArchive(f"{name[:80]} is not UTF-8") from error


def _without_folder_around(files: Mapping[str, str]) -> dict[str, str]:
    """As most programs pack a folder."""
    heads = {path.split("/", 1)[0] for path in files}
    if len(heads) == 1 and all(path.count("/") > 1 for path in files):
        return {path.split("/", 1)[1]: text for path, text in files.items()}
    return dict(files)
