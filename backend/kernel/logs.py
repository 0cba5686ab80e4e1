"""Structured logs: one JSON object a line, with request, job, device and staff ids and no personal data.

What an exception says may quote a name or a value out of the database, so a traceback is logged as types and
places only; the words stay out, except those of our own exceptions, which are written with that in mind.
"""

import logging
import sys
import traceback
from contextlib import suppress
from types import TracebackType
from typing import Any, TextIO

import msgspec
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from backend.kernel.settings import Settings

#: innermost places kept of each exception
_FRAMES = 12
#: libraries whose own INFO lines say nothing that ours do not
_QUIET = ("arq", "aiohttp", "asyncio", "granian.access", "httpx", "sqlalchemy", "PIL")


class _Lines:
    """Where our own events go: straight to the stream, not through `logging`, which costs more than all the
    rest of an event's way, and there is one for each request."""

    def __init__(self, stream: TextIO, name: str) -> None:
        self._stream = stream
        self.name = name

    def msg(self, line: str) -> None:
        """Writes a line. A stream that is full or shut must not fail whoever had something to say."""
        with suppress(OSError, ValueError):
            self._stream.write(line + "\n")
            self._stream.flush()

    debug = info = warning = error = critical = msg


def _as_json(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    return msgspec.json.encode(event, enc_hook=repr).decode()


def configure_logs(settings: Settings) -> None:
    """Sets up this process's logging, once at its start: standard output, level by `settings.log_level`."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    stream = sys.stdout
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        places_only,
    ]
    # what libraries say
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _as_json],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    structlog.configure(
        processors=[*shared, _as_json],
        logger_factory=lambda name="tiange": _Lines(stream, name),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=False,
    )


def places_only(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replaces `exc_info` by `exception`: per exception of the chain its type and the places it passed."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["exception"] = [_described(one) for one in _chain(error)]
    return event


def _chain(error: BaseException) -> list[BaseException]:
    """The exception and what led to it, outermost first."""
    chain: list[BaseException] = []
    following: BaseException | None = error
    while following is not None and following not in chain and len(chain) < 5:
        chain.append(following)
        following = following.__cause__ or (None if following.__suppress_context__ else following.__context__)
    return chain


def _described(error: BaseException) -> dict[str, Any]:
    described: dict[str, Any] = {
        "type": f"{type(error).__module__}.{type(error).__qualname__}",
        "at": _places(error.__traceback__),
    }
    state = getattr(getattr(error, "orig", error), "sqlstate", None)
    if state is not None:
        described["sqlstate"] = state
    if type(error).__module__.startswith("backend."):
        described["says"] = str(error)
    return described


def _places(trace: TracebackType | None) -> list[str]:
    frames = [(frame.f_code, line) for frame, line in traceback.walk_tb(trace)][-_FRAMES:]
    return [f"{code.co_filename}:{line} {code.co_qualname}" for code, line in frames]
