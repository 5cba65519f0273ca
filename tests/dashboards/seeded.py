"""A store seeded through the real agent, beside what the street sent, in canonical names and units by a table of our own.

What the agent adds by judging (fields `quality` and `<field>_quality`) nobody sends: it is read back, after all that was sent has been
found in the store as it was sent.
"""

import json
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dashboards.influxql.expand import Span
from dashboards.influxql.select import select
from quanho.demo.agent_process import AgentProcess
from quanho.demo.devices import SERIAL, SITE, STREET, Message, Voice
from quanho.demo.edge_config import GATEWAY, config_text
from quanho.demo.past import Past
from quanho.demo.publisher import Publisher
from quanho.demo.serial_line import SerialLine
from quanho.demo.servers import Mosquitto
from quanho.demo.store import DATABASE, InfluxStore
from telemetry.catalogue import find
from telemetry.point import FieldValue, Point
from tests.dashboards.influx_store import InfluxStore as Asked
from tests.dashboards.influx_store import is_same
from tests.waiting import eventually

PUMP = "tram-bom"
_HISTORY_H, _SPACING_S = 26.0, 600.0  # more than a day, for what is about a day
_PUMP_EVERY_S = 0.3

Fields = Mapping[str, Any]
_CANONICAL: Mapping[str, tuple[str, Callable[[Fields], dict[str, float]]]] = {
    "air": ("air", lambda sent: {"pm2_5" if name == "pm25" else name: value for name, value in sent.items()}),
    "noise": ("noise", dict),
    "power": (
        "power",
        lambda sent: {
            **{f"voltage_l{phase}": sent["u"][phase - 1] for phase in (1, 2, 3)},
            **{f"current_l{phase}": sent["i"][phase - 1] for phase in (1, 2, 3)},
            "active_power": sent["p"]["kw"] * 1000.0,
            "power_factor": sent["p"]["pf"],
            "frequency": sent["hz"],
            "energy": sent["kwh"] * 1000.0,
        },
    ),
    "weather": (
        "weather",
        lambda sent: {
            "temperature": sent["t"],
            "humidity": sent["rh"],
            "pressure": sent["p"],
            "wind_speed": sent["ws"],
            "wind_gust": sent["wg"],
            "wind_direction": sent["wd"],
            "solar_radiation": sent["sr"],
            "rain_rate": sent["rr"],
            "rainfall": sent["rain"],
            "rain_total": sent["rt"],
        },
    ),
    "water": ("water_level", dict),
    "probe": (
        "water_quality",
        lambda sent: {
            "ph": sent["ph"],
            "dissolved_oxygen": sent["do"],
            "turbidity": sent["ntu"],
            "conductivity": sent["ec"],
            "temperature": sent["t"],
        },
    ),
    "pump": ("water_flow", dict),
}
MEASURED = frozenset(measurement for measurement, _ in _CANONICAL.values())


@dataclass(frozen=True, slots=True)
class Seeded:
    """A running store. `sent` is what devices said, `judged` the same with the agent's quality, `past` the time that was told of."""

    url: str
    database: str
    sent: tuple[Point, ...]
    judged: tuple[Point, ...]
    past: Past
    store: Asked

    @property
    def span(self) -> Span:
        """All of it, up to a moment behind the last point."""
        return Span(self.past.begin_ms, self.past.end_ms + 60_000, 120)

    @property
    def around_the_gap(self) -> Span:
        """A range in which the power was away for a while."""
        away_ms, back_ms = self.past.away_ms
        return Span(away_ms - 3_600_000, back_ms + 3_600_000, 120)


@contextmanager
def seeded(folder: Path) -> Iterator[Seeded]:
    """Start broker, store and agent, let the street tell its past and one source fall silent twice; end them on leaving."""
    with ExitStack() as stack:
        broker = Mosquitto(folder / "mosquitto")
        stack.enter_context(broker)
        past = Past(_now_ms(), _HISTORY_H, _SPACING_S, has_hole=True)
        store = InfluxStore(folder / "influxd", past.begin_ms * 1_000_000 - 1)
        store.start()
        stack.callback(store.stop)
        agent = _agent(folder, store, broker.port, stack)
        asked = Asked(store.url, DATABASE)
        sent: list[Point] = []
        publisher: Publisher[None] = Publisher(broker.port, "street", lambda _: None)
        stack.callback(publisher.close)
        eventually(lambda: _connected(agent), 20.0, "the agent connected")
        voices = [Voice(device, 1) for device in STREET]
        for voice, message in past.told_by(voices):
            _publish(publisher, voice, message, sent)
        eventually(lambda: publisher.pump(0.05) or not publisher.pending, 20.0, "the street told its past")
        pump = next(voice for voice in voices if voice.device.id == PUMP)
        eventually(lambda: _gaps(asked)["open"] == 1, what="the pump is silent")
        _publish(publisher, pump, pump.next(0.0, _now_ms()), sent)
        eventually(lambda: publisher.pump(0.05) or _gaps(asked) == {"open": 2, "closed": 1}, what="the pump is silent again")
        eventually(lambda: sum((store.count() or {}).values()) == len(sent), what="all that was sent is stored")
        eventually(lambda: len(asked.query('SELECT "uplink_up" FROM "gateway"')[0].values) >= 2, what="the agent told of itself")
        agent.kill()  # so that nothing more is written while answers are compared, and the gap stays open
        yield Seeded(store.url, DATABASE, tuple(sent), tuple(_judged(sent, asked)), past, asked)


def read_back(store: Asked, measurement: str) -> list[Point]:
    """Return the points of a measurement as the store has them. Times are in ms there, which is as exact as our devices are."""
    return [
        Point(measurement, series.tags, _fields(measurement, series.columns, row), row[0] * 1_000_000)
        for series in store.query(select("*", of=measurement, by=("/.*/",), time=None).text)
        for row in series.values
    ]


def _agent(folder: Path, store: InfluxStore, broker_port: int, stack: ExitStack) -> AgentProcess:
    lines = {device.source: SerialLine(folder / f"tty-{device.source}") for device in SERIAL}  # they are there, and say nothing
    for line in lines.values():
        stack.callback(line.close)
    state_dir = folder / "agent"
    state_dir.mkdir()
    agent = AgentProcess(folder / "edge.toml", state_dir / "agent.sock", folder / "agent.log")
    text = config_text(state_dir, store.uplink, broker_port, lines["dust"].path, lines["river"].path)
    for usual, quicker in (("metrics_every_s = 5 ", "metrics_every_s = 1 "), ("expect_every_s = 2.0", f"expect_every_s = {_PUMP_EVERY_S}")):
        assert usual in text
        text = text.replace(usual, quicker)
    agent.config.write_text(text, encoding="utf-8")
    agent.start()
    stack.callback(agent.kill)
    return agent


def _connected(agent: AgentProcess) -> bool:
    agent.check()
    state = agent.ask("status")
    return bool(state and state["sources"] and all(source["connected"] for source in state["sources"]))


def _publish(publisher: "Publisher[None]", voice: Voice, message: Message, sent: list[Point]) -> None:
    device = voice.device
    publisher.publish(device.topic, message.payload, None)
    if message.readings:
        fields = json.loads(message.payload)
        time_ms = fields.pop("ts")
        measurement, canonical = _CANONICAL[device.source]
        values: dict[str, FieldValue] = {name: float(value) for name, value in canonical(fields).items() if not math.isnan(value)}
        sent.append(Point(measurement, {"site": SITE, "gateway": GATEWAY, "device": device.id}, values, time_ms * 1_000_000))


def _gaps(store: Asked) -> dict[str, int]:
    series = store.query('SELECT "state", "source" FROM "ledger"')
    states = [state for each in series for _, state, source in each.values if source == "pump"]
    return {"open": states.count("open"), "closed": states.count("closed")}


def _judged(sent: Sequence[Point], store: Asked) -> Iterator[Point]:
    """Yield the points sent with what the agent makes of their quality. Raises AssertionError where the store has anything else."""
    stored = {
        (measurement, point.tags["device"], point.time_ns): point.fields
        for measurement in MEASURED
        for point in read_back(store, measurement)
    }
    assert len(stored) == len(sent)
    for point in sent:
        fields = dict(stored[point.measurement, point.tags["device"], point.time_ns])
        marks = {name: fields.pop(name) for name in list(fields) if name == "quality" or name.endswith("_quality")}
        assert fields.keys() == point.fields.keys(), point
        assert all(is_same(fields[name], value) for name, value in point.fields.items()), (point, fields)
        yield point._replace(fields={**point.fields, **marks})


def _fields(measurement: str, columns: Sequence[str], row: Sequence[Any]) -> dict[str, FieldValue]:
    """Return the fields in their types of the catalogue: JSON has one kind of number."""
    found = {name: value for name, value in zip(columns[1:], row[1:], strict=True) if value is not None}
    floats = {name for name in found if (quantity := find(measurement, name)) and quantity.type == "float"}
    return {name: float(value) if name in floats else value for name, value in found.items()}


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
