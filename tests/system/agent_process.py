"""Bad days end to end: a real agent between a broker and a store, and the account that must balance after each of them.

with servers(folder) as (broker, influxd):         # shared by the tests of a module
    street = Street(folder / "one", broker.port, influxd.url)       # a database, a topic and a state folder of its own
    with AgentProcess(street.config) as agent:
        street.publish(range(100))                 # QoS 1: returns when the broker has them
        ...
    street.check_stored(range(100))                # each (device, n) exactly once, counted by InfluxQL
"""

import itertools
import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

from edge.agent import Agent
from edge.config import MqttSource
from edge.config_file import load_agent_config
from edge.control_client import ask
from edge.sources.source import SourceState
from edge.spool.files import Files
from edge.spool.set_aside import read_set_aside
from edge.uplink.probe import Patience
from quanho.demo.influxql import Row, influxql
from quanho.demo.servers import OUR_BROKER_SETTINGS, Influxd, MissingServer, Mosquitto
from runtime.backoff import Backoff
from telemetry.errors import TransientError
from tests.stand_ins.qos1_publisher import publish
from tests.waiting import eventually

ROOT = Path(__file__).parents[2]
STARTED_WITHIN_S = 60.0  # twenty are not enough where many tests share two cores
QUICK = Patience(retry=Backoff(0.05, 0.2), hold_s=0.2)

_numbers = itertools.count(1)


@contextmanager
def servers(folder: Path) -> Iterator[tuple[Mosquitto, Influxd]]:
    """A broker with the settings we ship and an InfluxDB, for as many streets as you like."""
    try:
        with Mosquitto(folder / "mosquitto", OUR_BROKER_SETTINGS) as broker, Influxd(folder / "influxd") as influxd:
            yield broker, influxd
    except MissingServer as missing:
        pytest.skip(str(missing))  # .ci/run counts such a skip as a failure


class Street:
    """One gateway's config and state, with a topic and a database that no other test uses. Readings are `{"n": number}`."""

    def __init__(self, folder: Path, broker_port: int, store_url: str, **changes: Mapping[str, object]) -> None:
        """`changes` are keys for the tables gateway, clock, spool, uplink, source and decoder."""
        folder.mkdir(parents=True, exist_ok=True)
        self.name = f"street{next(_numbers)}"
        self.broker_port, self.store_url = broker_port, store_url
        self.state_dir = folder / "state"
        self.config = folder / "edge.toml"
        tables: dict[str, dict[str, object]] = {
            "gateway": {"site": "bn", "id": self.name, "state_dir": str(self.state_dir), "metrics_every_s": 3600},
            "clock": {"trust": "host"},
            "spool": {"batch_age_ms": 100},
            "uplink": {"kind": "influx", "url": store_url, "database": self.name},
            "source": {
                "id": "street",
                "kind": "mqtt",
                "host": "127.0.0.1",
                "port": broker_port,
                "topics": [f"{self.name}/{{device}}"],
                "reconnect_first_s": 0.1,
                "reconnect_ceiling_s": 0.5,
            },
            "decoder": {"kind": "json", "measurement": "reading"},
        }
        kind = changes.get("source", {}).get("kind", "mqtt")
        if kind != "mqtt":
            tables["source"] = {"id": "street"}
        if kind == "link":
            del tables["decoder"]
        for table, keys in changes.items():
            tables[table].update(keys)
        heads = {"source": "[[source]]", "decoder": "[source.decoder]"}
        text = [heads.get(table, f"[{table}]") + "\n" + "".join(map(_toml_line, keys.items())) for table, keys in tables.items()]
        self.config.write_text("\n".join(text), encoding="utf-8")

    def make_database(self) -> None:
        influxql(self.store_url, "", f'CREATE DATABASE "{self.name}"')

    def agent(self, files: Files | None = None) -> Agent:
        """An agent for this process, with impatient retries; `files` is where faults are injected."""
        return Agent(load_agent_config(self.config), files=files, patience=QUICK)

    # -- what comes in -------------------------------------------------------------------------------------------------

    def publish(self, numbers: Iterable[int], device: str = "d1") -> None:
        self.publish_raw(device, [json.dumps({"n": number}).encode() for number in numbers])

    def publish_raw(self, device: str, payloads: Iterable[bytes]) -> None:
        publish(self.broker_port, ((f"{self.name}/{device}", payload) for payload in payloads))

    # -- what became of it ---------------------------------------------------------------------------------------------

    def query(self, text: str) -> list[Row]:
        return influxql(self.store_url, self.name, text)

    def stored_count(self) -> int:
        rows = self.query("SELECT count(n) FROM reading")
        return int(rows[0]["count"]) if rows else 0

    def stored(self) -> Counter[tuple[str, int]]:
        """How many points the store holds of each (device, n)."""
        return Counter((row["device"], int(row["n"])) for row in self.query("SELECT n, device FROM reading"))

    def wait_stored(self, count: int, within_s: float = 30.0) -> None:
        eventually(lambda: self.stored_count() >= count, within_s, f"{count} points in the store")

    def check_stored(self, numbers: Iterable[int], device: str = "d1") -> None:
        """Fail unless the device's numbers, and no others, are in the store exactly once."""
        wanted = {(device, number) for number in numbers}
        found = Counter({key: count for key, count in self.stored().items() if key[0] == device})
        missing, doubled, strange = wanted - found.keys(), [key for key, count in found.items() if count > 1], found.keys() - wanted
        assert (sorted(missing)[:10], doubled[:10], sorted(strange)[:10]) == ([], [], [])

    def set_aside(self) -> list[dict[str, object]]:
        return list(read_set_aside(self.state_dir / "spool" / "set-aside"))

    def set_aside_payloads(self) -> Counter[str]:
        """What of the messages that yielded no reading is kept."""
        return Counter(str(entry["payload"]) for entry in self.set_aside() if "payload" in entry)

    def ledger(self) -> dict[str, int]:
        """What the store's ledger says: losses by reason. What came late from the broker's queue is none."""
        rows = self.query('SELECT sum("count") FROM ledger GROUP BY "reason"')
        return {row["reason"]: int(row["sum"]) for row in rows if row["reason"] != "broker queue"}


class AgentProcess:
    """`quanho edge run` as a child process. Leaving the block ends it as systemd would and checks that it ended well."""

    def __init__(self, config: Path, *, waits_for_sources: bool = True) -> None:
        self.config = config
        self._waits_for_sources = waits_for_sources
        self.log = config.with_name("agent.log")
        self._socket = load_agent_config(config).control_socket
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Return once the sources are connected, and what they subscribe is granted: what is published then is not lost."""
        self._launch()
        eventually(self.is_connected, STARTED_WITHIN_S, f"sources connected\n{self.log.read_text()[-2000:]}")
        eventually(self._is_subscribed, STARTED_WITHIN_S, "subscriptions granted")

    def start_at_once(self) -> None:
        """Return once it answers, connected or not."""
        self._launch()
        eventually(self.status, STARTED_WITHIN_S, "an agent that answers")

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        process, self._process = self._process, None
        if process:
            process.kill()
            process.wait(10)

    def terminate(self) -> int:
        """Ask the agent to end and return its exit code."""
        process, self._process = self._process, None
        assert process is not None
        process.send_signal(signal.SIGTERM)
        return process.wait(30)

    def status(self) -> dict[str, Any]:
        """The agent's own view, {} while it does not answer."""
        try:
            return ask(self._socket, {"command": "status"}, 5.0)
        except TransientError:
            return {}

    def is_connected(self) -> bool:
        status = self.status()
        return bool(status) and all(source["connected"] for source in status["sources"])

    def _is_subscribed(self) -> bool:
        """The memory of a session (runtime/mqtt_subscriptions.py) names a filter when the broker has granted it."""
        loaded = load_agent_config(self.config)
        wanted = [(one, loaded.gateway.state_dir / f"mqtt-{one.id}.json") for one in loaded.source if isinstance(one, MqttSource)]
        return all(file.exists() and set(one.filters) <= set(json.loads(file.read_bytes())["filters"]) for one, file in wanted)

    def __enter__(self) -> Self:
        try:
            if self._waits_for_sources:
                self.start()
            else:
                self.start_at_once()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind or self._process is None:
            self.kill()
            return
        assert self.terminate() == 0, self.log.read_text()[-4000:]
        assert "Traceback" not in self.log.read_text(), self.log.read_text()[-4000:]

    def _launch(self) -> None:
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "quanho", "edge", "run", "--config", str(self.config)]
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=ROOT)


@contextmanager
def running(agent: Agent) -> Iterator[Agent]:
    """Run an agent inside this process; it drains and stops at the end."""
    agent.start()
    try:
        yield agent
    finally:
        agent.drain(10.0)
        agent.stop(10.0)


def connected(agent: Agent) -> None:
    """Wait until every source is connected, and what waited for it at the broker has come: only then is a message new for certain."""
    eventually(lambda: all(_is_ready(source.state()) for source in agent.sources), 20.0, "sources connected")


def _is_ready(state: SourceState) -> bool:
    return state.connected and "catching up" not in state.detail


def edge_command(verb: str, config: Path, *arguments: str, within_s: float = 30.0) -> subprocess.CompletedProcess[str]:
    """Run `quanho --lang en edge VERB` to its end."""
    command = [sys.executable, "-m", "quanho", "--lang", "en", "edge", verb, "--config", str(config), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=within_s, check=False)


def monotonic_s() -> float:
    return time.monotonic()


def _toml_line(item: tuple[str, object]) -> str:
    key, value = item
    return f"{key} = {json.dumps(value)}\n"
