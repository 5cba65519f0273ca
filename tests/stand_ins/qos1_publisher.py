"""A device that publishes with QoS 1 and believes nothing until it is acknowledged. MQTT 3.1.1, on plain sockets.

paho would do, but has one importer, and mosquitto_pub takes neither many topics nor bytes with line ends in them.
"""

import socket
import struct
from collections.abc import Iterable
from contextlib import suppress
from itertools import islice
from typing import BinaryIO

_BLOCK = 500  # messages sent before their acknowledgements are awaited

_CONNECT = b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00"  # clean session, keep-alive 60 s, client id chosen by the broker


def publish(port: int, messages: Iterable[tuple[str, bytes]], host: str = "127.0.0.1") -> int:
    """Publish (topic, payload) pairs in order and return how many, once the broker has acknowledged every one."""
    waiting, count = iter(messages), 0
    with socket.create_connection((host, port), 30.0) as connection, connection.makefile("rb") as answers:
        connection.sendall(_CONNECT)
        if _read(answers, 4)[3]:
            raise ConnectionRefusedError("the broker refuses the publisher")
        while block := list(islice(waiting, _BLOCK)):
            connection.sendall(b"".join(_publish(at, topic, payload) for at, (topic, payload) in enumerate(block, 1)))
            acknowledged = {struct.unpack(">HH", _read(answers, 4)) for _ in block}
            if acknowledged != {(0x4002, at) for at in range(1, len(block) + 1)}:
                raise AssertionError(f"strange acknowledgements: {sorted(acknowledged)[:5]}")
            count += len(block)
        with suppress(OSError):
            connection.sendall(b"\xe0\x00")
    return count


def _publish(packet_id: int, topic: str, payload: bytes) -> bytes:
    name = topic.encode()
    body = struct.pack(">H", len(name)) + name + struct.pack(">H", packet_id) + payload
    return b"\x32" + _length(len(body)) + body


def _length(size: int) -> bytes:
    coded = b""
    while size > 127:
        coded += bytes((size & 0x7F | 0x80,))
        size >>= 7
    return coded + bytes((size,))


def _read(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError("the broker hung up")
    return data
