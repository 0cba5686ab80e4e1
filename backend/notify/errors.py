"""What notify refuses."""

from backend.kernel.errors import Problem


def endpoint_refused() -> Problem:
    """The address is none of a known push service."""
    return Problem(
        "push_endpoint_refused",
        422,
        "This push service is not allowed",
        detail="Reminders are sent only to the push services of the known browsers.",
        remedy="Reminders stay in the inbox. An administrator can add a push service.",
    )


def keys_refused() -> Problem:
    """The subscription's keys are not those of a browser."""
    return Problem(
        "malformed",
        422,
        "The request does not have the right shape",
        detail="keys.p256dh must be a P-256 point of 65 bytes and keys.auth 16 bytes, in base64url.",
    )


def not_enrolled() -> Problem:
    """Reminders belong to a phone that the bank knows."""
    return Problem(
        "not_enrolled",
        409,
        "This phone is not enrolled",
        remedy="Enrol the phone first (POST /api/v1/devices).",
    )


class TryLater(RuntimeError):
    """A push service is away or asks for patience; the job comes again."""
