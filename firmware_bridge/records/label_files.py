"""The files of a label: SVG always, PNG where the font is."""

import re

from firmware_bridge.print.fonts import FontMissing, measure_or_estimate
from firmware_bridge.records.installation import InstallationRecord
from firmware_bridge.records.label import SIZES, LabelContent, lay_out
from firmware_bridge.records.label_png import DPI, png
from firmware_bridge.records.label_svg import svg

_SIZE = re.compile(r"([0-9]{2,3}(?:\.[0-9])?)x([0-9]{2,3}(?:\.[0-9])?)")


def size_of(text: str) -> tuple[float, float]:
    """Return width and height in mm of a name of SIZES or of WxH, as in 62x29. Raises ValueError with what can be written."""
    if text in SIZES:
        return SIZES[text]
    if found := _SIZE.fullmatch(text):
        return float(found[1]), float(found[2])
    raise ValueError(f"{text!r} is no size of a label: write {', '.join(SIZES)}, or width and height in mm, as in 58x40")


def content_of(installation: InstallationRecord, title: str = "") -> LabelContent:
    """Return what stands on the label of a device that was installed; the MAC address where it has no unique id."""
    firmware, uid = installation.firmware, installation.uid or installation.mac.replace(":", "")
    return LabelContent(installation.device, installation.site, uid, firmware.name, firmware.version, title)


def label_files(content: LabelContent, width: float, height: float, dpi: int = DPI) -> tuple[dict[str, bytes], str]:
    """Return the files by suffix, and why there is no `.png` ("" where there is). Raises LabelTooSmall."""
    label = lay_out(content, width, height, measure_or_estimate())
    files = {".svg": svg(label).encode()}
    try:
        files[".png"] = png(label, dpi)
    except FontMissing as missing:
        return files, str(missing)
    return files, ""
