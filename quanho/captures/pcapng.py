"""Packet captures of Wireshark, pcapng (draft-ietf-opsawg-pcapng): the TCP connections in it (connections.py).

    type (4) │ length of the block (4) │ body │ length again (4)

Read are sections (they tell the byte order), interfaces (link type, and the unit of times, 1 us unless option 9 says otherwise), and
enhanced and simple packets; other blocks are passed over.
"""

import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from quanho.captures.capture import CaptureOptions, Fault, FaultLog, Item, chosen
from quanho.captures.connections import Connections
from quanho.captures.packets import LINK_TYPES
from quanho.captures.pcap import PACKET_BYTES, unknown_link

_SECTION, _INTERFACE, _SIMPLE, _ENHANCED = 0x0A0D0D0A, 1, 3, 6
_START = b"\x0a\x0d\x0d\x0a"
_ORDERS = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}
_BLOCK_BYTES = PACKET_BYTES + 64 * 1024
_MOST_INTERFACES = 1_000
_TIME_RESOLUTION = 9


class _Interface(NamedTuple):
    link_type: int
    units_a_second: int


def recognise(head: bytes, _name: str) -> bool:
    return head.startswith(_START) and head[8:12] in _ORDERS


def read(stream: BinaryIO, options: CaptureOptions) -> Iterator[Item]:
    where = chosen(options, ("server",))
    faults = FaultLog()
    connections = Connections(where.get("server", ""), faults)
    interfaces: list[_Interface] = []
    number, order = 0, "<"
    try:
        while head := stream.read(8):
            kind, order, body = _block(stream, head, order)
            if kind == _SECTION:
                interfaces.clear()
            elif kind == _INTERFACE and len(interfaces) < _MOST_INTERFACES:
                interfaces.append(_interface(body, order))
                if interfaces[-1].link_type not in LINK_TYPES:
                    yield from faults.add(Fault(unknown_link(interfaces[-1].link_type)))
            elif kind in {_ENHANCED, _SIMPLE}:
                number += 1
                interface, frame, time_ns = _packet(kind, body, order, interfaces)
                if interface.link_type in LINK_TYPES:
                    yield from connections.packet(frame, interface.link_type, f"packet {number}: ", time_ns)
    except (ValueError, struct.error) as error:
        text = str(error) if isinstance(error, ValueError) else "a block is shorter than what it should hold"
        yield Fault(f"{text}; nothing behind it is read", f"behind packet {number}: ")
    yield from connections.end(f"packet {number}: ")


def _block(stream: BinaryIO, head: bytes, order: str) -> tuple[int, str, bytes]:
    """Return (type, byte order, body) of the block that begins with `head`."""
    start = b""
    if head[:4] == _START:
        start = stream.read(4)
        if start not in _ORDERS:
            raise ValueError("a section without a byte order")
        order = _ORDERS[start]
    kind, length = struct.unpack(f"{order}II", head)
    if length % 4 or not 12 <= length <= _BLOCK_BYTES:
        raise ValueError(f"a block of {length} bytes, which cannot be")
    body = start + stream.read(length - 12 - len(start))
    if len(body) < length - 12 or len(stream.read(4)) < 4:
        raise ValueError("cut short")
    return kind, order, body


def _interface(body: bytes, order: str) -> _Interface:
    link_type = int(struct.unpack_from(f"{order}H", body)[0])
    at = 8
    while at + 4 <= len(body):
        code, size = struct.unpack_from(f"{order}HH", body, at)
        if code == _TIME_RESOLUTION and size == 1:
            exponent = body[at + 4]
            return _Interface(link_type, 2 ** (exponent & 0x7F) if exponent & 0x80 else 10 ** min(exponent, 18))
        at += 4 + size + -size % 4
    return _Interface(link_type, 1_000_000)


def _packet(kind: int, body: bytes, order: str, interfaces: list[_Interface]) -> tuple[_Interface, bytes, int | None]:
    if kind == _SIMPLE:
        (size,) = struct.unpack_from(f"{order}I", body)
        number, start, time_ns = 0, 4, None
    else:
        number, high, low, size, _ = struct.unpack_from(f"{order}5I", body)
        start, time_ns = 20, high << 32 | low
    if number >= len(interfaces):
        raise ValueError("a packet of an interface that is not described")
    interface = interfaces[number]
    if time_ns is not None:
        time_ns = time_ns * 1_000_000_000 // interface.units_a_second
        time_ns = time_ns if time_ns < 2**63 else None
    return interface, body[start : start + size], time_ns
