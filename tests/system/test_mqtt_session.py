"""The MQTT session against a real mosquitto: sessions, restarts, TLS, passwords, a flood."""

import os
import shutil
import socket
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import pytest

from quanho.demo.servers import OUR_BROKER_SETTINGS, Mosquitto
from runtime.tls import TrustedTime
from tests.runtime.mqtt_recorder import Recorder
from tests.stand_ins.certificates import Authority
from tests.waiting import eventually

pytestmark = pytest.mark.server

VERSIONS = pytest.mark.parametrize("version", ["5", "3.1.1"])


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path / "broker", (*OUR_BROKER_SETTINGS, "sys_interval 1")) as running:
        yield running


@contextmanager
def running(recorder: Recorder) -> Iterator[Recorder]:
    recorder.session.start()
    try:
        yield recorder
    finally:
        recorder.session.stop(10)


@contextmanager
def subscribed(recorder: Recorder) -> Iterator[Recorder]:
    with running(recorder):
        eventually(lambda: recorder.session.state().connected, what=str(recorder.session.state()))
        yield recorder


def publish(port: int, payloads: list[bytes]) -> None:
    """Publish lines with QoS 1 and return when the broker has acknowledged them all."""
    command = ["mosquitto_pub", "-h", "127.0.0.1", "-p", str(port), "-q", "1", "-t", "site/a", "-l"]
    subprocess.run(command, input=b"".join(payload + b"\n" for payload in payloads), check=True)


def numbered(count: int) -> list[bytes]:
    return [str(number).encode() for number in range(count)]


@VERSIONS
def test_messages_of_our_absence_arrive_after_a_restart_of_the_client(broker: Mosquitto, tmp_path: Path, version: str) -> None:
    file = tmp_path / "mqtt.json"
    with subscribed(Recorder(broker.port, version=version, state_file=file)):
        eventually(lambda: file.exists() and b"site/#" in file.read_bytes())
    publish(broker.port, numbered(50))
    with subscribed(Recorder(broker.port, version=version, state_file=file)) as again:
        eventually(lambda: again.payloads == numbered(50))
        assert again.session.state().session_present


@VERSIONS
def test_a_retained_message_is_not_sent_again_to_a_resumed_session(broker: Mosquitto, tmp_path: Path, version: str) -> None:
    file = tmp_path / "mqtt.json"
    subprocess.run(["mosquitto_pub", "-h", "127.0.0.1", "-p", str(broker.port), "-t", "site/r", "-m", "kept", "-r", "-q", "1"], check=True)
    with subscribed(Recorder(broker.port, version=version, state_file=file)) as first:
        eventually(lambda: [message.retain for message in first.messages] == [True])
    with subscribed(Recorder(broker.port, version=version, state_file=file)) as again:
        publish(broker.port, [b"after"])
        eventually(lambda: again.payloads == [b"after"])


@VERSIONS
def test_a_flood_of_fifty_thousand_is_delivered_once_each(broker: Mosquitto, version: str) -> None:
    with subscribed(Recorder(broker.port, version=version)):
        pass
    publish(broker.port, numbered(50_000))
    with subscribed(Recorder(broker.port, version=version)) as recorder:
        eventually(lambda: len(recorder.messages) >= 50_000, within_s=60)
        assert recorder.payloads == numbered(50_000)
        eventually(lambda: recorder.session.state().acks_sent == 50_000)


@VERSIONS
def test_connections_killed_in_mid_flow_lose_and_double_nothing(broker: Mosquitto, version: str) -> None:
    with subscribed(Recorder(broker.port, version=version)):
        pass
    publish(broker.port, numbered(20_000))
    with CuttingProxy(broker.port) as proxy, running(Recorder(proxy.port, version=version)) as recorder:
        for bytes_between_cuts in (3_000, 50_000, 10_001, 100_000):
            proxy.cut_after(bytes_between_cuts)
            eventually(lambda: proxy.has_cut)
        eventually(lambda: len(recorder.messages) >= 20_000, within_s=30)
        eventually(lambda: recorder.session.state().pending == 0)
        assert [payload for payload, times in Counter(recorder.payloads).items() if times > 1] == []
        assert recorder.payloads == numbered(20_000)
    with subscribed(Recorder(broker.port, version=version)) as after:
        publish(broker.port, [b"last"])
        eventually(lambda: after.payloads == [b"last"])


@VERSIONS
def test_a_restarted_broker_is_found_again_with_its_session(broker: Mosquitto, version: str) -> None:
    with subscribed(Recorder(broker.port, version=version)) as recorder:
        publish(broker.port, [b"before"])
        eventually(lambda: recorder.payloads == [b"before"])
        broker.restart()
        eventually(lambda: recorder.session.state().connected and len(recorder.states) >= 3)
        assert recorder.session.state().session_present
        publish(broker.port, [b"after"])
        eventually(lambda: recorder.payloads == [b"before", b"after"])


def test_a_broker_that_lost_its_sessions_gets_no_old_acknowledgement(broker: Mosquitto) -> None:
    with subscribed(Recorder(broker.port, at_once=False)) as recorder:
        publish(broker.port, numbered(10))
        eventually(lambda: len(recorder.messages) == 10)
        broker.kill()
        broker.forget_sessions()
        broker.start()
        eventually(lambda: recorder.session.state().generation == 2)
        publish(broker.port, [b"new"])
        eventually(lambda: recorder.payloads[10:] == [b"new"])
        for index in range(len(recorder.deliveries) - 1):
            recorder.acknowledge(index)
        assert recorder.session.state().acks_discarded == 10
        assert recorder.session.state().pending == 1


def test_what_the_broker_dropped_is_counted(tmp_path: Path) -> None:
    with Mosquitto(tmp_path / "broker", ("max_queued_messages 5", "sys_interval 1")) as broker:
        file = tmp_path / "mqtt.json"
        with subscribed(Recorder(broker.port, state_file=file)):
            # The marker must be back too: one that still waits at the broker takes a place in its queue, and an eighth message is dropped.
            seen = (b'"dropped": 0', b'"marker_returns": true')
            eventually(lambda: file.exists() and all(part in file.read_bytes() for part in seen), within_s=30)
        publish(broker.port, numbered(12))
        with subscribed(Recorder(broker.port, state_file=file)) as recorder:
            eventually(lambda: sum(recorder.drops) == 7, within_s=30)
            assert recorder.payloads == numbered(5)


def test_a_password_comes_from_its_file_and_a_wrong_one_is_a_clear_state(tmp_path: Path) -> None:
    users, secret = tmp_path / "users", tmp_path / "password"
    users.touch()
    subprocess.run(["mosquitto_passwd", "-b", str(users), "edge", "right"], check=True, capture_output=True)
    secret.touch(0o600)
    secret.write_text("wrong\n")
    with ExitStack() as stack:
        broker = stack.enter_context(Mosquitto(tmp_path / "broker", ("allow_anonymous false", f"password_file {users}")))
        recorder = stack.enter_context(running(Recorder(broker.port, username="edge", password_file=secret)))
        eventually(lambda: "refuses the connection: Not authorized" in str(recorder.session.state().last_error))
        secret.write_text("right\n")
        eventually(lambda: recorder.session.state().connected)


@VERSIONS
def test_tls_with_a_client_certificate_carries_large_messages(tmp_path: Path, version: str) -> None:
    make_certificates(tmp_path)
    settings = ("require_certificate true", *(f"{key} {tmp_path / name}" for key, name in SERVER_FILES.items()))
    tls = {"ca_file": tmp_path / "ca.pem", "cert_file": tmp_path / "edge.pem", "key_file": tmp_path / "edge.key"}
    payloads = [bytes([number]) * 200_000 for number in range(20)]
    with Mosquitto(tmp_path / "broker", settings) as broker, subscribed(Recorder(broker.port, version=version, tls=tls)) as recorder:
        with_tls(broker.port, tmp_path, payloads)
        eventually(lambda: recorder.payloads == payloads)


def test_a_broker_with_a_foreign_certificate_is_refused(tmp_path: Path) -> None:
    make_certificates(tmp_path)
    (tmp_path / "else").mkdir()
    make_certificates(tmp_path / "else")
    settings = tuple(f"{key} {tmp_path / name}" for key, name in SERVER_FILES.items())
    tls = {"ca_file": tmp_path / "else" / "ca.pem"}
    with Mosquitto(tmp_path / "broker", settings) as broker, running(Recorder(broker.port, tls=tls)) as recorder:
        eventually(lambda: "certificate verify failed" in str(recorder.session.state().last_error))


@VERSIONS
def test_dates_of_the_broker_s_certificate_wait_for_trusted_time(tmp_path: Path, version: str) -> None:
    authority = Authority(tmp_path / "ca")
    server = authority.issue("server", 2020, 2022)
    server.key_file.chmod(0o644)  # mosquitto may run as another user; a key of this test only
    settings = (f"certfile {server.file}", f"keyfile {server.key_file}")
    trusted: list[int] = []
    with Mosquitto(tmp_path / "broker", (*OUR_BROKER_SETTINGS, *settings)) as broker, ExitStack() as stack:

        def connecting(trusted_ns: TrustedTime | None, ca_file: Path = authority.file) -> Recorder:
            return stack.enter_context(running(Recorder(broker.port, version=version, tls={"ca_file": ca_file}, trusted_ns=trusted_ns)))

        recorder = connecting(lambda: trusted[-1] if trusted else None)
        eventually(lambda: recorder.session.state().connected)
        trusted.append(int(datetime(2030, 1, 1, tzinfo=UTC).timestamp()) * 10**9)
        eventually(lambda: "valid from 2020-01-01 00:00:00 UTC until 2022-01-01" in str(recorder.session.state().last_error))
        eventually(lambda: not recorder.session.state().connected)
        trusted.append(int(datetime(2021, 1, 1, tzinfo=UTC).timestamp()) * 10**9)
        eventually(lambda: recorder.session.state().connected)
        recorder.session.stop(10)
        stranger = connecting(lambda: None, Authority(tmp_path / "else", "stranger").file)
        eventually(lambda: "certificate verify failed" in str(stranger.session.state().last_error))
        assert not stranger.session.state().connected
        stranger.session.stop(10)
        as_ever = connecting(None)
        eventually(lambda: "certificate has expired" in str(as_ever.session.state().last_error))


SERVER_FILES = {"cafile": "ca.pem", "certfile": "server.pem", "keyfile": "server.key"}


def make_certificates(folder: Path) -> None:
    """An authority, a certificate for 127.0.0.1 and one for a client, as an operator makes them with openssl."""

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=test authority")
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
    for name in ("server", "edge"):
        openssl("req", *key, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        issue = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "names")
        openssl("x509", "-req", "-in", f"{name}.csr", *issue, "-out", f"{name}.pem")
        os.chmod(folder / f"{name}.key", 0o644)  # noqa: PTH101 -- mosquitto may run as another user; a key of this test only


def with_tls(port: int, folder: Path, payloads: list[bytes]) -> None:
    program = shutil.which("mosquitto_pub")
    files = ["--cafile", str(folder / "ca.pem"), "--cert", str(folder / "edge.pem"), "--key", str(folder / "edge.key")]
    for payload in payloads:
        command = [str(program), "-h", "127.0.0.1", "-p", str(port), "-q", "1", "-t", "site/tls", "-s", *files]
        subprocess.run(command, input=payload, check=True)


class CuttingProxy:
    """Passes bytes between one client at a time and the broker, and cuts when told to."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._left: int | None = None
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._left = 0
        self._listener.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
        self._listener.close()

    def cut_after(self, count: int) -> None:
        """Cut once `count` more bytes have come from the broker."""
        self._left = count

    @property
    def has_cut(self) -> bool:
        return self._left is None

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client = self._listener.accept()[0]
                with client, socket.create_connection(("127.0.0.1", self._target)) as broker:
                    upward = threading.Thread(target=self._pump, args=(client, broker))
                    upward.start()
                    self._pump_down(broker, client)
                    for end in (client, broker):
                        with suppress(OSError):
                            end.shutdown(socket.SHUT_RDWR)
                    upward.join(10)

    def _pump_down(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(4096):
                if self._left is not None:
                    if self._left <= len(data):
                        sink.sendall(data[: self._left])
                        self._left = None
                        return
                    self._left -= len(data)
                sink.sendall(data)

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(4096):
                sink.sendall(data)
