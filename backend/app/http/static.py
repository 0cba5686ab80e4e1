"""The phone app's files: precompressed, with ETag and 304, hashed files kept for good, the shell always asked
for.

A screen's address answers the shell; a missing file answers 404, never the shell, because a script that turns
out to be HTML breaks an app that is half updated.
"""

import asyncio
import hashlib
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path

import msgspec
from litestar.types import HTTPScope, Receive, Send

from backend.app.http import kept_assets
from backend.app.http.note import note_of
from backend.kernel.errors import Problem

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".geojson": "application/geo+json",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".pbf": "application/x-protobuf",
    ".png": "image/png",
    ".svg": "image/svg+xml; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
#: suffix of the precompressed file beside each, best first
_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
_FOREVER = "public, max-age=31536000, immutable"
_ASK = "no-cache"


@dataclass(frozen=True, slots=True)
class _File:
    """A file as it lies there now. `tag`: of its content."""

    content: bytes
    tag: str
    modified: float


class StaticFiles:
    """Serves one folder. Files are read once and again when they change.

    `kept`: the folder of `kept_assets.keep`, for hashed files that `folder` has no more.
    """

    def __init__(self, folder: Path, kept: Path | None = None) -> None:
        self._folder = folder.resolve()
        self._kept = (kept / kept_assets.FOLDER).resolve() if kept is not None else None
        self._read: dict[Path, tuple[tuple[int, int], _File]] = {}

    async def __call__(self, scope: HTTPScope, _receive: Receive, send: Send) -> None:
        """Answers a GET or HEAD; other methods get 405."""
        headers = {name.lower().decode(): value.decode("latin-1") for name, value in scope["headers"]}
        if scope["method"] not in {"GET", "HEAD"}:
            await self._refuse(
                scope, send, Problem("method_not_allowed", 405, "Only GET and HEAD are taken here")
            )
            return
        path = self._find(scope["path"], headers)
        if path is None:
            await self._refuse(scope, send, self._missing())
            return
        encoding, file = await asyncio.to_thread(self._best, path, headers.get("accept-encoding", ""))
        await self._send(scope, send, path, encoding, file, headers.get("if-none-match", ""))

    def _find(self, asked: str, headers: dict[str, str]) -> Path | None:
        name = asked.lstrip("/") or "index.html"
        hidden = any(part.startswith(".") for part in name.split("/"))
        try:
            for folder, inside in self._places(name):
                path = (folder / inside).resolve()
                if not hidden and path.is_relative_to(folder) and path.is_file():
                    return path
        except (OSError, ValueError):  # a name too long, a zero byte
            return None
        wants_page = "text/html" in headers.get("accept", "")
        shell = self._folder / "index.html"
        if wants_page and not hidden and "." not in name.rsplit("/", 1)[-1] and shell.is_file():
            return shell
        return None

    def _places(self, name: str) -> list[tuple[Path, str]]:
        """Folders in which a file may lie, and as what; none is left by a name that climbs out."""
        places = [(self._folder, name)]
        first, _, rest = name.partition("/")
        if self._kept is not None and first == kept_assets.FOLDER and rest:
            places.append((self._kept, rest))
        return places

    def _missing(self) -> Problem:
        if not (self._folder / "index.html").is_file():
            return Problem(
                "app_not_built",
                404,
                "The phone app is not built",
                detail=f"There is no index.html in {self._folder}.",
                remedy="Run ./scripts/run, which builds it, or set TIANGE_STATIC_DIR.",
            )
        return Problem("not_found", 404, "There is no such file")

    def _best(self, path: Path, accepted: str) -> tuple[str | None, _File]:
        takes = _accepted(accepted)
        for encoding, suffix in _ENCODINGS:
            packed = path.with_name(path.name + suffix)
            if encoding in takes and packed.is_file():
                return encoding, self._load(packed)
        return None, self._load(path)

    def _load(self, path: Path) -> _File:
        stat = path.stat()
        version = (stat.st_mtime_ns, stat.st_size)
        known = self._read.get(path)
        if known is not None and known[0] == version:
            return known[1]
        content = path.read_bytes()
        file = _File(content, hashlib.sha256(content).hexdigest()[:24], stat.st_mtime)
        self._read[path] = (version, file)
        return file

    async def _send(
        self, scope: HTTPScope, send: Send, path: Path, encoding: str | None, file: _File, known: str
    ) -> None:
        hashed = path.parent.name == kept_assets.FOLDER
        # the tag is of the bytes sent, so that a packed and a plain answer are told apart
        tag = f'"{file.tag}"'
        headers = {
            "etag": tag,
            "cache-control": _FOREVER if hashed else _ASK,
            "vary": "accept-encoding",
            "last-modified": formatdate(file.modified, usegmt=True),
        }
        same = _matches(known, tag)
        if not same:
            headers["content-type"] = _TYPES.get(path.suffix, "application/octet-stream")
            headers["content-length"] = str(len(file.content))
            if encoding is not None:
                headers["content-encoding"] = encoding
        body = b"" if same or scope["method"] == "HEAD" else file.content
        await _answer(send, 304 if same else 200, headers, body)

    async def _refuse(self, scope: HTTPScope, send: Send, problem: Problem) -> None:
        note = note_of(scope)
        note.code = problem.code
        body = msgspec.json.encode(problem.body() | {"request_id": note.request_id})
        headers = {
            "content-type": "application/problem+json",
            "content-length": str(len(body)),
            "cache-control": "no-store",
        }
        await _answer(send, problem.status, headers, body)


def _accepted(header: str) -> set[str]:
    """Content codings of an Accept-Encoding header that are not refused with q=0."""
    takes = set()
    for part in header.split(","):
        coding, _, quality = part.strip().partition(";")
        weight = quality.strip().removeprefix("q=").strip()
        if weight.rstrip("0") not in {"0.", "0"} and weight != "0":
            takes.add(coding.strip().lower())
    return takes


def _matches(header: str, tag: str) -> bool:
    """Whether If-None-Match names the tag (weak comparison, RFC 9110)."""
    return header.strip() == "*" or tag in {one.strip().removeprefix("W/") for one in header.split(",")}


async def _answer(send: Send, status: int, headers: dict[str, str], body: bytes) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers.items()],
        }
    )
    await send({"type": "http.response.body", "body": body, "more_body": False})
