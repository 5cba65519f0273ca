"""An image onto a target: every packing, every damage, and what is on the target when it does not end well. Files only."""

import gzip
import hashlib
import io
import lzma
import os
import random
import tempfile
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.card.archive import packing_of, unpacked
from firmware_bridge.card.causes import CardError, Cause
from firmware_bridge.card.checksum import Expected, digest_in, expected_digest
from firmware_bridge.card.copying import BLOCK_BYTES, Copy
from firmware_bridge.card.image_size import ImageSize, image_size
from firmware_bridge.card.read_back import read_back
from firmware_bridge.card.target import TargetRefused, choose_target
from firmware_bridge.card.writing import Done, Interrupted, Outcome, write_image
from telemetry.errors import ConfigError

_MIB = 1 << 20


@pytest.fixture(scope="module")
def content() -> bytes:
    """Ten MiB and a bit: a first block, a block of zeros, and an end that no sector size divides."""
    noise = random.Random(1).randbytes(_MIB)
    return b"boot" + noise[4:] + noise * 3 + bytes(BLOCK_BYTES) + noise + noise[: 3 * 512 + 7]


def _zip(content: bytes, path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("__MACOSX/._raspios.img", b"junk")
        archive.writestr("raspios.img", content)


PACK: dict[str, Callable[[bytes], bytes]] = {
    "raw": bytes,
    "xz": lambda content: lzma.compress(content, preset=0),
    "gzip": lambda content: gzip.compress(content, 1),
    "zstd": lambda content: zstandard.compress(content, 1),
}


@pytest.fixture(scope="module")
def packed(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("packed")
    made = {}
    for packing, pack in PACK.items():
        made[packing] = folder / f"image.{packing}"
        made[packing].write_bytes(pack(content))
    made["zip"] = folder / "image.of-any-name"
    _zip(content, made["zip"])
    return made


def _nothing(_: Done) -> None:
    pass


def _write(image: Path, out: Path, expected: str | None = None, on_progress: Callable[[Done], None] = _nothing) -> Outcome:
    target = choose_target(out, image, image_size(image), allow_fixed=False)
    return write_image(image, target, Expected(expected, "test") if expected else None, on_progress)


@pytest.mark.parametrize("packing", ["raw", "xz", "gzip", "zstd", "zip"])
def test_every_packing_is_told_by_content_and_written_whole(packed: dict[str, Path], content: bytes, packing: str, tmp_path: Path) -> None:
    image, out = packed[packing], tmp_path / "card"
    size = image_size(image)
    outcome = _write(image, out)
    assert out.read_bytes() == content
    assert size.packing == packing
    assert size.least_bytes == len(content)
    assert size.is_exact == (packing in ("raw", "xz", "zip"))
    assert outcome.copied.image_sha256 == hashlib.sha256(content).hexdigest()
    assert outcome.copied.packed_sha256 == hashlib.sha256(image.read_bytes()).hexdigest()
    assert outcome.is_read_back


def test_zeros_are_holes_in_a_fresh_file(packed: dict[str, Path], tmp_path: Path) -> None:
    out = tmp_path / "card"
    _write(packed["raw"], out)
    assert out.stat().st_blocks * 512 < out.stat().st_size - BLOCK_BYTES // 2


def test_zeros_are_written_over_what_a_device_had_before(packed: dict[str, Path], content: bytes, tmp_path: Path) -> None:
    out = tmp_path / "device"
    out.write_bytes(b"\xff" * (len(content) + _MIB))
    fd = os.open(out, os.O_RDWR)
    Copy(packed["raw"], fd, is_fresh_file=False, expected=None, on_progress=lambda *_: None).run()
    os.close(fd)
    assert out.read_bytes() == content + b"\xff" * _MIB


@pytest.mark.parametrize("of", ["packed", "image"])
def test_the_hash_may_be_of_the_packed_file_or_of_the_image(packed: dict[str, Path], content: bytes, of: str, tmp_path: Path) -> None:
    digest = hashlib.sha256(packed["xz"].read_bytes() if of == "packed" else content).hexdigest()
    assert _write(packed["xz"], tmp_path / "card", digest).matched == {"packed": "packed file", "image": "image"}[of]


def test_a_wrong_hash_leaves_a_card_that_does_not_boot(packed: dict[str, Path], tmp_path: Path) -> None:
    out = tmp_path / "card"
    with pytest.raises(CardError, match="should be 0000") as caught:
        _write(packed["xz"], out, "0" * 64)
    assert caught.value.cause is Cause.IMAGE
    assert not any(out.read_bytes()[:BLOCK_BYTES])


@pytest.mark.parametrize("packing", ["xz", "gzip", "zstd", "zip"])
def test_a_truncated_image_says_how_far_it_goes(packed: dict[str, Path], content: bytes, packing: str, tmp_path: Path) -> None:
    image, out = tmp_path / "cut", tmp_path / "card"
    whole = packed[packing].read_bytes()
    image.write_bytes(whole[: len(whole) * 3 // 4])
    with pytest.raises(CardError, match=r"cut short|damaged") as caught:
        _write(image, out)
    assert caught.value.cause is Cause.IMAGE
    assert not out.exists() or not any(out.read_bytes()[:BLOCK_BYTES])
    if packing != "zip":  # its directory is at the end: refused before the target is touched
        assert caught.value.written_bytes is not None
        assert caught.value.written_bytes < len(content)
        assert "of the image" in caught.value.reason


@pytest.mark.parametrize("packing", ["xz", "gzip", "zip"])
def test_one_flipped_bit_in_an_archive_is_noticed(packed: dict[str, Path], packing: str, tmp_path: Path) -> None:
    image, out = tmp_path / "flipped", tmp_path / "card"
    data = bytearray(packed[packing].read_bytes())
    data[len(data) // 2] ^= 0x10
    image.write_bytes(data)
    with pytest.raises(CardError) as caught:
        _write(image, out)
    assert caught.value.cause is Cause.IMAGE
    assert not any(out.read_bytes()[:BLOCK_BYTES])


def test_an_empty_image_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    with pytest.raises(CardError, match="empty"):
        _write(tmp_path / "empty", tmp_path / "card")


def test_interrupting_leaves_no_first_block_and_says_how_far_it_was(packed: dict[str, Path], tmp_path: Path) -> None:
    out = tmp_path / "card"

    def press_ctrl_c(done: Done) -> None:
        if done.done_bytes > BLOCK_BYTES:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted) as caught:
        _write(packed["raw"], out, on_progress=press_ctrl_c)
    assert caught.value.written_bytes == 2 * BLOCK_BYTES
    assert not caught.value.is_complete
    assert not any(out.read_bytes()[:BLOCK_BYTES])


def test_interrupting_the_read_back_says_that_the_card_is_complete(packed: dict[str, Path], content: bytes, tmp_path: Path) -> None:
    out = tmp_path / "card"

    def press_ctrl_c(done: Done) -> None:
        if done.stage == "read-back":
            raise KeyboardInterrupt

    with pytest.raises(Interrupted) as caught:
        _write(packed["raw"], out, on_progress=press_ctrl_c)
    assert caught.value.is_complete
    assert out.read_bytes() == content


def test_a_card_that_gives_back_something_else_is_found_with_the_place(packed: dict[str, Path], tmp_path: Path) -> None:
    """A forged card takes every write; beyond its real size other data comes back."""
    out = tmp_path / "card"
    outcome = _write(packed["raw"], out)
    with out.open("r+b") as file:
        file.seek(2 * BLOCK_BYTES + 100)
        file.write(b"\xee")
    with pytest.raises(CardError, match=f"between bytes {2 * BLOCK_BYTES:,} and") as caught:
        read_back(out, outcome.copied.image_bytes, outcome.copied.prefix_digests, lambda _: None)
    assert caught.value.cause is Cause.CARD


def test_a_card_that_ends_too_early_is_found(packed: dict[str, Path], tmp_path: Path) -> None:
    out = tmp_path / "card"
    outcome = _write(packed["raw"], out)
    os.truncate(out, 6 * _MIB)
    with pytest.raises(CardError, match=f"ends at byte {6 * _MIB:,}"):
        read_back(out, outcome.copied.image_bytes, outcome.copied.prefix_digests, lambda _: None)


def test_a_full_device_is_told_with_the_bytes_that_fit(packed: dict[str, Path]) -> None:
    fd = os.open("/dev/full", os.O_RDWR)
    try:
        with pytest.raises(CardError, match="No space left") as caught:
            Copy(packed["raw"], fd, is_fresh_file=False, expected=None, on_progress=lambda *_: None).run()
    finally:
        os.close(fd)
    assert caught.value.cause is Cause.CARD


@pytest.mark.parametrize("name", ["/dev/sdzz", "/dev/null", "nowhere/card"])
def test_what_is_no_card_and_no_file_is_refused(packed: dict[str, Path], name: str, tmp_path: Path) -> None:
    with pytest.raises(TargetRefused) as caught:
        choose_target(tmp_path / name, packed["raw"], image_size(packed["raw"]), allow_fixed=True)
    assert caught.value.refusals[0].code in ("no-device", "no-target", "no-folder")
    assert not (tmp_path / name).is_file()


def test_the_image_itself_is_no_target(packed: dict[str, Path], tmp_path: Path) -> None:
    link = tmp_path / "same"
    link.symlink_to(packed["raw"])
    with pytest.raises(TargetRefused, match="the image itself"):
        choose_target(link, packed["raw"], image_size(packed["raw"]), allow_fixed=True)


def test_an_image_that_will_not_fit_is_refused_before_anything_is_written(packed: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(TargetRefused, match="too small"):
        choose_target(tmp_path / "card", packed["xz"], ImageSize("xz", 1 << 60, is_exact=True), allow_fixed=False)


def test_several_streams_with_padding_are_one_image(tmp_path: Path) -> None:
    path = tmp_path / "two.xz"
    path.write_bytes(lzma.compress(b"a" * 5000) + bytes(8) + lzma.compress(b"b" * 700) + bytes(4))
    with path.open("rb") as file:
        assert b"".join(unpacked(file, "xz")) == b"a" * 5000 + b"b" * 700
    assert image_size(path) == ImageSize("xz", 5700, is_exact=True)


def test_a_gzip_file_of_several_members_with_garbage_behind_is_one_image(tmp_path: Path) -> None:
    path = tmp_path / "two.gz"
    path.write_bytes(gzip.compress(b"a" * 5000) + gzip.compress(b"b" * 700) + b"garbage")
    with path.open("rb") as file:
        assert b"".join(unpacked(file, "gzip")) == b"a" * 5000 + b"b" * 700


def test_a_zip_file_must_hold_one_image(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.writestr("a.img", "a")
        archive.writestr("b.img", "b")
    with pytest.raises(CardError, match=r"a\.img, b\.img"):
        image_size(tmp_path / "two.zip")


@settings(max_examples=150)
@given(st.binary(max_size=60), st.sampled_from([b"\xfd7zXZ\x00", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"PK\x03\x04", b""]))
def test_any_bytes_end_in_an_image_or_in_a_reason(tail: bytes, head: bytes) -> None:
    data = head + tail
    with suppress(CardError):  # and nothing else
        b"".join(unpacked(io.BytesIO(data), packing_of(data)))


@settings(max_examples=60)
@given(st.lists(st.binary(max_size=3000), min_size=1, max_size=4), st.sampled_from(["xz", "gzip", "zstd"]))
def test_the_size_known_before_is_never_more_than_what_comes_out(parts: list[bytes], packing: str) -> None:
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"".join(PACK[packing](part) for part in parts))
        file.flush()
        size = image_size(Path(file.name))
        with Path(file.name).open("rb") as opened:
            out = b"".join(unpacked(opened, size.packing))
    assert out == b"".join(parts)
    assert size.least_bytes == len(out) if size.is_exact else size.least_bytes <= len(out)


def test_checksum_files_are_found_beside_the_image_and_understood(tmp_path: Path) -> None:
    image, a, b = tmp_path / "os.img.xz", "a" * 64, "b" * 64
    image.touch()
    assert expected_digest(None, image) is None
    (tmp_path / "SHA256SUMS").write_text(f"{b}  other.img.xz\n{a} *os.img.xz\n")
    assert expected_digest(None, image) == Expected(a, str(tmp_path / "SHA256SUMS"))
    (tmp_path / "os.img.xz.sha256").write_text(f"{b.upper()}  renamed-later.img.xz\n")
    assert expected_digest(None, image) == Expected(b, str(tmp_path / "os.img.xz.sha256"))
    assert expected_digest("A" * 64, image) == Expected(a, "--sha256")
    assert digest_in(f"SHA256 (os.img) = {b}\n", "os.img.xz", allow_other_name=False) == b
    with pytest.raises(ConfigError, match="neither 64 hex digits"):
        expected_digest("abc", image)
    (tmp_path / "wrong").write_text(f"{a}  x.img\n{b}  y.img\n")
    with pytest.raises(ConfigError, match="no SHA-256 for os"):
        expected_digest(str(tmp_path / "wrong"), image)
