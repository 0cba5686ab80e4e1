"""Business errors as problem details (RFC 9457): a stable code, a status, what is safe and what to do."""

from typing import Any


class Problem(Exception):
    """An answer that is no success. The phone acts on `code`; the person reads `detail` and `remedy`."""

    def __init__(
        self, code: str, status: int, title: str, *, detail: str = "", remedy: str = "", **extra: Any
    ) -> None:
        super().__init__(f"{code}: {title}")
        self.code = code
        self.status = status
        self.title = title
        self.detail = detail
        self.remedy = remedy
        self.extra = extra

    def body(self) -> dict[str, Any]:
        """The problem document as a map."""
        document: dict[str, Any] = {
            "type": f"urn:tiange:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "code": self.code,
        }
        if self.detail:
            document["detail"] = self.detail
        if self.remedy:
            document["remedy"] = self.remedy
        return document | self.extra


def not_found(what: str) -> Problem:
    """The thing does not exist, or the caller may not know that it does: one answer for both."""
    return Problem(
        "not_found", 404, f"{what} not found", detail="It does not exist or lies outside what you may see."
    )


def purpose_needed() -> Problem:
    """Head office looks at customers' files with a purpose that is kept."""
    return Problem(
        "purpose_needed",
        403,
        "Say what for",
        detail="Head office looks at customers' files only with a purpose, which the audit trail keeps.",
        remedy="Name the purpose in 4 to 200 characters.",
    )


def not_allowed(why: str) -> Problem:
    """The caller's role may not do this."""
    return Problem("not_allowed", 403, "Not allowed", detail=why)
