"""A Sparkplug edge node at a real broker: it loses a message and is asked to be born again; its device dies, and the ledger says so."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.decoders.sparkplug.schema import DATA_TYPES, Payload
from quanho.demo.servers import OUR_BROKER_SETTINGS, Influxd, Mosquitto
from tests.runtime.mqtt_recorder import Recorder
from tests.stand_ins.qos1_publisher import publish
from tests.system.agent_process import Street, connected, running, servers
from tests.waiting import eventually

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Mosquitto, Influxd]]:
    with servers(tmp_path_factory.mktemp("sparkplug")) as running:
        yield running


class EdgeNode:
    """An edge node with one device, that numbers its messages and listens for commands."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._seq = -1
        self._at_ms = 1_700_000_000_000
        self._ear = Recorder(port, topics=("spBv1.0/city/NCMD/pump7",))
        self._ear.session.start()
        eventually(lambda: self._ear.session.state().connected)

    def send(self, kind: str, *metrics: Any, lost: int = 0) -> None:
        """Send a message after `lost` others that never leave."""
        self._seq = 0 if kind == "NBIRTH" else self._seq + 1 + lost
        self._at_ms += 1000
        message = Payload(timestamp=self._at_ms, metrics=metrics, seq=self._seq % 256)
        device = "/meter" if kind.startswith("D") else ""
        publish(self._port, [(f"spBv1.0/city/{kind}/pump7{device}", message.SerializeToString())])

    def commands(self) -> list[tuple[str, bool]]:
        """The commands that came, as (metric, value)."""
        return [(one.name, one.boolean_value) for raw in self._ear.payloads for one in Payload.FromString(raw).metrics]

    def stop(self) -> None:
        self._ear.session.stop(5)


def voltage(value: float, *, is_birth: bool = False) -> Any:
    metric = Payload.Metric(alias=1, double_value=value)
    if is_birth:
        metric.name, metric.datatype = "Voltage", DATA_TYPES.index("Double")
    return metric


def test_a_node_is_asked_to_be_born_again_and_its_losses_are_in_the_ledger(site: tuple[Mosquitto, Influxd], tmp_path: Path) -> None:
    broker, influxd = site
    street = make_street(broker.port, influxd.url, tmp_path)
    node = EdgeNode(broker.port)
    try:
        with running(street.agent()) as agent:
            connected(agent)
            node.send("NBIRTH")
            node.send("DBIRTH", voltage(220.0, is_birth=True))
            node.send("DDATA", voltage(221.0))
            assert node.commands() == []
            node.send("DDATA", voltage(224.0), lost=2)
            eventually(lambda: node.commands() == [("Node Control/Rebirth", True)], 20.0, "the request for a rebirth")
            node.send("NBIRTH")
            node.send("DBIRTH", voltage(225.0, is_birth=True))
            node.send("DDEATH")
            eventually(lambda: len(losses(street)) == 2, 20.0, "both losses in the store")
        assert losses(street) == {
            "not received": "2 messages of edge node city/pump7, sequence 3 to 4",
            "device offline": "device city/pump7/meter: DDEATH",
        }
        assert [row["voltage"] for row in street.query("SELECT voltage, device FROM power")] == [220.0, 221.0, 224.0, 225.0]
        assert street.set_aside() == []
    finally:
        node.stop()


def test_a_broker_that_forbids_requests_takes_nothing_from_the_readings(site: tuple[Mosquitto, Influxd], tmp_path: Path) -> None:
    allowed = tmp_path / "acl"
    allowed.write_text("topic readwrite quanho/#\n" + "".join(f"topic readwrite spBv1.0/+/{kind}/#\n" for kind in ("NBIRTH", "NDATA")))
    allowed.chmod(0o644)
    with Mosquitto(tmp_path / "broker", (*OUR_BROKER_SETTINGS, f"acl_file {allowed}")) as broker:
        street = make_street(broker.port, site[1].url, tmp_path / "street")
        node = EdgeNode(broker.port)
        try:
            with running(street.agent()) as agent:
                connected(agent)
                node.send("NDATA", voltage(220.0))
                node.send("NBIRTH", voltage(221.0, is_birth=True))
                node.send("NDATA", voltage(222.0), lost=3)
                eventually(lambda: len(street.query("SELECT voltage FROM power")) == 2, 20.0, "both readings in the store")
                assert [source.state().connected for source in agent.sources] == [True]
            assert node.commands() == []
        finally:
            node.stop()


def make_street(port: int, store_url: str, folder: Path) -> Street:
    source: dict[str, object] = {"topics": ["spBv1.0/#"], "device_time_past_s": 1e9}
    street = Street(folder, port, store_url, source=source, decoder={"kind": "sparkplug", "measurement": "power"})
    street.make_database()
    return street


def losses(street: Street) -> dict[str, str]:
    rows = street.query('SELECT count_known, "note", reason FROM ledger')
    return {row["reason"]: row["note"] for row in rows if row["reason"] in {"not received", "device offline"}}
