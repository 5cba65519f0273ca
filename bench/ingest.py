"""Ingest: QoS 1 → decode → normalise → spool (fsync) → acknowledge → InfluxDB, beside a bare paho subscriber that only counts.

Both read from the same broker settings under the same flood, in turn, with a fresh broker each time. The rate is messages
finished a second over a window after a warm-up: for the agent those that are durable and acknowledged (a real influxd takes
them meanwhile, on the same cores), for paho those that `on_message` has had.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from bench.agent_process import AgentProcess, memory_of
from bench.asked import AskedProgram, rates, timed
from bench.generator import messages
from bench.report import Limit, Report, spread
from quanho.demo.servers import Influxd, Mosquitto, influxql

NAME = "ingest"
SHORT = ("--runs", "3", "--seconds", "4", "--versions", "5", "--brokers", "ours")
DATABASE = "bench"
_MESSAGES = 100_000
_WARM_UP_S = 2.0


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    parser.add_argument("--runs", type=int, default=5, help="runs of each side, in turn (default 5)")
    parser.add_argument("--seconds", type=float, default=8.0, help="length of a window (default 8)")
    parser.add_argument("--versions", nargs="+", choices=["5", "3.1.1"], default=["5", "3.1.1"], help="MQTT versions")
    parser.add_argument("--brokers", nargs="+", choices=["ours", "debian"], default=["ours", "debian"], help="broker settings")
    parser.add_argument("--thingsboard", action="store_true", help="also beside ThingsBoard gateway 3.8.5 (installs it; minutes)")


@dataclass(frozen=True, slots=True)
class Setting:
    """One line of the table."""

    version: str
    broker: str

    def mosquitto(self, folder: Path) -> Mosquitto:
        """Return the broker, not yet started."""
        if self.broker == "debian":
            return Mosquitto(folder, debian_defaults=True)
        lines = (Path(__file__).parent / "mosquitto.conf").read_text(encoding="utf-8").splitlines()
        return Mosquitto(folder, [line for line in lines if line and not line.startswith("#")])


@dataclass(frozen=True, slots=True)
class Window:
    """What one window gave: messages finished and messages published a second, and the agent's most memory in bytes."""

    finished: float
    published: float
    most_rss: int = 0


def run(options: argparse.Namespace) -> list[Report]:
    """Measure and return the report."""
    columns = ("MQTT", "broker", "agent, messages/s", "of published/s", "bare paho, messages/s", "of published/s", "ratio")
    report = Report(f"Ingest, median (least to most) of {options.runs} alternating runs of {options.seconds:g} s", columns)
    with tempfile.TemporaryDirectory(prefix="bench-ingest-") as name:
        folder = Path(name)
        file = write_messages(folder)
        for broker in options.brokers:
            for version in options.versions:
                _compare(report, folder, Setting(version, broker), file, options)
    reports = [report]
    if options.thingsboard:
        from bench import thingsboard

        reports.append(thingsboard.measure(options))
    return reports


def write_messages(folder: Path, count: int = _MESSAGES) -> Path:
    """Write the generator's messages for bench.flood."""
    file = folder / "messages"
    with file.open("wb") as out:
        for topic, payload in messages(count):
            out.write(topic.encode() + b"\t" + payload + b"\n")
    return file


def agent_window(folder: Path, setting: Setting, file: Path, seconds: float, watch: Callable[[int], None] | None = None) -> Window:
    """Run the agent with broker and store under the flood; `watch` gets its process id after the warm-up."""
    with setting.mosquitto(folder / "broker") as broker, Influxd(folder / "influx") as store:
        influxql(store.url, "", f"CREATE DATABASE {DATABASE}")
        with AgentProcess(folder / "agent", broker.port, store.url, DATABASE, version=setting.version) as agent:
            agent.wait_connected()
            with AskedProgram("bench.flood", broker.port, file) as publisher:
                time.sleep(_WARM_UP_S)
                if watch:
                    watch(agent.pid)
                finished, published = rates(seconds, partial(timed, agent.durable_lines), publisher.mark)
                return Window(finished, published, memory_of(agent.pid).most)


def paho_window(folder: Path, setting: Setting, file: Path, seconds: float) -> Window:
    """Run the bare subscriber under the flood."""
    with (
        setting.mosquitto(folder / "broker") as broker,
        AskedProgram("bench.paho_subscriber", broker.port, setting.version, "site/+/air/+") as subscriber,
        AskedProgram("bench.flood", broker.port, file) as publisher,
    ):
        time.sleep(_WARM_UP_S)
        finished, published = rates(seconds, subscriber.mark, publisher.mark)
        return Window(finished, published)


def _compare(report: Report, folder: Path, setting: Setting, file: Path, options: argparse.Namespace) -> None:
    ours: list[Window] = []
    theirs: list[Window] = []
    for number in range(options.runs):
        place = folder / f"{setting.broker}-{setting.version}-{number}"
        theirs.append(paho_window(place / "paho", setting, file, options.seconds))
        ours.append(agent_window(place / "agent", setting, file, options.seconds))
    ratio = median(window.finished for window in ours) / median(window.finished for window in theirs)
    cells = [text for side in (ours, theirs) for text in (spread([w.finished for w in side]), spread([w.published for w in side]))]
    report.rows.append((setting.version, setting.broker, *cells, ratio))
    report.limits.append(Limit(f"agent ÷ bare paho, MQTT {setting.version}, broker settings {setting.broker}", ratio, 1.0, at_least=True))
