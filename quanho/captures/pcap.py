"""Packet captures (classic pcap, of tcpdump and Wireshark): what was said in TCP connections, both directions in order of time.

    magic (4) │ version (4) │ 8 bytes │ longest packet (4) │ link type (4), then for each packet:
    seconds (4) │ micro- or nanoseconds (4) │ bytes here (4) │ bytes on the wire (4) │ packet

in the byte order of the machine that wrote it, as the magic tells. Modbus/TCP, on port 502 or elsewhere by its looks, is cut into its
messages, with topic modbus/tcp/<server>; other connections give what came, with topic tcp/<server>:<port>.
"""

import struct
from collections.abc import Iterator
from typing import BinaryIO

from quanho.captures.capture import CaptureOptions, Fault, FaultLog, Item, Piece, chosen
from quanho.captures.packets import LINK_TYPES, segment_of
from quanho.captures.tcp import Delivered, Stream, Streams

_MAGICS = {
    b"\xd4\xc3\xb2\xa1": ("<", 1_000),
    b"\xa1\xb2\xc3\xd4": (">", 1_000),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
    b"\xa1\xb2\x3c\x4d": (">", 1),
}
_PCAPNG = b"\x0a\x0d\x0d\x0a"
_PACKET_BYTES = 256 * 1024  # the longest that tcpdump keeps
_MODBUS_PORT = 502
_MBAP_BYTES = 7
_ADU_BYTES = 260  # Modbus Messaging on TCP/IP V1.0b, section 4.1; 254 behind the length
_HELD_BYTES = 64 * 1024


def recognise(head: bytes, name: str) -> bool:  # noqa: ARG001
    return head[:4] in _MAGICS or head.startswith(_PCAPNG)


def read(stream: BinaryIO, options: CaptureOptions) -> Iterator[Item]:
    where = chosen(options, ("server",))
    head = stream.read(24)
    if head.startswith(_PCAPNG):
        yield Fault("pcapng; make a pcap of it: tshark -F pcap -r IN -w OUT")
        return
    if len(head) < 24 or head[:4] not in _MAGICS:
        yield Fault("no pcap file: its first 24 bytes are not there")
        return
    order, fraction_ns = _MAGICS[head[:4]]
    link_type = int(struct.unpack_from(f"{order}I", head, 20)[0]) & 0x0FFF_FFFF
    if link_type not in LINK_TYPES:
        yield Fault(f"packets of link type {link_type}, which is neither Ethernet, Linux cooked, loopback nor raw IP")
        return
    yield from _Reading(link_type, where.get("server", "")).items(stream, struct.Struct(f"{order}4I"), fraction_ns)


class _Reading:
    """One reading of one capture."""

    def __init__(self, link_type: int, server: str) -> None:
        self._link_type = link_type
        self._server = server
        self._streams = Streams(_MODBUS_PORT)
        self._faults = FaultLog()

    def items(self, stream: BinaryIO, header: struct.Struct, fraction_ns: int) -> Iterator[Item]:
        number, time_ns = 0, 0
        while start := stream.read(header.size):
            number += 1
            if len(start) < header.size:
                yield Fault("cut short", f"packet {number}: ")
                break
            seconds, fraction, size, _ = header.unpack(start)
            if size > _PACKET_BYTES:
                yield Fault(f"a length of {size} bytes, which cannot be; nothing behind it can be found", f"packet {number}: ")
                break
            frame = stream.read(size)
            if len(frame) < size:
                yield Fault("cut short", f"packet {number}: ")
                break
            time_ns = seconds * 1_000_000_000 + fraction * fraction_ns
            yield from self._packet(frame, number, time_ns)
        yield from self._delivered(self._streams.rest(), f"packet {number}: ", time_ns)
        yield from self._faults.end()

    def _packet(self, frame: bytes, number: int, time_ns: int) -> Iterator[Item]:
        place = f"packet {number}: "
        try:
            segment = segment_of(frame, self._link_type)
        except ValueError as error:
            yield from self._faults.add(Fault(str(error), place))
            return
        if segment is not None:
            yield from self._delivered(self._streams.feed(segment), place, time_ns)

    def _delivered(self, delivered: list[Delivered], place: str, time_ns: int) -> Iterator[Item]:
        for stream, data, missing in delivered:
            if self._server and stream.server.host != self._server:
                continue
            if missing:
                stream.held = b""
                yield from self._faults.add(Fault(f"{missing} bytes of the connection are not in the capture", place))
            if stream.held or _is_modbus(data, stream.server.port):
                yield from self._modbus(stream, data, place, time_ns)
            else:
                yield Piece(data, place, f"tcp/{stream.server.host}:{stream.server.port}", time_ns)

    def _modbus(self, stream: Stream, data: bytes, place: str, time_ns: int) -> Iterator[Item]:
        """Yield whole messages; what follows a header that cannot be is handed on as it came, for the decoder to refuse."""
        held, topic = stream.held + data, f"modbus/tcp/{stream.server.host}"
        if stream.held and _adu_bytes(held) == 0 and _adu_bytes(data):  # a wrong length left too little or too much of the message before
            yield Piece(stream.held, place, topic, time_ns, is_cut=True)
            held = data
        while held:
            size = _adu_bytes(held)
            if size == 0 or len(held) > _HELD_BYTES:
                yield Piece(held, place, topic, time_ns, is_cut=True)
                held = b""
            elif size is None or len(held) < size:
                break
            else:
                yield Piece(held[:size], place, topic, time_ns, is_cut=True)
                held = held[size:]
        stream.held = held


def _is_modbus(data: bytes, port: int) -> bool:
    if port == _MODBUS_PORT:
        return True
    size = _adu_bytes(data) if len(data) > _MBAP_BYTES else 0
    return bool(size) and size == len(data)


def _adu_bytes(held: bytes) -> int | None:
    """Return the length of the message at the start, None while it is not known, 0 if it cannot be one."""
    if len(held) < 6:
        return None
    protocol, length = struct.unpack_from(">HH", held, 2)
    return 6 + int(length) if protocol == 0 and 2 <= length <= _ADU_BYTES - 6 else 0
