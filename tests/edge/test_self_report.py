"""What a running agent says of itself, as it leaves the gateway."""

import gzip
from pathlib import Path

from edge.agent import Agent
from edge.config_file import load_agent_config
from runtime.host import installed_version
from telemetry.lineprotocol.parse import parse_strict
from telemetry.point import FieldValue
from tests.stand_ins.strict_broker import StrictBroker

CONFIG = """
[gateway]
site = "bn"
id = "gw-1"
state_dir = "{folder}/state"
{place}
[clock]
trust = "host"
[uplink]
kind = "file"
folder = "{folder}/usb"
[[source]]
id = "air"
kind = "mqtt"
host = "127.0.0.1"
port = {port}
topics = ["a/+"]
[source.decoder]
kind = "json"
measurement = "air"
"""


def last_report(folder: Path, place: str) -> dict[str, FieldValue]:
    """Run an agent and return the fields of its last word."""
    (folder / "usb").mkdir(parents=True)
    with StrictBroker() as broker:
        config = folder / "edge.toml"
        config.write_text(CONFIG.format(folder=folder, place=place, port=broker.port), encoding="utf-8")
        agent = Agent(load_agent_config(config))
        agent.start()
        agent.drain(5)
        agent.stop(5)
    written = b"".join(gzip.decompress(path.read_bytes()) for path in (folder / "usb").glob("*.lp.gz"))
    return [dict(point.fields) for point in parse_strict(written, 0) if point.measurement == "gateway"][-1]


def test_an_agent_reports_its_place_its_version_and_a_clock_that_is_trusted(tmp_path: Path) -> None:
    told = last_report(tmp_path, "latitude = 21.1861\nlongitude = 106.0763")
    assert (told["latitude"], told["longitude"]) == (21.1861, 106.0763)
    assert told["version"] == installed_version()
    assert told["clock_trusted"] is True


def test_an_agent_without_a_place_reports_none(tmp_path: Path) -> None:
    assert not {"latitude", "longitude"} & last_report(tmp_path, "").keys()
