"""What stands on the label of a device, and where: a QR code and a few lines of text, in millimetres.

The QR code (ISO/IEC 18004, error correction M) holds `quanho:1?d=DEVICE&s=SITE&u=UID&f=FIRMWARE/VERSION`, percent-encoded (RFC 3986): what
a telephone at the site needs to name the device, without the Internet. Its modules are at least 0.3 mm, with the quiet zone of 4 that the
standard asks for.

Text is never cut: it is broken into lines and made smaller, down to 1.5 mm; a label with no room for that is refused. The layout is pure;
svg.py and png.py draw it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from urllib.parse import parse_qsl, quote, urlencode

import segno

from firmware_bridge.print.fonts import Measure
from telemetry.errors import QuanhoError

SIZES = {
    "62": (62.0, 35.0),
    "62x29": (62.0, 29.0),
    "62x100": (62.0, 100.0),
    "50x30": (50.0, 30.0),
    "40x30": (40.0, 30.0),
    "29x90": (29.0, 90.0),
}
_SCHEME = "quanho:1?"
_MARGIN_MM = 1.5
_GAP_MM = 1.0
_QUIET = 4
_LEAST_MODULE_MM, _MOST_MODULE_MM = 0.3, 1.0
_LARGEST_MM, _UNBROKEN_MM, _SMALLEST_MM, _STEP_MM = 6.0, 2.5, 1.5, 0.1  # words are broken below _UNBROKEN_MM only
_SMALL = 0.62  # of the device's letters
_LEADING = 1.22
_ASCENT = 0.93  # of DejaVu Sans; the descent fits in the leading
_SHORT_UID = 8
_BOLD, _PLAIN = True, False


class LabelTooSmall(QuanhoError):
    """The label has no room for what must stand on it."""


@dataclass(frozen=True, slots=True)
class LabelContent:
    """What is printed. `title` is free text for people, as in "Trạm thời tiết Đình Bảng"."""

    device: str
    site: str
    uid: str
    firmware: str
    version: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text: its left end and baseline, height of an em and width, in mm."""

    text: str
    x: float
    baseline: float
    size: float
    width: float
    is_bold: bool


@dataclass(frozen=True, slots=True)
class Label:
    """A label laid out: the QR code's modules (rows of 0 and 1, without quiet zone), where they start, their size, and the text."""

    width: float
    height: float
    modules: tuple[bytes, ...]
    qr_x: float
    qr_y: float
    module: float
    lines: tuple[Line, ...]


def qr_text(content: LabelContent) -> str:
    """Return what the QR code says."""
    pairs = {"d": content.device, "s": content.site, "u": content.uid, "f": f"{content.firmware}/{content.version}"}
    return _SCHEME + urlencode({key: value for key, value in pairs.items() if value}, quote_via=quote, safe="/")


def qr_link(kind: str, name: str) -> str:
    """Return what the QR code of something else says: "r" and the id of a record, as on the page of a site check."""
    return _SCHEME + urlencode({kind: name}, quote_via=quote)


def read_qr_text(text: str) -> dict[str, str]:
    """Return device, site, uid, firmware and version of a scanned code. Raises ValueError where it is none of ours."""
    if not text.startswith(_SCHEME):
        raise ValueError(f"{text[:40]!r} is no label of quanho")
    pairs = dict(parse_qsl(text.removeprefix(_SCHEME), strict_parsing=True, max_num_fields=16))
    firmware, _, version = pairs.get("f", "").partition("/")
    return {"device": pairs.get("d", ""), "site": pairs.get("s", ""), "uid": pairs.get("u", ""), "firmware": firmware, "version": version}


def lay_out(content: LabelContent, width: float, height: float, measure: Measure) -> Label:
    """Return the label of `width` by `height` mm. Raises LabelTooSmall."""
    modules = tuple(bytes(row) for row in segno.make(qr_text(content), error="m", micro=False).matrix)
    is_wide = width >= 1.3 * height
    count = len(modules) + 2 * _QUIET
    room = min(height, width / 2) if is_wide else min(width, height * 0.55)
    module = min(room / count, _MOST_MODULE_MM)
    if module < _LEAST_MODULE_MM:
        raise LabelTooSmall(f"{width:g} × {height:g} mm has no room for a QR code of {count} modules of {_LEAST_MODULE_MM} mm")
    side = module * count
    qr_x, qr_y = (0.0, (height - side) / 2) if is_wide else ((width - side) / 2, 0.0)
    left, top = (side, _MARGIN_MM) if is_wide else (_MARGIN_MM, side)
    lines = _text(content, left, top, width - _MARGIN_MM - left, height - _MARGIN_MM - top, measure)
    return Label(width, height, modules, qr_x + module * _QUIET, qr_y + module * _QUIET, module, lines)


def _text(content: LabelContent, left: float, top: float, width: float, height: float, measure: Measure) -> tuple[Line, ...]:
    """Return the lines in the largest letters for which there is room, in the middle of it."""
    uid = f"…{content.uid[-_SHORT_UID:]}" if len(content.uid) > _SHORT_UID else content.uid
    small = list(filter(None, (content.title, content.site, f"{content.firmware} {content.version}", uid)))
    for breaks, least in ((" -_", _UNBROKEN_MM), ("", _SMALLEST_MM)):
        size = _LARGEST_MM
        while size >= least:
            rows = _rows(content.device, small, size, width, breaks, measure)
            used = sum(row_size * _LEADING for _, row_size, _ in rows)
            if rows and used <= height:
                return _placed(rows, left, top + (height - used) / 2, measure)
            size -= _STEP_MM
    raise LabelTooSmall(f"there is no room for {content.device} in letters of {_SMALLEST_MM} mm; take a larger label")


def _rows(device: str, small: list[str], size: float, width: float, breaks: str, measure: Measure) -> list[tuple[str, float, bool]]:
    """Return the rows with size and weight, [] where a word is wider than the room."""
    smaller = max(size * _SMALL, _SMALLEST_MM)
    rows: list[tuple[str, float, bool]] = []
    for text, row_size, is_bold in [(device, size, _BOLD), *((text, smaller, _PLAIN) for text in small)]:
        broken = _broken(text, width / row_size, breaks, partial(_width, measure, is_bold))
        if not broken:
            return []
        rows += [(row, row_size, is_bold) for row in broken]
    return rows


def _width(measure: Measure, is_bold: bool, text: str) -> float:
    return measure(text, is_bold)


def _placed(rows: list[tuple[str, float, bool]], left: float, top: float, measure: Measure) -> tuple[Line, ...]:
    lines: list[Line] = []
    for text, size, is_bold in rows:
        lines.append(Line(text, left, top + size * _ASCENT, size, measure(text, is_bold) * size, is_bold))
        top += size * _LEADING
    return tuple(lines)


def _broken(text: str, width_em: float, breaks: str, measure: Callable[[str], float]) -> list[str]:
    """Return the text in rows of at most `width_em`, broken behind one of `breaks`, anywhere where that is empty; [] where it cannot be."""
    rows: list[str] = []
    while text:
        fits = next((count for count in range(len(text), 0, -1) if measure(text[:count]) <= width_em), 0)
        if fits < len(text) and breaks:
            fits = next((at for at in range(fits, 0, -1) if text[at - 1] in breaks or text[at] == " "), 0)
        if not fits:
            return []
        rows.append(text[:fits].strip())
        text = text[fits:].strip()
    return rows
