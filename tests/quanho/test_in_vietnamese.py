"""What a technician reads without --lang en has no English sentence in it, reasons included."""

from collections.abc import Callable
from pathlib import Path

import pytest

from firmware_bridge.flash.causes import FlashError
from firmware_bridge.flash.flasher import ChipFound
from firmware_bridge.flash.plan import unfit_chip
from firmware_bridge.flash.target import load_target
from quanho import lang
from quanho.cli import main
from quanho.flash_screen import complaint
from tests.stand_ins.bundles import hex_file, members_of, zip_of

_ENGLISH = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "be",
        "been",
        "by",
        "does",
        "for",
        "has",
        "have",
        "is",
        "it",
        "not",
        "of",
        "that",
        "the",
        "there",
        "this",
        "to",
        "was",
        "were",
        "which",
        "with",
    ]
)
_DESCRIPTION = """
board = "atmega328p-uno"
chip = "atmega328p"
firmware = "reference"
version = "1.2.0"
[[image]]
file = "a.hex"
"""

Said = Callable[..., str]


def english_in(text: str) -> set[str]:
    return _ENGLISH & {word.strip(".,:;()[]") for word in text.lower().split()}


@pytest.fixture
def refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Said:
    """Return what a command that fails with `code` says. There is a bundle `b.qhb` that is believed."""
    monkeypatch.delenv("QUANHO_LANG", raising=False)
    monkeypatch.setattr(lang, "_chosen", {})
    monkeypatch.setenv("QUANHO_TRUST", "trust")
    monkeypatch.chdir(tmp_path)
    Path("a.hex").write_bytes(hex_file())
    Path("b.toml").write_text(_DESCRIPTION)
    for words in ("key new k.key", "make b.toml --key k.key --out b.qhb", "key trust k.pub"):
        assert main(["bundle", *words.split()]) == 0
    capsys.readouterr()

    def said(code: int, *words: str) -> str:
        assert main(list(words)) == code
        text = "".join(capsys.readouterr())
        assert not english_in(text)
        return text

    return said


def test_swapped_image(refused: Said) -> None:
    members = members_of(Path("b.qhb").read_bytes())
    image = members["a.hex"]
    Path("b.qhb").write_bytes(zip_of(members | {"a.hex": image[:-2] + bytes([image[-2] ^ 1]) + image[-1:]}))
    assert "không phải ảnh đã ký" in refused(5, "bundle", "verify", "b.qhb")
    assert "không phải ảnh đã ký" in refused(20, "flash", "b.qhb", "--port", "/dev/null", "--yes")


def test_unknown_key(refused: Said) -> None:
    assert "không được tin ở đây" in refused(6, "bundle", "verify", "b.qhb", "--trust", "elsewhere")


def test_downgrade(refused: Said) -> None:
    assert "cũ hơn 1.3.0 trên bo mạch" in refused(8, "bundle", "verify", "b.qhb", "--installed", "1.3.0")


def test_port_that_is_not_there(refused: Said) -> None:
    text = refused(10, "flash", "b.qhb", "--port", "/dev/ttyUSB77", "--yes", "--no-record", "--state", "state")
    assert "không có /dev/ttyUSB77" in text


def test_wrong_board(refused: Said) -> None:
    text = refused(15, "flash", "b.qhb", "--board", "esp32", "--port", "/dev/ttyUSB77", "--yes", "--no-record", "--state", "state")
    assert "gói dành cho atmega328p-uno, còn bo mạch đã chọn là esp32" in text


@pytest.mark.usefixtures("refused")
def test_wrong_chip() -> None:
    refusal = unfit_chip(load_target("esp32"), ChipFound("ESP32-C3"))
    assert refusal is not None
    text = "\n".join(complaint(FlashError(refusal.cause, refusal.reason), None))
    assert "chip là ESP32-C3, còn esp32 có" in text
    assert not english_in(text)


def test_damaged_trust_folder(refused: Said) -> None:
    Path("trust/keys/k.pub").write_text("no key")
    assert "chưa tin khóa nào cho đến khi sửa" in refused(6, "bundle", "verify", "b.qhb")


def test_card_image_of_another_sha256(refused: Said) -> None:
    Path("os.img").write_bytes(bytes(4096))
    text = refused(4, "card", "write", "os.img", "card.img", "--yes", "--sha256", "00" * 32)
    assert "đây không phải ảnh mà mã băm đó nói tới" in text


def test_sha256_that_is_none(refused: Said) -> None:
    Path("os.img").write_bytes(bytes(4096))
    assert "không phải 64 chữ số hex" in refused(2, "card", "write", "os.img", "card.img", "--yes", "--sha256", "nothing")
