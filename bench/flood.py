"""A publisher that is never the bottleneck: QoS 1 over a raw socket, ready-made packets, a window of unacknowledged messages.

    python -m bench.flood PORT MESSAGES_FILE [RATE]

MESSAGES_FILE holds one message a line, topic and payload with a tab between. It publishes them over and over, at most RATE a
second, until its standard input closes, and answers each line on it with how many the broker has acknowledged, and when
(monotonic seconds). It speaks MQTT 3.1.1 whatever the subscribers speak: a broker holds a publisher of MQTT 5 to its Receive
Maximum, 20 with Debian's settings.
"""

import os
import select
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

_WINDOW = 2_000
_GROUP = 50  # messages a write
_IDS = 60_000


def main() -> None:
    """See the module."""
    port, file, rate = int(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]) if len(sys.argv) > 3 else float("inf")
    connection = _connect(port)
    parts = list(_packets(file))
    outstanding = acknowledged = at = 0
    tail = b""
    print("ready", flush=True)
    began_s = time.monotonic()
    while True:
        while outstanding + _GROUP <= _WINDOW and at * _GROUP <= rate * (time.monotonic() - began_s):
            connection.sendall(parts[at % len(parts)])
            at += 1
            outstanding += _GROUP
        readable, _, _ = select.select([connection, sys.stdin], [], [], 0.01 if rate < float("inf") else None)
        if sys.stdin in readable:
            if not os.read(sys.stdin.fileno(), 1):
                return
            print(acknowledged, time.monotonic(), flush=True)
        if connection in readable:
            data = connection.recv(1 << 16)
            if not data:
                sys.exit("the broker closed the connection")
            tail += data
            count = len(tail) // 4  # a PUBACK of MQTT 3.1.1 has 4 bytes, and nothing else comes
            tail = tail[4 * count :]
            outstanding -= count
            acknowledged += count


def _connect(port: int) -> socket.socket:
    client_id = f"flood-{os.getpid()}".encode()
    body = b"\x00\x04MQTT\x04\x02\x00\x00" + len(client_id).to_bytes(2, "big") + client_id
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.sendall(b"\x10" + bytes([len(body)]) + body)
    welcome = connection.recv(4)
    if welcome != b"\x20\x02\x00\x00":
        sys.exit(f"the broker refuses the publisher: {welcome.hex()}")
    return connection


def _packets(file: Path) -> Iterator[bytes]:
    parts: list[bytes] = []
    for number, line in enumerate(file.read_bytes().splitlines()):
        topic, payload = line.split(b"\t", 1)
        packet_id = (number % _IDS + 1).to_bytes(2, "big")
        body = len(topic).to_bytes(2, "big") + topic + packet_id + payload
        size = bytes([len(body)]) if len(body) < 128 else bytes([len(body) & 0x7F | 0x80, len(body) >> 7])
        parts.append(b"\x32" + size + body)
        if len(parts) == _GROUP:
            yield b"".join(parts)
            parts = []


if __name__ == "__main__":
    main()
