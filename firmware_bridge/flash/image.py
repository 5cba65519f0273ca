"""What a bundle's images cover in flash.

Intel HEX (Intel, *Hexadecimal Object File Format Specification*, revision A, 1988): `:LLAAAATT…CC`, types 00 data, 01 end, 02 and 04
extended address, 03 and 05 start (ignored). UF2 (github.com/microsoft/uf2): blocks of 512 bytes, three magics, little endian.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Kind = Literal["hex", "bin", "uf2"]

_UF2_HEAD = struct.Struct("<8I")
_UF2_BLOCK_BYTES = 512
_UF2_MAGIC = (0x0A324655, 0x9E5D5157)
_UF2_END = 0x0AB16F30
_UF2_NOT_FLASH = 0x1
_UF2_HAS_FAMILY = 0x2000
_UF2_PAYLOAD = 476


@dataclass(frozen=True, slots=True)
class Span:
    """Flash from `start` up to, not with, `end`."""

    start: int
    end: int

    @property
    def size(self) -> int:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Image:
    """One image: bytes of the file, and where it goes (`address` counts for kind bin)."""

    file: str
    kind: Kind
    data: bytes
    address: int = 0


def spans_of(image: Image) -> tuple[Span, ...]:
    """Return what the image writes, in the order of addresses. Raises ValueError that says what is wrong with it."""
    if image.kind == "bin":
        return (Span(image.address, image.address + len(image.data)),)
    return _joined(_hex_spans(image.data) if image.kind == "hex" else _uf2_spans(image.data))


def payload_bytes(images: Iterable[Image]) -> int:
    """Return how many bytes of flash the images fill."""
    return sum(span.size for image in images for span in spans_of(image))


def uf2_families(data: bytes) -> frozenset[int]:
    """Return the family ids of a UF2 file's blocks. Raises ValueError."""
    return frozenset(head[7] for head in _uf2_heads(data) if head[2] & _UF2_HAS_FAMILY)


def _hex_spans(data: bytes) -> Iterable[Span]:
    base, is_ended = 0, False
    for number, line in enumerate(data.splitlines(), start=1):
        if not line.strip():
            continue
        if is_ended:
            raise ValueError(f"line {number}: something follows the end record")
        kind, address, body = _hex_record(line.strip(), number)
        if kind == 0 and body:
            yield Span(base + address, base + address + len(body))
        elif kind == 1:
            is_ended = True
        elif kind in (2, 4):
            if len(body) != 2:
                raise ValueError(f"line {number}: an extended address has 2 bytes")
            base = int.from_bytes(body, "big") << (4 if kind == 2 else 16)
        elif kind not in (0, 3, 5):
            raise ValueError(f"line {number}: record type {kind:02X} is not known")
    if not is_ended:
        raise ValueError("the end record is missing: the file was cut off")


def _hex_record(line: bytes, number: int) -> tuple[int, int, bytes]:
    try:
        raw = bytes.fromhex(line[1:].decode("ascii"))
    except ValueError:
        raw = b""
    if not line.startswith(b":") or len(raw) < 5 or raw[0] != len(raw) - 5:
        raise ValueError(f"line {number} is no Intel HEX record")
    if sum(raw) & 0xFF:
        raise ValueError(f"line {number}: the checksum is wrong")
    return raw[3], int.from_bytes(raw[1:3], "big"), raw[4:-1]


def _uf2_heads(data: bytes) -> Iterable[tuple[int, ...]]:
    if not data or len(data) % _UF2_BLOCK_BYTES:
        raise ValueError(f"a UF2 file has blocks of {_UF2_BLOCK_BYTES} bytes; this one has {len(data)} bytes")
    for at in range(0, len(data), _UF2_BLOCK_BYTES):
        head = _UF2_HEAD.unpack_from(data, at)
        end = int.from_bytes(data[at + _UF2_BLOCK_BYTES - 4 : at + _UF2_BLOCK_BYTES], "little")
        if head[:2] != _UF2_MAGIC or end != _UF2_END or head[4] > _UF2_PAYLOAD:
            raise ValueError(f"block {at // _UF2_BLOCK_BYTES} is no UF2 block")
        yield head


def _uf2_spans(data: bytes) -> Iterable[Span]:
    return (Span(head[3], head[3] + head[4]) for head in _uf2_heads(data) if not head[2] & _UF2_NOT_FLASH)


def _joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    joined: list[Span] = []
    for span in sorted(spans, key=lambda span: span.start):
        if joined and span.start < joined[-1].end:
            raise ValueError(f"address {span.start:#x} is written twice")
        if joined and span.start == joined[-1].end:
            joined[-1] = Span(joined[-1].start, span.end)
        else:
            joined.append(span)
    if not joined:
        raise ValueError("the image is empty")
    return tuple(joined)
