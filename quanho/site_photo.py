"""The photo of a site: made small enough for a page, turned upright, and without its metadata (where it was taken, whose telephone)."""

import hashlib
import warnings
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from firmware_bridge.records.site_check import Photo
from telemetry.errors import ConfigError, Problem

_FILE_BYTES = 32 << 20
_PIXELS = 60_000_000
_SIDE = 1200
_QUALITY = 82


def read_photo(path: Path) -> tuple[bytes, Photo]:
    """Return the JPEG for the page and what the record says of it. Raises ConfigError."""
    try:
        with path.open("rb") as file:
            data = file.read(_FILE_BYTES + 1)
    except OSError as error:
        raise _wrong(path, str(error.strerror)) from error
    if len(data) > _FILE_BYTES:
        raise _wrong(path, f"more than {_FILE_BYTES >> 20} MiB")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(BytesIO(data), formats=["JPEG", "PNG"])
            if image.width * image.height > _PIXELS:
                raise _wrong(path, f"{image.width} × {image.height} pixels are too many")
            upright = ImageOps.exif_transpose(image)
            upright.thumbnail((_SIDE, _SIDE))
            plain = Image.new("RGB", upright.size, "white")
            plain.paste(upright, mask=upright.getchannel("A") if "A" in upright.getbands() else None)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise _wrong(path, "no JPEG or PNG, or a damaged one") from error
    packed = BytesIO()
    plain.save(packed, "JPEG", quality=_QUALITY, optimize=True)
    small = packed.getvalue()
    return small, Photo(sha256=hashlib.sha256(small).hexdigest(), original_sha256=hashlib.sha256(data).hexdigest())


def _wrong(path: Path, text: str) -> ConfigError:
    return ConfigError([Problem(str(path), "", text)])
