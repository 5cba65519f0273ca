"""What a running agent says of itself, as it leaves the gateway."""

from pathlib import Path

from edge.agent import Agent
from edge.config_file import load_agent_config
from runtime.clock import Clock, SystemClock
from runtime.host import installed_version
from telemetry import quality
from telemetry.lineprotocol.parse import parse_strict
from telemetry.point import FieldValue
from tests.daily_files import delivered
from tests.stand_ins.strict_broker import StrictBroker

CONFIG = """
[gateway]
site = "bn"
id = "gw-1"
state_dir = "{folder}/state"
{place}
[clock]
trust = "{trust}"
max_error_s = {most_s}
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


class Vague(SystemClock):
    """The kernel is synchronised, and says that it may be wrong by five seconds."""

    def kernel_error_ns(self) -> int:
        return 5_000_000_000


def last_report(
    folder: Path, place: str = "", clock: Clock | None = None, trust: str = "host", most_s: float = 10.0
) -> dict[str, FieldValue]:
    """Run an agent and return the fields of its last word."""
    (folder / "usb").mkdir(parents=True)
    with StrictBroker() as broker:
        config = folder / "edge.toml"
        config.write_text(CONFIG.format(folder=folder, place=place, port=broker.port, trust=trust, most_s=most_s), encoding="utf-8")
        agent = Agent(load_agent_config(config), clock)
        agent.start()
        agent.drain(5)
        agent.stop(5)
    written = delivered(folder / "usb")
    return [dict(point.fields) for point in parse_strict(written, 0) if point.measurement == "gateway"][-1]


def test_an_agent_reports_its_place_its_version_and_a_clock_that_is_trusted(tmp_path: Path) -> None:
    told = last_report(tmp_path, "latitude = 21.1861\nlongitude = 106.0763")
    assert (told["latitude"], told["longitude"]) == (21.1861, 106.0763)
    assert told["version"] == installed_version()
    assert told["clock_trusted"] is True


def test_an_agent_without_a_place_reports_none(tmp_path: Path) -> None:
    assert not {"latitude", "longitude"} & last_report(tmp_path).keys()


def test_a_clock_that_is_doubted_is_reported_as_not_trusted_so_that_somebody_is_told(tmp_path: Path) -> None:
    """What is made without any trust waits in the spool until there is some: a store would never see a false one."""
    told = last_report(tmp_path, clock=Vague(), trust="kernel", most_s=1.0)
    assert told["clock_trusted"] is False
    assert told["quality"] == quality.CLOCK_ESTIMATED
