"""Packets of a network → what was said in TCP connections, both directions in order of time.

Modbus/TCP, on port 502 or elsewhere by its looks, is cut into its messages (MODBUS Messaging on TCP/IP V1.0b, section 3.1.3), with topic
modbus/tcp/<server>; other connections give what came, with topic tcp/<server>:<port>.
"""

import struct
from collections.abc import Iterator

from quanho.captures.capture import Fault, FaultLog, Item, Piece
from quanho.captures.packets import segment_of
from quanho.captures.tcp import Delivered, Stream, Streams

_MODBUS_PORT = 502
_MBAP_BYTES = 7
_ADU_BYTES = 260
_HELD_BYTES = 64 * 1024


class Connections:
    """All connections of one capture, or those of one server."""

    def __init__(self, server: str, faults: FaultLog) -> None:
        self._server = server
        self._streams = Streams(_MODBUS_PORT)
        self._faults = faults

    def packet(self, frame: bytes, link_type: int, place: str, time_ns: int | None) -> Iterator[Item]:
        """Yield what this packet completes."""
        try:
            segment = segment_of(frame, link_type)
        except ValueError as error:
            yield from self._faults.add(Fault(str(error), place))
            return
        if segment is not None:
            yield from self._delivered(self._streams.feed(segment), place, time_ns)

    def end(self, place: str) -> Iterator[Item]:
        """Yield what waited for something that never came."""
        yield from self._delivered(self._streams.rest(), place, None)
        yield from self._faults.end()

    def _delivered(self, delivered: list[Delivered], place: str, time_ns: int | None) -> Iterator[Item]:
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

    def _modbus(self, stream: Stream, data: bytes, place: str, time_ns: int | None) -> Iterator[Item]:
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
    return port == _MODBUS_PORT or (len(data) > _MBAP_BYTES and _adu_bytes(data) == len(data))


def _adu_bytes(held: bytes) -> int | None:
    """Return the length of the message at the start, None while it is not known, 0 if it cannot be one."""
    if len(held) < 6:
        return None
    protocol, length = struct.unpack_from(">HH", held, 2)
    return 6 + int(length) if protocol == 0 and 2 <= length <= _ADU_BYTES - 6 else 0
