"""Packet captures of tcpdump, classic pcap: the TCP connections in it (connections.py).

    magic (4) │ version (4) │ 8 bytes │ longest packet (4) │ link type (4), then for each packet:
    seconds (4) │ micro- or nanoseconds (4) │ bytes here (4) │ bytes on the wire (4) │ packet

in the byte order of the machine that wrote it, as the magic tells.
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
    number = 0
    while start := stream.read(header.size):
        number += 1
        place = f"packet {number}: "
        seconds, fraction, size, _ = header.unpack(start.ljust(header.size, b"\0"))
        if len(start) == header.size and size > PACKET_BYTES:
            yield Fault(f"a length of {size} bytes, which cannot be; nothing behind it can be found", place)
            break
        frame = stream.read(size) if len(start) == header.size else b""
        if len(start) < header.size or len(frame) < size:
            yield Fault("cut short", place)
            break
        yield from connections.packet(frame, link_type, place, seconds * 1_000_000_000 + fraction * fraction_ns)
    yield from connections.end(f"packet {number}: ")


def unknown_link(link_type: int) -> str:
    return f"packets of link type {link_type}, which is neither Ethernet, Linux cooked, loopback nor raw IP"
