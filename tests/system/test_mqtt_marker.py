"""What waited at a real mosquitto while we were away is told from what is new by our own marker."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from quanho.demo.servers import OUR_BROKER_SETTINGS, Mosquitto
from tests.runtime.mqtt_recorder import Recorder
from tests.stand_ins.qos1_publisher import publish
from tests.waiting import eventually

pytestmark = pytest.mark.server

VERSIONS = pytest.mark.parametrize("version", ["5", "3.1.1"])
WINDOWS = pytest.mark.parametrize("window", ["0", "20"])


@contextmanager
def subscribed(recorder: Recorder) -> Iterator[Recorder]:
    recorder.session.start()
    try:
        eventually(lambda: recorder.session.state().connected, what=str(recorder.session.state()))
        yield recorder
    finally:
        recorder.session.stop(10)


def numbered(count: int, first: int = 0) -> list[bytes]:
    return [str(number).encode() for number in range(first, first + count)]


def send(broker: Mosquitto, payloads: list[bytes], topic: str = "site/a") -> None:
    publish(broker.port, ((topic, payload) for payload in payloads))


def send_once(broker: Mosquitto, payload: str, *options: str) -> None:
    subprocess.run(["mosquitto_pub", "-h", "127.0.0.1", "-p", str(broker.port), "-t", "site/a", "-m", payload, *options], check=True)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path / "broker", OUR_BROKER_SETTINGS) as running:
        yield running


def away(broker: Mosquitto, version: str, memory: Path | None = None) -> None:
    """Have a session, and leave it."""
    with subscribed(Recorder(broker.port, version=version, state_file=memory)) as recorder:
        send(broker, [b"early"])
        eventually(lambda: recorder.payloads == [b"early"])
        assert recorder.queued == [], "a new session has nothing that waited"


@VERSIONS
@WINDOWS
def test_exactly_what_came_while_we_were_away_has_waited(tmp_path: Path, version: str, window: str) -> None:
    with Mosquitto(tmp_path / "broker", (*OUR_BROKER_SETTINGS, f"max_inflight_messages {window}")) as broker:
        away(broker, version)
        send(broker, numbered(500))
        with subscribed(Recorder(broker.port, version=version)) as again:
            eventually(lambda: again.caught_up_at)
            send(broker, numbered(500, 500))
            eventually(lambda: len(again.messages) == 1000)
            assert again.payloads == numbered(1000)
            assert again.queued == numbered(500)
            assert again.caught_up_at == [500]
            eventually(lambda: again.session.state().acks_sent == 1000)
            assert (again.session.state().received, again.session.state().pending) == (1000, 0)


@VERSIONS
def test_a_cut_in_the_middle_of_the_queue_leaves_the_rest_waiting(broker: Mosquitto, version: str) -> None:
    away(broker, version)
    send(broker, numbered(40))
    first = Recorder(broker.port, version=version, at_once=False)
    with subscribed(first):
        eventually(lambda: first.caught_up_at == [40] if version == "5" else len(first.messages) == 40)
    send(broker, numbered(10, 40))
    with subscribed(Recorder(broker.port, version=version)) as again:
        eventually(lambda: again.caught_up_at == [50])
        send(broker, [b"live"])
        eventually(lambda: len(again.messages) == 51)
        assert again.queued == numbered(50)


@VERSIONS
def test_what_is_published_while_the_queue_drains_is_delivered_in_order(tmp_path: Path, version: str) -> None:
    with Mosquitto(tmp_path / "broker", (*OUR_BROKER_SETTINGS, "max_inflight_messages 20")) as broker:
        away(broker, version)
        send(broker, numbered(200))
        again = Recorder(broker.port, version=version)
        again.gate.clear()
        with subscribed(again):
            send(broker, numbered(50, 200))
            again.gate.set()
            eventually(lambda: len(again.messages) == 250)
            assert again.payloads == numbered(250)
            eventually(lambda: again.caught_up_at)
            assert again.queued[:200] == numbered(200)
            assert again.queued == numbered(len(again.queued))


@VERSIONS
def test_a_marker_that_a_full_queue_cannot_take_does_not_end_the_waiting_early(tmp_path: Path, version: str) -> None:
    settings = ("max_queued_messages 30", "max_inflight_messages 20")
    with Mosquitto(tmp_path / "broker", settings) as broker:
        away(broker, version)
        send(broker, numbered(100))
        with subscribed(Recorder(broker.port, version=version)) as again:
            eventually(lambda: again.caught_up_at)
            kept = len(again.messages)
            assert again.queued == numbered(kept)
            assert kept < 100
            send(broker, [b"live"])
            eventually(lambda: again.payloads[kept:] == [b"live"])
            assert len(again.queued) == kept


@VERSIONS
@pytest.mark.parametrize("filters", [("#",), ("site/#", "quanho/#")])
def test_a_filter_that_takes_in_the_markers_of_everybody_changes_nothing(broker: Mosquitto, version: str, filters: tuple[str, ...]) -> None:
    with subscribed(Recorder(broker.port, version=version, topics=filters)):
        pass
    send(broker, numbered(100))
    send(broker, [b"somebody's"], "quanho/marker/somebody")
    with subscribed(Recorder(broker.port, version=version, topics=filters)) as again:
        eventually(lambda: again.caught_up_at == [100])
        send(broker, [b"somebody's"], "quanho/marker/somebody")
        send(broker, [b"live"])
        eventually(lambda: len(again.messages) > 100)
        assert again.payloads == [*numbered(100), b"live"]
        assert again.queued == numbered(100)


@VERSIONS
def test_a_source_with_qos_0_is_caught_up_at_once(broker: Mosquitto, version: str) -> None:
    with subscribed(Recorder(broker.port, version=version, qos=0)):
        pass
    send(broker, numbered(10))
    with subscribed(Recorder(broker.port, version=version, qos=0)) as again:
        eventually(lambda: again.caught_up_at == [0])
        send(broker, [b"live"])
        eventually(lambda: again.payloads == [b"live"])
        assert again.queued == []


@VERSIONS
def test_a_qos_0_message_overtakes_what_waits(tmp_path: Path, version: str) -> None:
    """Mosquitto's doing: such a message counts as one that has waited."""
    with Mosquitto(tmp_path / "broker", (*OUR_BROKER_SETTINGS, "max_inflight_messages 20")) as broker:
        away(broker, version)
        send(broker, numbered(100))
        with subscribed(Recorder(broker.port, version=version, at_once=False, receive_maximum=20)) as again:
            eventually(lambda: len(again.messages) == 20)
            send_once(broker, "quick")
            eventually(lambda: len(again.messages) == 21)
            assert again.payloads[20] == b"quick"
            assert again.queued == again.payloads


@VERSIONS
def test_a_retained_message_keeps_its_flag_and_has_not_waited(broker: Mosquitto, version: str) -> None:
    send_once(broker, "kept", "-r", "-q", "1")
    with subscribed(Recorder(broker.port, version=version)) as recorder:
        send_once(broker, "live", "-q", "1")
        eventually(lambda: len(recorder.messages) == 2)
        assert sorted((message.payload, message.retain, message.queued) for message in recorder.messages) == [
            (b"kept", True, False),
            (b"live", False, False),
        ]


@pytest.fixture
def broker_with_acl(tmp_path: Path) -> Iterator[Mosquitto]:
    access = tmp_path / "acl"
    access.write_text("topic readwrite site/#\n")
    with Mosquitto(tmp_path / "broker", (*OUR_BROKER_SETTINGS, f"acl_file {access}")) as running:
        yield running


@VERSIONS
def test_where_the_acl_forbids_the_marker_the_first_pause_ends_the_waiting(
    broker_with_acl: Mosquitto, tmp_path: Path, version: str, caplog: pytest.LogCaptureFixture
) -> None:
    broker, memory = broker_with_acl, tmp_path / "mqtt.json"
    away(broker, version, memory)
    send(broker, numbered(50))
    with subscribed(Recorder(broker.port, version=version, state_file=memory)) as again:
        eventually(lambda: again.caught_up_at == [50])
        send(broker, [b"live"])
        eventually(lambda: len(again.messages) == 51)
        assert again.queued == numbered(50)
        assert again.session.state().last_error is None
    assert b'"marker_returns": false' in memory.read_bytes()
    assert caplog.text.count("mqtt.marker_lost") == 1


@VERSIONS
def test_the_acl_lines_of_the_documentation_let_the_marker_through(tmp_path: Path, version: str) -> None:
    access, memory = tmp_path / "acl", tmp_path / "mqtt.json"
    access.write_text("topic readwrite site/#\npattern readwrite quanho/marker/%c\n")
    with Mosquitto(tmp_path / "broker", (*OUR_BROKER_SETTINGS, f"acl_file {access}")) as broker:
        with subscribed(Recorder(broker.port, version=version, state_file=memory)):
            eventually(lambda: memory.exists() and b'"marker_returns": true' in memory.read_bytes())
        send(broker, numbered(50))
        with subscribed(Recorder(broker.port, version=version, state_file=memory)) as again:
            eventually(lambda: again.caught_up_at == [50])
            assert again.queued == numbered(50)
