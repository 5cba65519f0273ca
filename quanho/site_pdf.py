"""The page of a site check as PDF (ReportLab): one A4 page, whatever stands on it, in the font that has Vietnamese."""

from io import BytesIO
from xml.sax.saxutils import escape

import segno
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Image, KeepInFrame, Paragraph, Spacer, Table

from firmware_bridge.print.fonts import font_file
from firmware_bridge.records.label import qr_link
from quanho.site_sheet import Sheet

_PLAIN, _BOLD = "QuanhoSans", "QuanhoSans-Bold"
_COLOURS = {"passed": "#1a7f37", "remark": "#9a6700", "failed": "#b42318", "not-done": "#57606a"}
_GREY, _LINE, _INK = HexColor("#57606a"), HexColor("#d0d7de"), HexColor("#1f2328")
_SIDE, _TOP, _BOTTOM = 16 * mm, 15 * mm, 50 * mm
_QR = 26 * mm
_PHOTO = 70 * mm


def pdf(sheet: Sheet, record_id: str, photo: bytes | None) -> bytes:
    """Return the PDF file. Raises FontMissing."""
    for name, is_bold in ((_PLAIN, False), (_BOLD, True)):
        pdfmetrics.registerFont(TTFont(name, str(font_file(is_bold=is_bold))))
    packed = BytesIO()
    canvas = Canvas(packed, pagesize=A4, invariant=1)
    canvas.setTitle(f"{sheet.title} – {next((value for _, value in sheet.facts), '')}")
    width, height = A4[0] - 2 * _SIDE, A4[1] - _TOP - _BOTTOM
    frame = KeepInFrame(width, height, list(_story(sheet, width, record_id, photo)), mode="shrink")
    frame.canv = canvas
    _, used = frame.wrapOn(canvas, width, height)
    frame.drawOn(canvas, _SIDE, A4[1] - _TOP - used)
    _foot(canvas, sheet, width)
    canvas.save()
    return packed.getvalue()


def _story(sheet: Sheet, width: float, record_id: str, photo: bytes | None) -> list[Flowable]:
    title = Paragraph(escape(sheet.title), _style(17, is_bold=True))
    outcome = Paragraph(f'<font color="{_COLOURS[sheet.outcome_code]}">{escape(sheet.outcome)}</font>', _style(12, is_bold=True))
    head = Table([[[title, Spacer(0, 2 * mm), outcome], _Code(record_id)]], colWidths=[width - _QR, _QR], hAlign="LEFT")
    head.setStyle(
        [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("LINEBELOW", (0, 0), (-1, -1), 1.5, _INK),
            ("RIGHTPADDING", (0, 0), (-1, -1), 0),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 10),
        ]
    )
    facts = Table(
        [
            [Paragraph(escape(label), _style(10, colour=_GREY)), Paragraph(escape(value), _style(10, is_bold=True))]
            for label, value in sheet.facts
        ],
        colWidths=[34 * mm, width - 34 * mm],
        hAlign="LEFT",
    )
    facts.setStyle([("LEFTPADDING", (0, 0), (0, -1), 0), ("TOPPADDING", (0, 0), (-1, -1), 1), ("BOTTOMPADDING", (0, 0), (-1, -1), 1)])
    cells = [
        [
            Paragraph(escape(row.check), _style(10, is_bold=True)),
            Paragraph(f'<font color="{_COLOURS[row.verdict]}">{escape(row.word)}</font>', _style(10, is_bold=True)),
            Paragraph(escape(row.text), _style(10)),
        ]
        for row in sheet.rows
    ]
    rows = Table(cells, colWidths=[30 * mm, 33 * mm, width - 63 * mm], hAlign="LEFT")
    rows.setStyle([("LEFTPADDING", (0, 0), (0, -1), 0), ("LINEABOVE", (0, 0), (-1, -1), 0.5, _LINE), ("VALIGN", (0, 0), (-1, -1), "TOP")])
    story: list[Flowable] = [head, Spacer(0, 4 * mm), facts, Spacer(0, 4 * mm), rows]
    if sheet.note:
        story += [Spacer(0, 4 * mm), Paragraph(escape(sheet.note), _style(10))]
    if photo is not None:
        story += [
            Spacer(0, 4 * mm),
            Paragraph(escape(sheet.photo_label), _style(9, colour=_GREY)),
            Spacer(0, 1 * mm),
            _picture(photo, width),
        ]
    return story


def _picture(photo: bytes, width: float) -> Image:
    across, down = ImageReader(BytesIO(photo)).getSize()
    scale = min(width / across, _PHOTO / down)
    return Image(BytesIO(photo), across * scale, down * scale, hAlign="LEFT")


def _style(size: float, *, is_bold: bool = False, colour: Color = _INK) -> ParagraphStyle:
    return ParagraphStyle(
        "row", fontName=_BOLD if is_bold else _PLAIN, fontSize=size, leading=size * 1.35, textColor=colour, splitLongWords=1
    )


def _foot(canvas: Canvas, sheet: Sheet, width: float) -> None:
    half = (width - 12 * mm) / 2
    canvas.setStrokeColor(_INK)
    canvas.setFillColor(_GREY)
    for number, label in enumerate(sheet.signature_labels):
        left = _SIDE + number * (half + 12 * mm)
        canvas.line(left, 27 * mm, left + half, 27 * mm)
        canvas.setFont(_PLAIN, 9)
        canvas.drawCentredString(left + half / 2, 22.5 * mm, label)
    canvas.setFont(_PLAIN, 7)
    canvas.drawString(_SIDE, 15 * mm, sheet.footer[0])
    canvas.drawRightString(_SIDE + width, 15 * mm, sheet.footer[1])
    canvas.drawString(_SIDE, 11 * mm, sheet.footer[2].replace(".html", ".json"))


class _Code(Flowable):
    """The QR code of the record."""

    def __init__(self, record_id: str) -> None:
        super().__init__()
        self._rows = [bytes(row) for row in segno.make(qr_link("r", record_id), error="m", micro=False).matrix]

    def wrap(self, _available_width: float, _available_height: float) -> tuple[float, float]:
        return _QR, _QR

    def draw(self) -> None:
        size = _QR / len(self._rows)
        path = self.canv.beginPath()
        for row, modules in enumerate(self._rows):
            for column, is_dark in enumerate(modules):
                if is_dark:
                    path.rect(column * size, _QR - (row + 1) * size, size, size)
        self.canv.setFillColor(HexColor("#000000"))
        self.canv.drawPath(path, stroke=0, fill=1)
