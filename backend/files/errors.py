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
        "The file cannot be opened",
        detail="It was sealed for another server or another file, or was damaged on the way.",
        remedy="It stays on the phone. Sign in again, then it is sent anew.",
    )


def hash_mismatch() -> Problem:
    """The bytes are not those that the address names."""
    return Problem(
        "hash_mismatch",
        422,
        "The file is not the one that was announced",
        detail="Its SHA-256 differs from the hash in the address.",
        remedy="It stays on the phone and is sent again.",
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


def not_audio() -> Problem:
    """Not a voice note that can be decoded, or one of a kind that is not taken."""
    return Problem(
        "not_audio",
        422,
        "This is not a voice note",
        detail="Speech in Ogg (Opus) or WAV is taken, of one or two channels.",
        remedy="Record it again.",
    )


def voice_too_large(limit: int) -> Problem:
    """More bytes than the longest voice note has."""
    return Problem(
        "too_large",
        413,
        "The voice note is too large",
        detail=f"At most {limit} bytes are taken.",
        remedy="Record a shorter one.",
        limit_bytes=limit,
    )


def voice_too_long(seconds: int) -> Problem:
    """Longer than a voice note may be, whatever the head of the file says."""
    return Problem(
        "too_large",
        413,
        "The voice note is too long",
        detail=f"At most {seconds} seconds are taken.",
        remedy="Record a shorter one.",
        limit_seconds=seconds,
    )


def too_large(limit: int) -> Problem:
    """More bytes than a file may have."""
    return Problem(
        "too_large",
        413,
        "The file is too large",
        detail=f"At most {limit} bytes are taken.",
        remedy="It stays on the phone. Take the photo again with a lower resolution.",
        limit_bytes=limit,
    )


def offset_mismatch(offset: int) -> Problem:
    """The chunk does not begin where the bank stands."""
    return Problem(
        "offset_mismatch",
        409,
        "The upload goes on elsewhere",
        detail=f"The bank has {offset} bytes of it.",
        remedy="Go on from there.",
        offset=offset,
    )


def upload_broken() -> Problem:
    """The bytes came whole but are not those announced: what was here is dropped."""
    return Problem(
        "upload_broken",
        409,
        "The upload was damaged on the way",
        detail="What had come of it was dropped.",
        remedy="The file is on the phone and is sent from its beginning.",
        offset=0,
    )


def disk_full() -> Problem:
    """No room at the bank: nothing of the request counts."""
    return Problem(
        "try_again",
        503,
        "The bank has no room for files at this moment",
        detail="Nothing of this request was kept. The file stays on the phone.",
        remedy="It is sent again by itself. Administrators: free space on the disk of the files folder.",
        retry_after_s=60,
    )


def busy() -> Problem:
    """More files arrive at this moment than can be worked on."""
    return Problem(
        "try_again", 503, "The server is busy", remedy="Try again in a few seconds.", retry_after_s=5
    )


def no_file() -> Problem:
    """No such file, or none that the caller may see."""
    return not_found("File")
