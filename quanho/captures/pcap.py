"""Packet captures of tcpdump, classic pcap: the TCP connections in it (connections.py).

    magic (4) │ version (4) │ 8 bytes │ longest packet (4) │ link type (4), then for each packet:
    seconds (4) │ micro- or nanoseconds (4) │ bytes here (4) │ bytes on the wire (4) │ packet

in the byte order of the machine that wrote it, as the magic tells. Where the head of a packet is damaged, the next one is looked for: it is
followed by another, or by the end, and their times are near.
"""

import struct
from collections.abc import Iterator
from typing import BinaryIO

from quanho.captures.capture import CaptureOptions, Fault, FaultLog, Item, chosen
from quanho.captures.connections import Connections
from quanho.captures.packets import LINK_TYPES

_MAGICS = {
    b"\xd4\xc3\xb2\xa1": ("<", 1_000),
    b"\xa1\xb2\xc3\xd4": (">", 1_000),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
    b"\xa1\xb2\x3c\x4d": (">", 1),
}
PACKET_BYTES = 256 * 1024  # the longest that tcpdump keeps
_SEARCHED_BYTES = 2 * PACKET_BYTES
_MOST_JUMPS = 100
_NEAR_S = 86_400


def recognise(head: bytes, _name: str) -> bool:
    return head[:4] in _MAGICS


def read(stream: BinaryIO, options: CaptureOptions) -> Iterator[Item]:
    where = chosen(options, ("server",))
    head = stream.read(24)
    if len(head) < 24 or head[:4] not in _MAGICS:
        yield Fault("no pcap file: its first 24 bytes are not there")
        return
    order, fraction_ns = _MAGICS[head[:4]]
    link_type = int(struct.unpack_from(f"{order}I", head, 20)[0]) & 0x0FFF_FFFF
    if link_type not in LINK_TYPES:
        yield Fault(unknown_link(link_type))
        return
    connections = Connections(where.get("server", ""), FaultLog())
    header = struct.Struct(f"{order}4I")
    number = jumps = 0
    ahead = _Ahead(stream)
    while start := ahead.read(header.size):
        number += 1
        place = f"packet {number}: "
        seconds, fraction, size, wire_size = header.unpack(start.ljust(header.size, b"\0"))
        is_damaged = size > PACKET_BYTES or fraction * fraction_ns >= 1_000_000_000
        if not is_damaged and size > wire_size:  # some programs write that; what is behind the packet decides
            is_damaged = not _is_packet(ahead.peek(size + header.size), size, header, fraction_ns)
        if len(start) == header.size and is_damaged:
            jumps += 1
            skipped = _next_packet(ahead.peek(_SEARCHED_BYTES), header, fraction_ns) if jumps <= _MOST_JUMPS else None
            what = f"a length of {size} bytes, which cannot be" if size > min(wire_size, PACKET_BYTES) else "a time that cannot be"
            yield Fault(f"{what}; {'nothing behind it can be found' if skipped is None else f'{skipped} bytes skipped'}", place)
            if skipped is None:
                break
            ahead.read(skipped)
            continue
        frame = ahead.read(size) if len(start) == header.size else b""
        if len(start) < header.size or len(frame) < size:
            yield Fault("cut short", place)
            break
        yield from connections.packet(frame, link_type, place, seconds * 1_000_000_000 + fraction * fraction_ns)
    yield from connections.end(f"packet {number}: ")


class _Ahead:
    """A stream of which more can be looked at than is read."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._held = b""
        self._at = 0  # what is before it has been read

    def peek(self, size: int) -> bytes:
        held = self._held[self._at :]
        self._held, self._at = held + self._stream.read(max(0, size - len(held))), 0
        return self._held[:size]

    def read(self, size: int) -> bytes:
        data = self._held[self._at : self._at + size]
        self._at += len(data)
        return data if len(data) == size else data + self._stream.read(size - len(data))


def _next_packet(data: bytes, header: struct.Struct, fraction_ns: int) -> int | None:
    """Return where in `data` the next packet begins, None if nowhere."""
    for at in range(len(data) - header.size + 1):
        seconds, fraction, size, wire_size = header.unpack_from(data, at)
        if 0 < size <= wire_size <= PACKET_BYTES and fraction * fraction_ns < 1_000_000_000:
            behind = at + header.size + size
            is_near = behind + header.size > len(data) or abs(header.unpack_from(data, behind)[0] - seconds) < _NEAR_S
            if is_near and _is_packet(data, behind, header, fraction_ns):
                return at
    return None


def _is_packet(data: bytes, at: int, header: struct.Struct, fraction_ns: int) -> bool:
    """Whether a packet, or the end, is at that place of `data`."""
    if at + header.size > len(data):
        return at == len(data)
    _, fraction, size, wire_size = header.unpack_from(data, at)
    return bool(size <= min(wire_size, PACKET_BYTES) and fraction * fraction_ns < 1_000_000_000)


def unknown_link(link_type: int) -> str:
    return f"packets of link type {link_type}, which is neither Ethernet, Linux cooked, loopback nor raw IP"
