import os
import socket
from pathlib import Path

import pytest

from runtime.sd_notify import READY, WATCHDOG, notify, watchdog_s


@pytest.mark.parametrize("address", ["path", "abstract"])
def test_states_arrive_as_one_datagram(tmp_path: Path, address: str) -> None:
    name = str(tmp_path / "notify") if address == "path" else f"\0quanho-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(name)
        assert notify(READY, "STATUS=ok", environment={"NOTIFY_SOCKET": name.replace("\0", "@")})
        assert listener.recv(100) == b"READY=1\nSTATUS=ok"


@pytest.mark.parametrize("environment", [{}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "relative"}, {"NOTIFY_SOCKET": "/nowhere/at/all"}])
def test_nobody_listening_is_no_error(environment: dict[str, str]) -> None:
    assert not notify(WATCHDOG, environment=environment)


def test_watchdog_time_is_for_this_process_only() -> None:
    assert watchdog_s({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}) == 30.0
    assert watchdog_s({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}) is None
    assert watchdog_s({"WATCHDOG_USEC": "soon"}) is None
    assert watchdog_s({}) is None
