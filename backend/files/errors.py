"""What files refuse."""

from backend.kernel.errors import Problem, not_found


def malformed(why: str) -> Problem:
    """A hash, a class or a seal that is none."""
    return Problem("malformed", 422, "The request does not have the right shape", detail=why)


def seal_broken() -> Problem:
    """Sealed for another server, another file, or damaged on the way."""
    return Problem(
        "seal_broken",
        422,
        "The photo cannot be opened",
        detail="It was sealed for another server or another file, or was damaged on the way.",
        remedy="The photo stays on the phone. Sign in again, then it is sent anew.",
    )


def hash_mismatch() -> Problem:
    """The bytes are not those that the address names."""
    return Problem(
        "hash_mismatch",
        422,
        "The photo is not the one that was announced",
        detail="Its SHA-256 differs from the hash in the address.",
        remedy="The photo stays on the phone and is sent again.",
    )


def not_an_image() -> Problem:
    """Not a picture that can be decoded, or one of a kind that is not taken."""
    return Problem(
        "not_an_image",
        422,
        "This is not a photo",
        detail="Photos in JPEG, PNG or WebP are taken, whole and undamaged.",
        remedy="Take the photo again.",
    )


def too_many_pixels(limit: int) -> Problem:
    """A picture too large to be decoded safely."""
    return Problem(
        "too_large",
        413,
        "The photo has too many pixels",
        detail=f"At most {limit} pixels are taken.",
        remedy="Take the photo again with a lower resolution.",
        limit_pixels=limit,
    )


def busy() -> Problem:
    """More photos arrive at this moment than can be worked on."""
    return Problem(
        "try_again", 503, "The server is busy", remedy="Try again in a few seconds.", retry_after_s=5
    )


def no_file() -> Problem:
    """No such photo, or none that the caller may see."""
    return not_found("Photo")
