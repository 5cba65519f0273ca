"""Live: with 24 h of backlog in the spool, how long from the first contact until the newest reading is in a real InfluxDB?

The agent's uplink and client run in this process, so that the moments of contact and of each answer are exact: the store is away
while the uplink looks for it, then influxd starts. The line in the middle is either the loopback or a relay that lets 64 kbit/s through.
"""

import argparse
import socket
import statistics
import tempfile
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bench.agent_process import wait_for
from bench.report import Limit, Report
from edge.spool.settings import SpoolSettings
from edge.spool.spool import Spool
from edge.uplink.influx_target import InfluxTarget
from edge.uplink.sender import Uplink
from quanho.demo.servers import Influxd, influxql
from runtime.clock import SystemClock
from runtime.influx_answers import Action, Answer
from runtime.influx_settings import InfluxSettings
from telemetry.batch import Batch, Priority

NAME = "live"
SHORT = ("--runs", "3")
_DAY_S = 86_400
_LINES = 20  # in a record, which holds a second
_SLOW_BYTES_PER_S = 8_000


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    parser.add_argument("--runs", type=int, default=5, help="runs over each line (default 5)")


def run(options: argparse.Namespace) -> list[Report]:
    """Measure and return the report."""
    report = Report(
        f"First live point in the store after first contact, 24 h of backlog waiting, {options.runs} runs",
        ("line", "median", "most", "backlog left"),
    )
    with tempfile.TemporaryDirectory(prefix="bench-live-") as name:
        folder = Path(name)
        _fill(folder / "spool")
        for line, rate in (("loopback", None), ("64 kbit/s", _SLOW_BYTES_PER_S)):
            runs = [_delay(folder, f"{line.split()[0]}{number}", rate) for number in range(options.runs)]
            delays = [delay_s for delay_s, _ in runs]
            left = min(records for _, records in runs)
            report.rows.append((line, f"{statistics.median(delays):.3f} s", f"{max(delays):.3f} s", f"{left:,} records"))
            report.limits.append(Limit(f"first live point in the store, most, {line}", max(delays), 2.0, at_least=False, unit="s"))
    return [report]


class _WatchedTarget(InfluxTarget):
    """Notes when the store was found, and when it first took the newest second."""

    def __init__(self, settings: InfluxSettings, newest: bytes) -> None:
        super().__init__(settings)
        self._newest = newest
        self.found_s = self.stored_s = 0.0

    def connect(self) -> str:
        server = super().connect()
        self.found_s = self.found_s or time.monotonic()
        return server

    def send(self, body: bytes) -> Answer:
        answer = super().send(body)
        if not self.stored_s and answer.action is Action.ACCEPT and self._newest in _text(body):
            self.stored_s = time.monotonic()
        return answer


def _delay(folder: Path, name: str, rate: int | None) -> tuple[float, int]:
    """Return the seconds, and how many records of backlog were left at that moment."""
    store = Influxd(folder / name)
    store.start()  # the database is made while nobody looks
    influxql(store.url, "", "CREATE DATABASE day")
    store.stop()
    spool = Spool(folder / "spool", _settings(), lambda _: None)
    newest_ns = time.time_ns() // 1_000_000_000 * 1_000_000_000
    spool.append([_batch(newest_ns)])
    with _line(store.port, rate) as port:
        target = _WatchedTarget(InfluxSettings(url=f"http://127.0.0.1:{port}", database="day"), str(newest_ns).encode())
        uplink = Uplink(spool, lambda: target, SystemClock(), lambda _: None, lambda _: None, lambda _: None)
        uplink.start()
        wait_for("a look in vain", lambda: bool(uplink.state().trouble))
        with store:
            wait_for("the newest reading in the store", lambda: bool(target.stored_s))
            left = spool.backlog_records()
            points = influxql(store.url, "day", f"SELECT pm25 FROM air WHERE time = {newest_ns}")  # noqa: S608 (a number)
            uplink.stop(0.1)
    spool.close()
    if not points:
        raise RuntimeError("the store took the newest reading and does not have it")
    return target.stored_s - target.found_s, left


def _fill(folder: Path) -> None:
    spool = Spool(folder, _settings(), lambda _: None)
    end_ns = time.time_ns() - 60_000_000_000
    for begin in range(0, _DAY_S, 200):
        spool.append([_batch(end_ns - (_DAY_S - second) * 1_000_000_000) for second in range(begin, begin + 200)])
    spool.close()


def _settings() -> SpoolSettings:
    return SpoolSettings.model_validate({"quota_bytes": "1GiB"})


def _batch(at_ns: int) -> Batch:
    lines = [
        f"air,device=d{number:03},gateway=gw pm25={at_ns // 1_000_000_000 % 97 + number / 7:.1f},quality=0i {at_ns}"
        for number in range(_LINES)
    ]
    text = ("\n".join(lines) + "\n").encode()
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    return Batch("street", Priority.NORMAL, _LINES, at_ns, at_ns, packer.compress(text) + packer.flush(), len(text))


def _text(body: bytes) -> bytes:
    text = b""
    while body:
        member = zlib.decompressobj(31)
        text += member.decompress(body)
        body = member.unused_data
    return text


@contextmanager
def _line(port: int, rate: int | None) -> Iterator[int]:
    """Yield the port to connect to: the server's own, or that of a relay which lets `rate` bytes a second through, each way."""
    if rate is None:
        yield port
        return
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    threading.Thread(target=_relay, args=(listener, port, rate), daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _relay(listener: socket.socket, port: int, rate: int) -> None:
    with suppress(OSError):
        while True:
            near, _ = listener.accept()
            try:
                far = socket.create_connection(("127.0.0.1", port))
            except OSError:
                near.close()
                continue
            for pair in ((near, far), (far, near)):
                threading.Thread(target=_carry, args=(*pair, rate), daemon=True).start()


def _carry(source: socket.socket, sink: socket.socket, rate: int) -> None:
    with suppress(OSError):
        while data := source.recv(max(1, rate // 50)):
            time.sleep(len(data) / rate)
            sink.sendall(data)
    for end in (source, sink):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
