"""DejaVu Sans (fonts-dejavu-core of Debian): the font of labels and pages, because it has every Vietnamese letter.

Where it is not installed, an SVG names a list of common fonts and tells each line how wide it may be, which a viewer keeps to; PNG and PDF
need the file and say so.
"""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from telemetry.errors import QuanhoError

FOLDERS = (
    Path("/usr/share/fonts/truetype/dejavu"),
    Path("/usr/share/fonts/dejavu"),
    Path("/usr/share/fonts/dejavu-sans-fonts"),
    Path("/usr/share/fonts/TTF"),
)
FILES = {False: "DejaVuSans.ttf", True: "DejaVuSans-Bold.ttf"}
FAMILY = "DejaVu Sans, Verdana, Arial, sans-serif"
_MEASURED_AT = 1000
_WIDE_EM, _LETTER_EM = 1.0, 0.75  # above DejaVu Sans Bold, which is wide itself

Measure = Callable[[str, bool], float]
"""Width of a text in ems; the second argument is whether it is bold."""


class FontMissing(QuanhoError):
    """The font is not on this machine; the message names the package."""

    def __init__(self) -> None:
        super().__init__("the font DejaVu Sans is not installed: apt-get install fonts-dejavu-core")


def font_file(*, is_bold: bool = False) -> Path:
    """Return the font's file. Raises FontMissing."""
    for folder in FOLDERS:
        if (path := folder / FILES[is_bold]).is_file():
            return path
    raise FontMissing


def measured() -> Measure:
    """Return a measure by the font's own widths. Raises FontMissing."""
    from PIL import ImageFont

    fonts = {is_bold: ImageFont.truetype(str(font_file(is_bold=is_bold)), _MEASURED_AT) for is_bold in (False, True)}

    @lru_cache(maxsize=4096)
    def measure(text: str, is_bold: bool) -> float:
        return fonts[is_bold].getlength(text) / _MEASURED_AT

    return measure


def estimated(text: str, _: bool) -> float:
    """Return at least the width that the text has in DejaVu Sans Bold."""
    return sum(_WIDE_EM if letter in "mwMWQ%@—…ĐOG" or not letter.isascii() else _LETTER_EM for letter in text)


def measure_or_estimate() -> Measure:
    try:
        return measured()
    except FontMissing:
        return estimated
