"""The page of a site check: one A4 page, nothing but what was signed, in both languages."""

import json
import re
from io import BytesIO
from pathlib import Path

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from edge.site_check.buffer_test import Phase
from firmware_bridge.bundle.keys import new_key, write_key
from firmware_bridge.records.installation import one_line
from firmware_bridge.records.signed import sign
from firmware_bridge.records.site_check import Found, SiteCheckRecord, site_check_record
from quanho import cli
from quanho.lang import LANGUAGES, Language
from quanho.site_page import page, parts_of
from quanho.site_pdf import pdf
from quanho.site_photo import read_photo
from quanho.site_sheet import sheet_of
from quanho.site_verify import own_version
from quanho.site_words import text_of
from telemetry.errors import ConfigError
from tests.stand_ins.fonts import NEEDS_FONT
from tests.stand_ins.site_checks import OTHERS, site_check, value

KEY = new_key()


def page_of(record: SiteCheckRecord, language: Language = "vi", photo: bytes | None = None) -> str:
    return page(sheet_of(record, KEY.public, language), sign(site_check_record(record), KEY), record.id, photo)


def verify(path: Path, *words: str) -> int:
    return cli.main(["site", "verify", str(path), *words])


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUANHO_LANG", "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_verifies_in_both_languages_and_is_self_contained(language: Language, tmp_path: Path) -> None:
    html = page_of(site_check(software=own_version()), language)
    (tmp_path / "page.html").write_text(html, encoding="utf-8")
    assert verify(tmp_path / "page.html") == 0
    assert not re.findall(r'(?:src|href)="(?!data:)', html)
    assert ("NGHIỆM THU ĐẠT" in html, "ACCEPTED" in html) == (language == "vi", language == "en")


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("ĐẠT</span>", "HỎNG</span>", "page around it was changed"),
        ("26.5 °C (3", "27.5 °C (3", "page around it was changed"),
        ("<body>", "<body onload='x()'>", "page around it was changed"),
        ('"technician": "Nguyễn Thị Hạnh"', '"technician": "Nguyễn Văn A"', "changed after it was signed"),
        ('id="record"', 'id="other"', "neither a record"),
    ],
)
def test_page_that_was_edited_is_refused(old: str, new: str, word: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    html = page_of(site_check(software=own_version()))
    assert old in html
    (tmp_path / "page.html").write_text(html.replace(old, new), encoding="utf-8")
    assert verify(tmp_path / "page.html") == 5
    assert word in capsys.readouterr().err


def test_page_of_another_version_is_believed_only_for_its_record(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    html = page_of(site_check(software="9.9.9")).replace("26.5 °C (3", "27.5 °C (3")
    (tmp_path / "page.html").write_text(html, encoding="utf-8")
    assert verify(tmp_path / "page.html") == 0
    assert "believe only what is said here" in capsys.readouterr().out


def test_swapped_photo_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Image.new("RGB", (40, 30), "green").save(tmp_path / "a.png")
    Image.new("RGB", (40, 30), "red").save(tmp_path / "b.png")
    (shown, about), (other, _) = read_photo(tmp_path / "a.png"), read_photo(tmp_path / "b.png")
    record = site_check(photo=about, software=own_version())
    for photo, code in ((shown, 0), (other, 5), (None, 5)):
        (tmp_path / "page.html").write_text(page_of(record, photo=photo), encoding="utf-8")
        assert verify(tmp_path / "page.html") == code
    assert "photo" in capsys.readouterr().err


def test_record_of_another_key_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / "record.json").write_bytes(sign(site_check_record(site_check()), KEY))
    own, other = write_key(tmp_path / "own.key", KEY), write_key(tmp_path / "other.key", new_key())
    assert verify(tmp_path / "record.json", "--key", str(own)) == 0
    assert verify(tmp_path / "record.json", "--key", str(other)) == 6
    assert verify(tmp_path / "none.json") == 2
    (tmp_path / "record.json").write_bytes(b"%PDF-1.4")
    assert verify(tmp_path / "record.json") == 5


@given(st.text(max_size=80), st.text(max_size=80))
@settings(max_examples=25)
def test_text_of_people_never_becomes_part_of_the_page(note: str, technician: str) -> None:
    note, technician = "</script><script>alert(1)</script>" + note.replace("\0", ""), '"><img src=x onerror=y>' + technician
    record = site_check(note=one_line(note), technician=one_line(technician))
    html = page_of(record)
    assert html.count("<script") == 1
    assert "<img src=x" not in html
    parts = parts_of(html)
    assert parts is not None
    assert json.loads(parts[0])["record"]["note"] == one_line(note)


@given(st.text(max_size=200))
def test_any_text_is_a_page_or_none(text: str) -> None:
    for tried in (text, f'<html lang="vi"><script type="application/json" id="record">{text}</script>'):
        found = parts_of(tried)
        assert found is None or found[1] is None


@NEEDS_FONT[0]
@NEEDS_FONT[1]
@given(st.integers(0, 60), st.text(max_size=500), st.sampled_from(LANGUAGES), st.booleans())
@settings(max_examples=6, deadline=None)
def test_pdf_is_one_page_whatever_stands_on_it(values: int, note: str, language: Language, has_photo: bool) -> None:
    long = [value(number, text="field 1.5 µg/m³, " * 50) for number in range(values)]
    photo = _photo(2000, 300) if has_photo else None
    record = site_check(note=one_line(note), findings=(*long, *OTHERS))
    made = pdf(sheet_of(record, KEY.public, language), record.id, photo)
    assert len(re.findall(rb"/Type /Page\b", made)) == 1
    assert b"DejaVuSans" in made


@NEEDS_FONT[0]
@NEEDS_FONT[1]
def test_same_record_gives_the_same_pdf() -> None:
    record = site_check()
    sheet = sheet_of(record, KEY.public, "vi")
    assert pdf(sheet, record.id, None) == pdf(sheet, record.id, None)


def test_code_on_the_page_names_the_record() -> None:
    svg = re.search(r'<svg [^>]*class="qr".*?d="([^"]+)".*?</svg>', page_of(site_check()), re.DOTALL)
    assert svg is not None
    image = Image.new("L", (600, 600), 255)
    x = y = 0.0
    for command, numbers in re.findall(r"([MmhlH])([-\d. ]*)", svg[1]):
        moved = [float(each) for each in numbers.split()]
        if command in "Mm":
            x, y = (moved[0], moved[1]) if command == "M" else (x + moved[0], y + moved[1])
        else:
            image.paste(0, (round(20 + x * 12), round(20 + (y - 0.5) * 12), round(20 + (x + moved[0]) * 12), round(20 + (y + 0.5) * 12)))
            x += moved[0]
    assert [found.text for found in zxingcpp.read_barcodes(image)] == [f"quanho:1?r={site_check().id}"]


def test_too_many_values_leave_the_failures_on_the_page() -> None:
    record = site_check(findings=(*(value(number) for number in range(40)), value(40, "failed", "value-bad"), *OTHERS))
    rows = sheet_of(record, KEY.public, "en").rows
    assert "roof-40" in " ".join(row.text for row in rows if row.verdict == "failed")
    left_out = next(row.text for row in rows if "more series" in row.text)
    shown = sum("roof-" in row.text for row in rows)
    assert left_out == f"and {41 - shown} more series, in the .json file"
    assert [row.check for row in rows if row.check] == ["Values", "Time", "Uplink", "Pull the plug", "Alarm", "Place"]


def test_every_outcome_of_the_checks_has_words_in_both_languages() -> None:
    codes = {f"buffer-{phase}" for phase in Phase} - {"buffer-done", "buffer-failed"}
    codes |= set(re.findall(r'"((?:value|no|more|clock|uplink|buffer|alarm|place)-[a-z-]+)"', _sources_of_codes()))
    assert len(codes) > 20
    for code in codes:
        for language in LANGUAGES:
            said = text_of(code, {"method": "cable", "quality": 3}, language)
            assert not said.startswith(f"{code}:"), code


def _sources_of_codes() -> str:
    root = Path(__file__).parents[2]
    names = ("edge/site_check/looks.py", "edge/site_check/buffer_test.py", "quanho/site_check.py", "quanho/site_plug.py")
    return "".join((root / name).read_text(encoding="utf-8") for name in names)


def test_code_of_a_later_version_is_shown_as_it_is() -> None:
    record = site_check(findings=(Found(check="smell", code="smell-fine", verdict="passed", facts={"nose": 1}),))
    assert [(row.check, row.text) for row in sheet_of(record, KEY.public, "vi").rows] == [("smell", "smell-fine: nose 1")]


@pytest.mark.parametrize("data", [b"", b"GIF89a" + bytes(50), b"\xff\xd8\xff" + bytes(40), b"\x89PNG\r\n\x1a\n" + bytes(60)])
def test_what_is_no_photo_is_told(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(data)
    with pytest.raises(ConfigError, match="no JPEG or PNG"):
        read_photo(tmp_path / "x")


def test_photo_is_upright_small_and_without_metadata(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # taken with the telephone on its side
    exif[0x010F] = "Telephone"
    Image.new("RGB", (3000, 1500), "green").save(tmp_path / "a.jpg", exif=exif)
    small, _ = read_photo(tmp_path / "a.jpg")
    image = Image.open(BytesIO(small))
    assert (image.size, dict(image.getexif())) == ((600, 1200), {})
    assert b"Telephone" not in small


def _photo(width: int, height: int) -> bytes:
    packed = BytesIO()
    Image.new("RGB", (width, height), "gray").save(packed, "JPEG")
    return packed.getvalue()
