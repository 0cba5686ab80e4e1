"""Re-encodes what a phone sent: whatever hides in a file, or beside the picture in it, ends here."""

import hashlib
import io
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from backend.files import errors

#: longest side of what is kept, of the small one, and their JPEG qualities
FULL_SIDE, FULL_QUALITY = 2048, 82
THUMB_SIDE, THUMB_QUALITY = 320, 75
#: more than any phone's camera makes; decoded they take three bytes each
MOST_PIXELS = 60_000_000
FORMATS = ("JPEG", "PNG", "WEBP")


@dataclass(frozen=True, slots=True)
class Picture:
    """A photo as it is kept: two JPEGs without metadata. `kept_hash`: SHA-256 of `full`, hex. Sides in
    pixels."""

    full: bytes
    thumb: bytes
    width: int
    height: int
    kept_hash: str


def reencode(content: bytes) -> Picture:
    """The picture in `content`, upright, at most 2048 pixels a side. Raises Problem `not_an_image`,
    `too_large`.

    The number of pixels is read from the head of the file and judged before anything is decoded.
    """
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise errors.too_many_pixels(MOST_PIXELS)
            # JPEG can be decoded at a fraction of its size: a third of the memory for a large photo
            opened.draft("RGB", (FULL_SIDE, FULL_SIDE))
            upright = ImageOps.exif_transpose(opened)
            picture = _flat(upright)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise errors.too_many_pixels(MOST_PIXELS) from error
    except (
        UnidentifiedImageError,
        OSError,
        SyntaxError,
        ValueError,
        EOFError,
    ) as error:
        raise errors.not_an_image() from error
    full = picture.copy()
    full.thumbnail((FULL_SIDE, FULL_SIDE), Image.Resampling.LANCZOS)
    thumb = full.copy()
    thumb.thumbnail((THUMB_SIDE, THUMB_SIDE), Image.Resampling.LANCZOS)
    encoded = _jpeg(full, FULL_QUALITY)
    return Picture(
        encoded,
        _jpeg(thumb, THUMB_QUALITY),
        full.width,
        full.height,
        hashlib.sha256(encoded).hexdigest(),
    )


def _flat(image: Image.Image) -> Image.Image:
    """Pixels only, on white where the picture is transparent."""
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        above = image.convert("RGBA")
        flat = Image.new("RGB", above.size, "white")
        flat.paste(above, mask=above.getchannel("A"))
        return flat
    return image.convert("RGB")


def _jpeg(image: Image.Image, quality: int) -> bytes:
    # a fresh image has no EXIF, colour profile or comment to carry over
    clean = Image.new("RGB", image.size)
    clean.paste(image)
    out = io.BytesIO()
    clean.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
    return out.getvalue()
