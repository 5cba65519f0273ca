"""What image files say of themselves, and which are refused for a chip."""

import hashlib
from collections.abc import Mapping
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.bundle.image_fit import check_images, facts_of
from firmware_bridge.bundle.images import ImageProblem
from firmware_bridge.bundle.manifest import ImageEntry
from firmware_bridge.bundle.refusal import BundleRefused, Cause
from tests.stand_ins.bundles import entry, esp_file, hex_file, manifest_of, uf2_file


@given(st.integers(0, 0x3FFFF), st.binary(min_size=1, max_size=400), st.integers(1, 64))
def test_hex_writes_exactly_its_bytes(start: int, code: bytes, width: int) -> None:
    start -= start % width  # a record does not cross 64 KiB
    if width & width - 1:
        width = 16
        start &= ~15
    assert facts_of("hex", hex_file(start, code, width), 0).spans == ((start, start + len(code)),)


def test_hex_with_holes_and_crlf_says_where_it_writes() -> None:
    text = hex_file(0, b"\1" * 16).replace(b":00000001FF\n", b"") + hex_file(0x100, b"\2" * 16)
    assert facts_of("hex", text.replace(b"\n", b"\r\n"), 0).spans == ((0, 16), (0x100, 0x110))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (b"", "end record"),
        (hex_file()[:-12], "end record"),
        (hex_file().replace(b"FA\n", b"FB\n", 1), "line 1: the checksum"),
        (b":0000\n", "line 1 is no Intel HEX"),
        (b":10000000AA56\n", "line 1: 1 bytes, and it says 16"),
        (b":00000006FA\n", "type 6"),
        (b":00000001FF\n:00000001FF\n", "line 2: something follows"),
        (b":00000001FF\n", "writes nothing"),
        (hex_file().replace(b":00000001FF\n", b"") + hex_file(), "written twice"),
        (b"\xff" * 50, "no Intel HEX"),
    ],
)
def test_wrong_hex_is_told_by_line(text: bytes, word: str) -> None:
    with pytest.raises(ImageProblem, match=word):
        facts_of("hex", text, 0)


def test_esp_image_says_chip_project_and_version() -> None:
    found = facts_of("bin", esp_file(5, b"2.0.1", b"weather"), 0x10000)
    assert (found.esp_chip_id, found.project, found.version, found.spans) == (
        5,
        "weather",
        "2.0.1",
        ((0x10000, 0x10000 + len(esp_file())),),
    )


def test_merged_esp32_image_is_looked_into_where_its_bootloader_stands() -> None:
    assert facts_of("bin", b"\xff" * 0x1000 + esp_file(0), 0).esp_chip_id == 0
    assert facts_of("bin", b"\xff" * 0x2000, 0).esp_chip_id is None


def test_uf2_says_family_and_addresses() -> None:
    found = facts_of("uf2", uf2_file(), 0)
    assert (found.uf2_families, found.spans) == ({0xE48BFF56}, ((0x10000000, 0x10000400),))


@given(st.sampled_from(["hex", "bin", "uf2"]), st.binary(max_size=1100), st.sampled_from([b"", b":", b"\xe9", b"UF2\nWQ]\x9e"]))
def test_any_bytes_give_facts_or_a_problem(kind: str, content: bytes, start: bytes) -> None:
    with suppress(ImageProblem):
        assert facts_of(kind, start + content, 0).spans


def refused(chip: str, flash_bytes: int, *images: tuple[bytes, str, int]) -> str:
    entries: list[ImageEntry] = []
    contents: dict[str, bytes] = {}
    for number, (content, kind, address) in enumerate(images):
        name = f"image-{number}.{kind}"
        size, sha256 = len(content), hashlib.sha256(content).hexdigest()
        contents[name] = content
        entries.append(ImageEntry.model_validate({"file": name, "address": address, "size": size, "sha256": sha256, "kind": kind}))
    with pytest.raises(BundleRefused) as error:
        check_images(manifest_of({}, entries, chip=chip, flash_bytes=flash_bytes), contents)
    assert error.value.cause is Cause.IMAGE_UNFIT
    return error.value.reason


def test_image_of_another_chip_is_refused_by_name() -> None:
    assert "built for esp32c3, not for esp32" in refused("esp32", 4 << 20, (esp_file(5), "bin", 0x10000))
    assert "built for rp2040, not for rp2350" in refused("rp2350", 4 << 20, (uf2_file(), "uf2", 0))
    assert "takes hex, not bin" in refused("atmega328p", 32768, (esp_file(), "bin", 0))
    assert "chip z80 is not known" in refused("z80", 32768, (hex_file(), "hex", 0))


def test_image_beyond_the_flash_is_refused() -> None:
    assert "writes 0x7f00 to 0x8300" in refused("atmega328p", 32768, (hex_file(0x7F00), "hex", 0))
    assert "more than any atmega328p has" in refused("atmega328p", 32769, (hex_file(), "hex", 0))
    assert "and the flash is 0x0 to 0x1000" in refused("esp32", 0x1000, (esp_file(), "bin", 0x1000))
    assert "the flash is 0x10000000" in refused("rp2040", 1 << 20, (uf2_file(start=0), "uf2", 0))


def test_images_that_overlap_are_refused() -> None:
    assert "overlap" in refused("esp32", 4 << 20, (esp_file(), "bin", 0x10000), (esp_file(), "bin", 0x10010))


@pytest.mark.parametrize(
    ("chip", "flash_bytes", "images"),
    [
        ("esp32", 4 << 20, {"boot.bin": (0x1000, esp_file()), "table.bin": (0x8000, b"\xaa\x50" * 20), "app.bin": (0x10000, esp_file())}),
        ("atmega2560", 256 << 10, {"a.hex": (0, hex_file(0x3F000))}),
        ("rp2040", 2 << 20, {"a.uf2": (0, uf2_file())}),
    ],
)
def test_images_that_fit_are_taken(chip: str, flash_bytes: int, images: Mapping[str, tuple[int, bytes]]) -> None:
    entries = [entry(name, content, name.rsplit(".", 1)[1], address) for name, (address, content) in images.items()]  # type: ignore[arg-type]
    found = check_images(
        manifest_of({}, entries, chip=chip, flash_bytes=flash_bytes), {name: content for name, (_, content) in images.items()}
    )
    assert set(found) == set(images)
