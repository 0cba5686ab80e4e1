"""What identity refuses, each with a stable code and what to do."""

from backend.kernel.errors import Problem


def signed_out() -> Problem:
    """No session, or one that has ended."""
    return Problem(
        "signed_out",
        401,
        "Sign in again",
        detail="This session has ended or never was. What is saved on the phone stays there.",
        remedy="Sign in; saved entries are sent afterwards.",
    )


def wrong_password() -> Problem:
    """One answer for an unknown login, a wrong password and a person who has left."""
    return Problem(
        "wrong_password",
        401,
        "Login or password is wrong",
        remedy="Check both and try again. An administrator can set a new password.",
    )


def too_many_tries(seconds: int) -> Problem:
    """Tries are slowed down, never shut out for good."""
    return Problem(
        "too_many_tries",
        429,
        "Too many wrong passwords",
        detail=f"The next try is possible in {seconds} seconds. What is saved on the phone stays there.",
        remedy="Wait, then try again. An administrator can set a new password.",
        retry_after_s=seconds,
    )


def too_many_look_ups(seconds: int) -> Problem:
    """Look-ups of customers that the person does not hold are slowed down."""
    return Problem(
        "too_many_look_ups",
        429,
        "Too many look-ups",
        detail=f"The next look-up is possible in {seconds} seconds.",
        remedy="Wait, then look again. Each look-up stands in the audit trail.",
        retry_after_s=seconds,
    )


def too_many_codes(seconds: int) -> Problem:
    """Codes of reviewers, wrong ones or one again and again, are slowed down."""
    return Problem(
        "too_many_codes",
        429,
        "Too many tries",
        detail=f"The next try is possible in {seconds} seconds. What you answered is kept.",
        remedy="Wait, then try again.",
        retry_after_s=seconds,
    )


def busy() -> Problem:
    """More people sign in at this moment than passwords can be checked."""
    return Problem(
        "try_again", 503, "The server is busy", remedy="Try again in a few seconds.", retry_after_s=3
    )


def signature_invalid(why: str) -> Problem:
    """A request below sync or files that this installation's key did not sign."""
    return Problem(
        "signature_invalid",
        401,
        "The request is not signed by this phone",
        detail=why,
        remedy="Sign in and enrol this phone again; saved entries stay.",
    )


def nonce_used() -> Problem:
    """The same signed request came twice."""
    return Problem(
        "nonce_used",
        401,
        "This request was already received",
        remedy="Sign the request anew with a fresh nonce.",
    )


def nonces_unavailable() -> Problem:
    """Valkey is away, so a repeated request could not be told from a new one."""
    return Problem(
        "try_again",
        503,
        "The server cannot take signed requests at this moment",
        detail="Nothing of it happened. What is saved on the phone stays there.",
        remedy="Try again in a few seconds.",
        retry_after_s=5,
    )


def device_revoked(*, deliver: bool) -> Problem:
    """The bank withdrew this phone. `deliver`: it may send what waits on it before it wipes itself."""
    return Problem(
        "device_revoked",
        401,
        "This phone was withdrawn",
        detail="The bank no longer accepts this phone. "
        + ("Entries not yet sent are still taken." if deliver else "Nothing waits on it."),
        remedy="Talk to your administrator, then sign in and enrol the phone anew.",
        deliver=deliver,
    )


def installation_taken() -> Problem:
    """The installation id belongs to another person, another key, or was revoked."""
    return Problem(
        "installation_taken",
        409,
        "This installation id is in use",
        detail="It belongs to another person or key, or was withdrawn: a copied or restored phone.",
        remedy="Make a new installation id and key, enrol, and send everything again.",
    )


def not_enrolled() -> Problem:
    """The session knows no installation."""
    return Problem(
        "not_enrolled",
        409,
        "This phone is not enrolled",
        remedy="Enrol the phone first (POST /api/v1/devices).",
    )


def bad_key(why: str) -> Problem:
    """A public key or sealed text that is none."""
    return Problem("malformed", 422, "The request does not have the right shape", detail=why)


def no_escrow() -> Problem:
    """Nothing to release."""
    return Problem(
        "no_escrow",
        404,
        "No key is kept for this phone",
        remedy="Enrol the phone anew; rows come again from the bank.",
    )


def too_many_releases(seconds: int) -> Problem:
    """The day's limit of key releases is reached."""
    return Problem(
        "too_many_releases",
        429,
        "This phone's key was released too often today",
        detail="The limit protects a stolen phone. Entries saved on it are safe.",
        remedy="Try again tomorrow, or ask an administrator.",
        retry_after_s=seconds,
    )
