"""Structured logs: one JSON object a line, with request, job, device and staff ids and no personal data.

What an exception says may quote a name or a value out of the database, so a traceback is logged as types and
places only; the words stay out, except those of our own exceptions, which are written with that in mind.
"""

import logging
import sys
import traceback
from types import TracebackType
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from backend.kernel.settings import Settings

#: innermost places kept of each exception
_FRAMES = 12
#: libraries whose own INFO lines say nothing that ours do not
_QUIET = ("arq", "aiohttp", "asyncio", "granian.access", "httpx", "sqlalchemy", "PIL")


def configure_logs(settings: Settings) -> None:
    """Sets up this process's logging, once at its start: standard output, level by `settings.log_level`."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        places_only,
    ]
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(sort_keys=False, ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
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
