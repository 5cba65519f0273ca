"""How large an image will be once unpacked, told from the packed file's own headers, before anything is written.

xz     the index of each stream, found from its footer (xz-file-format 1.2.1, sections 2.1.2 and 4), is exact
gzip   ISIZE of the last member (RFC 1952, 2.3.1) is the size modulo 4 GiB: a lower bound
zstd   the content size of the first frame, where its header has one (RFC 8878, 3.1.1.1): exact if the file has one frame only, else a
       lower bound, and which of the two cannot be told cheaply: a lower bound
zip    the central directory is exact
"""

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from firmware_bridge.card.archive import Packing, image_in_zip, packing_of
from firmware_bridge.card.causes import CardError, Cause

_XZ_HEADER = 12
_XZ_FOOTER = 12
_MOST_INDEX_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class ImageSize:
    """`least_bytes` is what the image has at least (0: unknown); exactly that where `is_exact`."""

    packing: Packing
    least_bytes: int
    is_exact: bool


def image_size(path: Path) -> ImageSize:
    """Return what the file says of its image. Raises OSError, and CardError for what is no file, and for a zip file without one image."""
    mode = path.stat().st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISBLK(mode) or stat.S_ISDIR(mode)):  # a folder says so itself when it is opened
        raise CardError(Cause.IMAGE, f"{path} is no file; save the image to a file first")
    with path.open("rb") as file:
        packing = packing_of(file.read(16))
        packed_bytes = file.seek(0, os.SEEK_END)
        if packing == "raw":
            return ImageSize(packing, packed_bytes, is_exact=True)
        if packing == "zip":
            return ImageSize(packing, image_in_zip(file).file_size, is_exact=True)
        if packing == "xz":
            size = _xz_bytes(file, packed_bytes)
            return ImageSize(packing, size or 0, is_exact=size is not None)
        return ImageSize(packing, _gzip_bytes(file, packed_bytes) if packing == "gzip" else _zstd_bytes(file), is_exact=False)


def _gzip_bytes(file: BinaryIO, packed_bytes: int) -> int:
    if packed_bytes < 18:
        return 0
    file.seek(-4, os.SEEK_END)
    size = int.from_bytes(file.read(4), "little")
    # Packing adds less than a thousandth: a file that is larger than its image by more wrapped around at 4 GiB.
    while size * 1.001 + 4096 < packed_bytes:
        size += 1 << 32
    return size


def _zstd_bytes(file: BinaryIO) -> int:
    file.seek(0)
    head = file.read(18)
    if head[:4] != b"\x28\xb5\x2f\xfd" or len(head) < 18:
        return 0
    descriptor = head[4]
    is_single_segment = bool(descriptor & 0x20)
    width = {0: 1 if is_single_segment else 0, 1: 2, 2: 4, 3: 8}[descriptor >> 6]
    start = 5 + (0 if is_single_segment else 1) + (0, 1, 2, 4)[descriptor & 3]
    size = int.from_bytes(head[start : start + width], "little")
    return size + 256 if width == 2 else size


def _xz_bytes(file: BinaryIO, end: int) -> int | None:
    """Add up the indexes, last stream first; None where the file does not end as one should."""
    total = 0
    while end > 0:
        file.seek(max(0, end - 4))
        if file.read(4) == bytes(4):
            end -= 4
            continue
        if end < _XZ_HEADER + _XZ_FOOTER:
            return None
        file.seek(end - _XZ_FOOTER)
        footer = file.read(_XZ_FOOTER)
        index_bytes = (int.from_bytes(footer[4:8], "little") + 1) * 4
        start = end - _XZ_FOOTER - index_bytes
        if footer[10:] != b"YZ" or start < _XZ_HEADER or index_bytes > _MOST_INDEX_BYTES:
            return None
        file.seek(start)
        sizes = _xz_index(file.read(index_bytes))
        if sizes is None:
            return None
        blocks_bytes, image_bytes = sizes
        total += image_bytes
        end = start - blocks_bytes - _XZ_HEADER
    return total if end == 0 else None


def _xz_index(index: bytes) -> tuple[int, int] | None:
    """Return the bytes that the blocks take in the file (padded to 4) and unpacked."""
    if index[:1] != b"\0":
        return None
    at, packed, image = 1, 0, 0
    try:
        count, at = _varint(index, at)
        for _ in range(count):
            unpadded, at = _varint(index, at)
            size, at = _varint(index, at)
            packed += (unpadded + 3) & ~3
            image += size
    except IndexError:
        return None
    return packed, image


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return value, at
