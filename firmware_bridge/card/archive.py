"""An OS image as it is distributed: raw, or packed by xz, gzip, zstd or zip; told apart by content, never by name.

    raw    anything else, read as it is
    xz     FD 37 7A 58 5A 00; streams may follow one another, with padding of zeros (xz-file-format 1.2.1, sections 2 and 4)
    gzip   1F 8B; members may follow one another (RFC 1952)
    zstd   28 B5 2F FD, or a skippable frame 5? 2A 4D 18 first (RFC 8878)
    zip    50 4B 03 04 with one image in it, as Raspberry Pi once shipped

A packed stream that ends early or whose check does not fit raises CardError(Cause.IMAGE), which says how far it could be read.
"""

import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Literal, Protocol

from firmware_bridge.card.causes import CardError, Cause
from telemetry.said import said

Packing = Literal["raw", "xz", "gzip", "zstd", "zip"]

READ_BYTES = 1 << 20
_MAGIC: tuple[tuple[bytes, Packing], ...] = (
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\x2a\x4d\x18", "zstd"),
    (b"PK\x03\x04", "zip"),
)
_MOST_UNPACKED_AT_ONCE = 8 << 20  # a bomb costs time, not memory
# zstandard's unpacker has no limit of its own; a block of 4 bytes can become 128 KiB.
_READ_BYTES: dict[Packing, int] = {"xz": READ_BYTES, "gzip": READ_BYTES, "zstd": 2048}
_ZIP_GARBAGE = ("__MACOSX/", "._")


class _Unpacker(Protocol):
    """One stream of a packing. `step` takes input and returns output, with the input that it did not take."""

    @property
    def is_done(self) -> bool: ...
    @property
    def rest(self) -> bytes:
        """What followed the stream in the input."""
        ...

    def step(self, data: bytes) -> tuple[bytes, bytes]: ...


def packing_of(head: bytes) -> Packing:
    """Tell the packing by the first bytes of the file."""
    for magic, packing in _MAGIC:
        if head.startswith(magic) or (magic == b"\x2a\x4d\x18" and head[1:4] == magic and head[:1] and 0x50 <= head[0] <= 0x5F):
            return packing
    return "raw"


def unpacked(file: BinaryIO, packing: Packing) -> Iterator[bytes]:
    """Yield the image's bytes. Raises CardError(Cause.IMAGE)."""
    if packing == "raw":
        while chunk := file.read(READ_BYTES):
            yield chunk
    elif packing == "zip":
        yield from _from_zip(file)
    else:
        yield from _from_stream(file, packing)


def image_in_zip(file: BinaryIO) -> zipfile.ZipInfo:
    """Return the entry of the image in a zip file. Raises CardError where there is none, or where there are several."""
    try:
        with zipfile.ZipFile(file) as archive:
            entries = [each for each in archive.infolist() if not each.is_dir() and not _is_garbage(each.filename)]
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise CardError(
            Cause.IMAGE, said(f"tệp zip bị hỏng hoặc bị cụt: {error}", f"the zip file is damaged or cut short: {error}")
        ) from error
    images = [each for each in entries if each.filename.lower().endswith((".img", ".bin", ".iso"))] or entries
    if len(images) != 1:
        names = ", ".join(sorted(each.filename for each in images)[:5])
        vi = f"tệp zip phải chứa đúng một ảnh; nó chứa {names or 'không gì cả'}"
        raise CardError(Cause.IMAGE, said(vi, f"the zip file must hold one image; it holds {names or 'nothing'}"))
    if images[0].flag_bits & 1:
        raise CardError(
            Cause.IMAGE,
            said(
                f"{images[0].filename} trong tệp zip có mật khẩu; hãy giải nén trước",
                f"{images[0].filename} in the zip file has a password; unpack it first",
            ),
        )
    return images[0]


def _from_zip(file: BinaryIO) -> Iterator[bytes]:
    entry = image_in_zip(file)
    done = 0
    try:
        with zipfile.ZipFile(file) as archive, archive.open(entry) as image:
            while chunk := image.read(READ_BYTES):
                done += len(chunk)
                yield chunk
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise CardError(
            Cause.IMAGE,
            said(
                f"tệp zip hỏng sau {done:,} byte của {entry.filename}: {error}",
                f"the zip file is damaged after {done:,} bytes of {entry.filename}: {error}",
            ),
        ) from error


def _from_stream(file: BinaryIO, packing: Packing) -> Iterator[bytes]:
    """Unpack stream after stream; what follows the last one must be padding (xz), garbage (gzip, as gzip(1) has it) or nothing."""
    pending, done = file.read(_READ_BYTES[packing]), 0
    while pending:
        unpacker = _UNPACKERS[packing]()
        try:
            for chunk in _one_stream(file, unpacker, pending, _READ_BYTES[packing]):
                done += len(chunk)
                yield chunk
        except _Torn as error:
            raise CardError(
                Cause.IMAGE,
                said(
                    f"tệp {packing} bị cụt: kết thúc sau {done:,} byte của ảnh",
                    f"the {packing} file is cut short: it ends after {done:,} bytes of the image",
                ),
            ) from error
        except _Damaged as error:
            raise CardError(
                Cause.IMAGE,
                said(
                    f"tệp {packing} hỏng sau {done:,} byte của ảnh: {error}",
                    f"the {packing} file is damaged after {done:,} bytes of the image: {error}",
                ),
            ) from error
        pending = _next_stream(file, unpacker.rest, packing)


class _Torn(Exception):
    """The file ended inside a stream."""


class _Damaged(Exception):
    """A check of the packing failed."""


def _one_stream(file: BinaryIO, unpacker: _Unpacker, pending: bytes, read_bytes: int) -> Iterator[bytes]:
    while not unpacker.is_done:
        chunk, pending = unpacker.step(pending)
        if chunk:
            yield chunk
        elif not pending and not unpacker.is_done:
            pending = file.read(read_bytes)
            if not pending:
                raise _Torn


def _next_stream(file: BinaryIO, rest: bytes, packing: Packing) -> bytes:
    """Return the input from the next stream on, b"" where there is none."""
    while True:
        rest = rest.lstrip(b"\0") if packing == "xz" else rest
        if len(rest) < 2:
            more = file.read(_READ_BYTES[packing])
            if more:
                rest += more
                continue
        return b"" if packing == "gzip" and not rest.startswith(b"\x1f\x8b") else rest


class _Xz:
    def __init__(self) -> None:
        self._of = lzma.LZMADecompressor(lzma.FORMAT_XZ)

    @property
    def is_done(self) -> bool:
        return self._of.eof

    @property
    def rest(self) -> bytes:
        return self._of.unused_data

    def step(self, data: bytes) -> tuple[bytes, bytes]:
        try:
            return self._of.decompress(data, _MOST_UNPACKED_AT_ONCE), b""
        except lzma.LZMAError as error:
            raise _Damaged(str(error)) from error


class _Gzip:
    def __init__(self) -> None:
        self._of = zlib.decompressobj(wbits=31)

    @property
    def is_done(self) -> bool:
        return self._of.eof

    @property
    def rest(self) -> bytes:
        return self._of.unused_data

    def step(self, data: bytes) -> tuple[bytes, bytes]:
        try:
            return self._of.decompress(data, _MOST_UNPACKED_AT_ONCE), self._of.unconsumed_tail
        except zlib.error as error:
            raise _Damaged(str(error)) from error


class _Zstd:
    def __init__(self) -> None:
        try:
            import zstandard
        except ImportError as error:
            raise CardError(
                Cause.SYSTEM,
                said(
                    "ảnh zstd cần gói zstandard:  pip install 'quanho[flash]'",
                    "zstd images need the package zstandard:  pip install 'quanho[flash]'",
                ),
            ) from error
        self._of = zstandard.ZstdDecompressor().decompressobj()
        self._error = zstandard.ZstdError

    @property
    def is_done(self) -> bool:
        return self._of.eof

    @property
    def rest(self) -> bytes:
        return self._of.unused_data

    def step(self, data: bytes) -> tuple[bytes, bytes]:
        try:
            return self._of.decompress(data), b""
        except self._error as error:
            raise _Damaged(str(error)) from error


_UNPACKERS: dict[Packing, Callable[[], _Unpacker]] = {"xz": _Xz, "gzip": _Gzip, "zstd": _Zstd}


def _is_garbage(name: str) -> bool:
    return any(part.startswith(_ZIP_GARBAGE) for part in (name, Path(name).name))
