"""A label can be scanned, and nothing on it is cut."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from io import BytesIO

import pytest
import segno
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFont

from firmware_bridge.print import fonts
from firmware_bridge.print.fonts import FontMissing, estimated, measured
from firmware_bridge.records.label import SIZES, Label, LabelContent, LabelTooSmall, lay_out, qr_text, read_qr_text
from firmware_bridge.records.label_files import content_of, label_files, size_of
from firmware_bridge.records.label_png import png
from firmware_bridge.records.label_svg import svg
from tests.stand_ins.fonts import NEEDS_FONT
from tests.stand_ins.installations import installation

pytestmark = NEEDS_FONT
CONTENT = LabelContent("weather-07", "dinh-bang", "1e950f00112233", "reference", "1.2.0", "Trạm thời tiết Đình Bảng – cổng trường")
LONG = LabelContent("W" * 63, "M" * 63, "f" * 64, "M" * 63, "1.2.0-rc.1")
IDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}", fullmatch=True)
_SVG = "{http://www.w3.org/2000/svg}"


def scanned(image: Image.Image) -> list[str]:
    """Return what an independent decoder reads."""
    return [found.text for found in zxingcpp.read_barcodes(image.convert("L"))]


def opened(label: Label, dpi: int = 300) -> Image.Image:
    return Image.open(BytesIO(png(label, dpi)))


def rasterised(text: str, dots_a_mm: int = 12) -> Image.Image:
    """Draw the path of an SVG label: rectangles as `M x y h w v h H x z`."""
    root = ET.fromstring(text)  # noqa: S314 - our own
    image = Image.new("L", (round(float(root.get("viewBox", "").split()[2]) * dots_a_mm), 400 * 4), 255)
    path = root.find(f"{_SVG}path")
    assert path is not None
    for x, y, width, height in re.findall(r"M([\d.]+) ([\d.]+)h([\d.]+)v([\d.]+)H", path.get("d", "")):
        left, top = round(float(x) * dots_a_mm), round(float(y) * dots_a_mm)
        right, bottom = round((float(x) + float(width)) * dots_a_mm), round((float(y) + float(height)) * dots_a_mm)
        image.paste(0, (left, top, right, bottom))
    return image


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("dpi", [203, 300])
def test_printed_label_is_read_by_an_independent_decoder(size: str, dpi: int) -> None:
    image = opened(lay_out(CONTENT, *SIZES[size], measured()), dpi)
    assert scanned(image) == [qr_text(CONTENT)]
    width, height = SIZES[size]
    assert image.size == (round(width * dpi / 25.4), round(height * dpi / 25.4))
    assert image.info["dpi"] == pytest.approx((dpi, dpi), abs=0.01)


def test_svg_is_in_millimetres_and_read_by_the_same_decoder() -> None:
    text = svg(lay_out(CONTENT, 62, 35, measured()))
    root = ET.fromstring(text)  # noqa: S314 - our own
    assert (root.get("width"), root.get("height"), root.get("viewBox")) == ("62mm", "35mm", "0 0 62 35")
    assert scanned(rasterised(text)) == [qr_text(CONTENT)]


def test_vietnamese_is_whole_in_both() -> None:
    label = lay_out(CONTENT, 62, 35, measured())
    assert " ".join(line.text for line in label.lines[-5:-3]) == CONTENT.title
    assert "Trạm thời tiết Đình" in svg(label)
    font = ImageFont.truetype(str(fonts.font_file()), 40)
    unknown = font.getmask("\U000e0000").getbbox(), bytes(font.getmask("\U000e0000"))
    for letter in "ạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹđĐ":
        assert (font.getmask(letter).getbbox(), bytes(font.getmask(letter))) != unknown, letter


@given(
    IDS,
    IDS,
    st.from_regex(r"[0-9a-f]{0,32}", fullmatch=True),
    st.text("ắằặ ờM-iW", max_size=40),
    st.sampled_from(sorted(SIZES)),
    st.sampled_from([measured(), estimated]),
)
@settings(max_examples=40, deadline=None)
def test_no_text_is_cut_lost_or_over_the_code(device: str, site: str, uid: str, title: str, size: str, measure: fonts.Measure) -> None:
    content = LabelContent(device, site, uid, "reference", "1.2.0", title)
    try:
        label = lay_out(content, *SIZES[size], measure)
    except LabelTooSmall:
        assert len(device) + len(site) + len(title) > 40
        return
    code_end = label.qr_x + len(label.modules) * label.module
    code_bottom = label.qr_y + len(label.modules) * label.module
    for line in label.lines:
        assert measure(line.text, line.is_bold) * line.size <= label.width - line.x
        assert line.baseline + 0.25 * line.size <= label.height
        assert line.x >= code_end or line.baseline - line.size >= code_bottom
        assert line.size >= 1.5
    everything = "".join(line.text for line in label.lines).replace(" ", "")
    assert everything == "".join([device, title, site, "reference1.2.0", f"…{uid[-8:]}" if len(uid) > 8 else uid]).replace(" ", "")


@pytest.mark.parametrize("size", ["62x100"])
def test_longest_names_leave_a_white_edge_on_paper(size: str) -> None:
    image = opened(lay_out(LONG, *SIZES[size], measured())).convert("L")
    right, bottom = image.width - 4, image.height - 4
    assert image.crop((right, 0, image.width, image.height)).getextrema() == (255, 255)
    assert image.crop((0, bottom, image.width, image.height)).getextrema() == (255, 255)


def test_label_without_room_is_refused() -> None:
    with pytest.raises(LabelTooSmall, match="QR code"):
        lay_out(CONTENT, 20, 10, measured())
    with pytest.raises(LabelTooSmall, match="letters"):
        lay_out(replace(LONG, title="W" * 200), 62, 29, measured())


@given(IDS, IDS, st.from_regex(r"[0-9a-f]{0,32}", fullmatch=True), IDS)
def test_scanned_text_gives_back_what_was_written(device: str, site: str, uid: str, firmware: str) -> None:
    found = read_qr_text(qr_text(LabelContent(device, site, uid, firmware, "1.2.0+ă&b")))
    assert found == {"device": device, "site": site, "uid": uid, "firmware": firmware, "version": "1.2.0+ă&b"}


@given(st.text(max_size=60))
def test_foreign_codes_are_no_labels(text: str) -> None:
    for tried in (text, "quanho:1?" + text):
        try:
            read_qr_text(tried)
        except ValueError as error:
            assert str(error)  # noqa: PT017 - either outcome is right


def test_modules_of_the_code_are_those_of_the_standard_encoder() -> None:
    label = lay_out(CONTENT, 62, 35, measured())
    assert label.modules == tuple(bytes(row) for row in segno.make(qr_text(CONTENT), error="m", micro=False).matrix)


def test_machine_without_the_font_gets_an_svg_and_is_told_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "FOLDERS", ())
    label = lay_out(CONTENT, 62, 35, fonts.measure_or_estimate())
    assert scanned(rasterised(svg(label))) == [qr_text(CONTENT)]
    with pytest.raises(FontMissing, match="fonts-dejavu-core"):
        png(label)


def test_files_of_an_installation_are_svg_and_png_of_the_size_that_was_asked_for() -> None:
    content = content_of(installation(uid="", mac="24:6f:28:00:11:22"))
    assert content.uid == "246f28001122"
    files, trouble = label_files(content, *size_of("58x40"))
    assert (set(files), trouble) == ({".svg", ".png"}, "")
    assert Image.open(BytesIO(files[".png"])).size == (685, 472)
    with pytest.raises(ValueError, match="58x40"):
        size_of("large")


def test_missing_font_leaves_the_svg_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "FOLDERS", ())
    files, trouble = label_files(CONTENT, 62, 29)
    assert (set(files), "fonts-dejavu-core" in trouble) == ({".svg"}, True)
