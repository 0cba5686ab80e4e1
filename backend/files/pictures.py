"""Re-encodes pictures that a phone sent: whatever hides in a file, or beside the picture in it, ends here."""

import io

from PIL import Image, ImageOps, UnidentifiedImageError

from backend.files import errors
from backend.files.kept import Kept, digest

#: longest side of what is kept, of the small one, and their JPEG qualities
FULL_SIDE, FULL_QUALITY = 2048, 82
THUMB_SIDE, THUMB_QUALITY = 320, 75
#: longest side of a signature, and the shades of grey it is kept in
SIGNATURE_SIDE, SIGNATURE_SHADES = 1000, 16
#: more than any phone's camera makes; decoded they take three bytes each
MOST_PIXELS = 60_000_000
FORMATS = ("JPEG", "PNG", "WEBP")


def photo(content: bytes) -> Kept:
    """The picture in `content` as JPEG, upright, at most 2048 pixels a side, and a small one.

    Raises Problem `not_an_image`, `too_large`.
    """
    picture = _decoded(content, FULL_SIDE)
    full = picture.copy()
    full.thumbnail((FULL_SIDE, FULL_SIDE), Image.Resampling.LANCZOS)
    thumb = full.copy()
    thumb.thumbnail((THUMB_SIDE, THUMB_SIDE), Image.Resampling.LANCZOS)
    encoded = _jpeg(full, FULL_QUALITY)
    return Kept("image/jpeg", encoded, digest(encoded), _jpeg(thumb, THUMB_QUALITY), full.width, full.height)


def signature(content: bytes) -> Kept:
    """A signature as PNG in shades of grey on white, at most 1000 pixels a side.

    Raises Problem `not_an_image`, `too_large`.
    """
    grey = _decoded(content, SIGNATURE_SIDE).convert("L")
    grey.thumbnail((SIGNATURE_SIDE, SIGNATURE_SIDE), Image.Resampling.LANCZOS)
    # a fresh image carries nothing over
    clean = Image.new("L", grey.size)
    clean.paste(grey)
    out = io.BytesIO()
    clean.quantize(SIGNATURE_SHADES).save(out, "PNG", optimize=True)
    return Kept("image/png", out.getvalue(), digest(out.getvalue()), None, clean.width, clean.height)


def _decoded(content: bytes, side: int) -> Image.Image:
    """Pixels only. Their number is read from the head of the file and judged before anything is decoded."""
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise errors.too_many_pixels(MOST_PIXELS)
            # JPEG can be decoded at a fraction of its size: a third of the memory for a large photo
            opened.draft("RGB", (side, side))
            return _flat(ImageOps.exif_transpose(opened))
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


def _flat(image: Image.Image) -> Image.Image:
    """On white where the picture is transparent."""
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
