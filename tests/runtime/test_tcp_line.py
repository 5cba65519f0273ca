"""A TCP connection that comes and goes."""

import socket
from random import Random

import pytest

from runtime.clock import SystemClock
from runtime.tcp_line import TcpLine
from telemetry.errors import TransientError


class StandingClock(SystemClock):
    """Stands until it is moved."""

    now_s = 100.0

    def monotonic_s(self) -> float:
        return self.now_s


@pytest.mark.parametrize("host", ["meter..local", "a" * 80, "met\0er"])
def test_a_name_that_cannot_be_one_is_a_connection_that_is_not_there(host: str) -> None:
    line = TcpLine(host, 502, StandingClock(), Random(1))
    assert not line.open()
    assert line.last_error
    with pytest.raises(TransientError, match="no connection"):
        line.send(b"\0")


def test_what_was_closed_is_opened_again_after_a_pause() -> None:
    clock = StandingClock()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        line = TcpLine("127.0.0.1", server.getsockname()[1], clock, Random(1))
        assert line.open()
        with server.accept()[0]:
            pass
        assert line.receive(5.0) == b""
        assert "closed by the other side" in line.last_error
        assert not line.open()  # the pause
        clock.now_s += 30.0
        assert line.open()
        with server.accept()[0] as other:
            line.send(b"question")
            assert other.recv(100) == b"question"
            other.sendall(b"answer")
            assert line.receive(5.0) == b"answer"
            assert line.receive(0.0) == b""
        line.close()
    assert not line.is_open
