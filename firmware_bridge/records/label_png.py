"""A label as PNG with its resolution inside (pHYs), black and white, for label printers of 203 or 300 dots an inch."""

from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from firmware_bridge.print.fonts import font_file
from firmware_bridge.records.label import Label

DPI = 300
_MM_AN_INCH = 25.4


def png(label: Label, dpi: int = DPI) -> bytes:
    """Return the PNG file. Raises FontMissing.

    Modules of the QR code are whole dots, all of one size, so that none is wider than its neighbour; the code shrinks by less than one dot
    a module towards the middle of its place.
    """
    scale = dpi / _MM_AN_INCH
    image = Image.new("L", (round(label.width * scale), round(label.height * scale)), 255)
    draw = ImageDraw.Draw(image)
    dots = max(1, int(label.module * scale))
    spare = (label.module * scale - dots) * len(label.modules) / 2
    left, top = round(label.qr_x * scale + spare), round(label.qr_y * scale + spare)
    for row, modules in enumerate(label.modules):
        for column, is_dark in enumerate(modules):
            if is_dark:
                x, y = left + column * dots, top + row * dots
                draw.rectangle((x, y, x + dots - 1, y + dots - 1), fill=0)
    for line in label.lines:
        font = ImageFont.truetype(str(font_file(is_bold=line.is_bold)), line.size * scale)
        draw.text((line.x * scale, line.baseline * scale), line.text, font=font, fill=0, anchor="ls")
    packed = BytesIO()
    image.point(lambda value: 255 if value >= 128 else 0).convert("1").save(packed, "PNG", dpi=(dpi, dpi), optimize=True)
    return packed.getvalue()
