import json
import os
import resource
import socket
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from edge.control import ControlServer, Request
from edge.control_client import ask, stream
from telemetry.errors import TransientError
from tests.waiting import eventually


class Agent:
    """Commands of all kinds."""

    def __init__(self) -> None:
        self.is_flowing = threading.Event()

    def status(self, request: Request) -> Iterator[Mapping[str, object]]:
        yield {"ok": True, "asked": dict(request), "place": "Bắc Ninh"}

    def broken(self, request: Request) -> Iterator[Mapping[str, object]]:
        yield {"ok": True, "from": int(str(request["from_ns"]))}

    def flow(self, _: Request) -> Iterator[Mapping[str, object]]:
        number = 0
        while True:
            self.is_flowing.set()
            yield {"ok": True, "number": number}
            number += 1


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Path]:
    agent = Agent()
    path = tmp_path / "agent.sock"
    control = ControlServer(path, {"status": agent.status, "broken": agent.broken, "flow": agent.flow})
    control.start()
    yield path
    control.stop(10)
    assert not path.exists()


def test_a_question_is_answered(server: Path) -> None:
    assert ask(server, {"command": "status", "more": 1}, 5.0)["asked"] == {"command": "status", "more": 1}
    assert ask(server, {"command": "status"}, 5.0)["place"] == "Bắc Ninh"


def test_only_user_and_group_may_ask(server: Path) -> None:
    assert server.stat().st_mode & 0o777 == 0o660


def test_an_unknown_command_is_answered_with_the_known_ones(server: Path) -> None:
    with pytest.raises(TransientError, match="unknown command; known: broken, flow, status"):
        ask(server, {"command": "reboot"}, 5.0)


@pytest.mark.parametrize(
    "request_line", [b"not json\n", b"[]\n", b"5\n", b"\xff\n", b"\n", b'{"command": ["status"]}\n', b"{" * 100_000, b"[" * 60_000 + b"\n"]
)
def test_any_bytes_get_an_answer_or_a_closed_door_and_the_server_lives_on(server: Path, request_line: bytes) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(10)
        connection.connect(str(server))
        try:
            connection.sendall(request_line)
            answer = connection.makefile("rb").readline()
        except ConnectionError:
            answer = b""
    assert not answer or json.loads(answer)["ok"] is False
    assert ask(server, {"command": "status"}, 5.0)["ok"]


def test_a_request_that_makes_a_command_fail_gets_the_reason(server: Path) -> None:
    with pytest.raises(TransientError, match="from_ns"):
        ask(server, {"command": "broken"}, 5.0)
    with pytest.raises(TransientError, match="invalid literal"):
        ask(server, {"command": "broken", "from_ns": "yesterday"}, 5.0)
    assert ask(server, {"command": "status"}, 5.0)["ok"]


def test_askers_are_served_again_once_file_descriptors_are_free(server: Path, caplog: pytest.LogCaptureFixture) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(10)
        lowest_free = os.dup(connection.fileno())
        os.close(lowest_free)
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free, hard))
        try:
            connection.connect(str(server))
            eventually(lambda: "control.refused" in caplog.text)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        connection.sendall(b'{"command": "status"}\n')
        assert json.loads(connection.makefile("rb").readline())["ok"]


def test_a_stream_goes_on_until_the_reader_has_enough(server: Path) -> None:
    answers = stream(server, {"command": "flow"}, 5.0)
    assert [next(answers)["number"] for _ in range(100)] == list(range(100))
    answers.close()
    assert ask(server, {"command": "status"}, 5.0)["ok"]


def test_too_many_askers_are_turned_away_and_room_is_made_again(server: Path) -> None:
    answers = [stream(server, {"command": "flow"}, 5.0) for _ in range(8)]
    for each in answers:
        next(each)
    with pytest.raises(TransientError):
        ask(server, {"command": "status"}, 5.0)
    for each in answers:
        each.close()

    def is_answered() -> bool:
        try:
            return bool(ask(server, {"command": "status"}, 5.0))
        except TransientError:
            return False

    eventually(is_answered)


def test_stopping_ends_a_stream_whose_reader_sleeps(tmp_path: Path) -> None:
    agent = Agent()
    control = ControlServer(tmp_path / "agent.sock", {"flow": agent.flow})
    control.start()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sleeper:
        sleeper.connect(str(tmp_path / "agent.sock"))
        sleeper.sendall(b'{"command": "flow"}\n')
        assert agent.is_flowing.wait(10)
        control.stop(10)
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("control")] == []


def test_a_socket_left_behind_by_a_kill_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "agent.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as dead:
        dead.bind(str(path))
    with pytest.raises(TransientError, match="is it running"):
        ask(path, {"command": "status"}, 5.0)
    control = ControlServer(path, {"status": Agent().status})
    control.start()
    assert ask(path, {"command": "status"}, 5.0)["ok"]
    control.stop(10)


def test_without_an_agent_the_client_says_what_to_look_at(tmp_path: Path) -> None:
    with pytest.raises(TransientError, match="is it running with this config"):
        ask(tmp_path / "agent.sock", {"command": "status"}, 5.0)
