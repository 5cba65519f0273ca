"""A TCP stand-in between an MQTT client and its broker that lets the client's acknowledgements vanish."""

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import BinaryIO, Self


class PubackSwallower:
    """Passes everything on, except, between `swallow` and `pass_on`, the client's PUBACKs. Any number of connections."""

    def __init__(self, broker_port: int) -> None:
        self._broker_port = broker_port
        self._is_swallowing = False
        self.swallowed_count = 0
        self.passed_count = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._begin(self._accept)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for each in (self._listener, *self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
        for each in (self._listener, *self._open):
            each.close()

    def swallow(self) -> None:
        self._is_swallowing = True

    def pass_on(self) -> None:
        self._is_swallowing = False

    def _begin(self, target: object, *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client = self._listener.accept()[0]
                broker = socket.create_connection(("127.0.0.1", self._broker_port))
                self._open += [client, broker]
                self._begin(self._pump_up, client, broker)
                self._begin(self._pump_down, broker, client)

    def _pump_down(self, broker: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while data := broker.recv(65_536):
                client.sendall(data)
        with suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)

    def _pump_up(self, client: socket.socket, broker: socket.socket) -> None:
        with suppress(OSError), client.makefile("rb") as stream:
            while packet := _packet(stream):
                if packet[0] >> 4 == 4:
                    if self._is_swallowing:
                        self.swallowed_count += 1
                        continue
                    self.passed_count += 1
                broker.sendall(packet)
        with suppress(OSError):
            broker.shutdown(socket.SHUT_RDWR)


def _packet(stream: BinaryIO) -> bytes:
    """Return the next whole MQTT packet, b"" at the end of the stream."""
    head = stream.read(1)
    size = shift = 0
    while head:
        byte = stream.read(1)
        if not byte:
            return b""
        head += byte
        size |= (byte[0] & 0x7F) << shift
        shift += 7
        if byte[0] < 0x80:
            return head + stream.read(size)
    return b""
