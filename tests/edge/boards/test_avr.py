"""An Uno in simavr, with Optiboot and real avrdude: new firmware through the agent, and every way in which it may go wrong."""

import random
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from edge.config_file import load_agent_config
from edge.control_client import ask
from firmware_bridge.board.build import build
from firmware_bridge.bundle.manifest import FieldExpected, SensorExpected
from tests.edge.boards.site import NOW, write_bundle, write_config
from tests.simavr.build import cached_file
from tests.simavr.optiboot import bootloader
from tests.stand_ins.avr_board import AvrBoard
from tests.stand_ins.bundles import hex_file, manifest_of
from tests.system.agent_process import AgentProcess
from tests.waiting import eventually

pytestmark = pytest.mark.server
SENSORS = (
    SensorExpected(
        name="dht", measurement="weather", interval_ms=1000, fields=(FieldExpected(name="temperature"), FieldExpected(name="humidity"))
    ),
    SensorExpected(name="mains", measurement="power", interval_ms=1000, fields=(FieldExpected(name="voltage", lowest=2.4, highest=2.6),)),
    SensorExpected(name="rain", measurement="weather", interval_ms=1000, fields=(FieldExpected(name="rain_total"),)),
)
GARBAGE = "garbage"


def image(version: str, bad: str = "0") -> bytes:
    """Return the reference firmware as Intel HEX; `bad` is FW_BAD, or garbage."""
    if bad == GARBAGE:
        return hex_file(code=random.Random(2).randbytes(8000))
    defines = {"FW_VERSION": f'"{version}"', "FW_BUILD": f'"b-{version}-{bad}"', "FW_INTERVAL_MS": "1000", "FW_BAD": bad}
    path = cached_file(f"ota {defines}", f"ota-{version}-{bad}.hex", lambda out: build("reference", "atmega328p", out, defines))
    return path.read_bytes()


def bundle(folder: Path, version: str, bad: str = "0") -> Path:
    images = {"app.hex": image(version, bad)}
    manifest = manifest_of(images, version=version, build_id=f"b-{version}-{bad}", sensors=SENSORS, created_at=NOW)
    return write_bundle(folder / f"{version}-{bad}.qhb", images, manifest)


@contextmanager
def uno(folder: Path) -> Iterator[AvrBoard]:
    """An Uno that runs 1.0.0, with 2.5 V on A0 and a DHT22."""
    folder.mkdir()
    (folder / "v1.hex").write_bytes(image("1.0.0"))
    with AvrBoard(folder, application=folder / "v1.hex", bootloader=bootloader("atmega328p"), reset_on_open=True) as board:
        board.adc(0, 2500)
        board.dht("PD3", 27.5, 71.0)
        yield board


def test_every_board_ends_on_a_running_firmware_whatever_it_got_and_though_the_agent_is_killed(tmp_path: Path) -> None:
    """Four boards at once: a good firmware whose cable is pulled, one that lies, one that falls silent, and garbage."""
    gets = {"good": ("2.0.0", "0"), "liar": ("3.0.0", "2"), "mute": ("3.0.0", "3"), "wild": ("3.0.0", GARBAGE)}
    with ExitStack() as stack:
        boards = {name: stack.enter_context(uno(tmp_path / name)) for name in gets}
        config = write_config(tmp_path, {name: board.port for name, board in boards.items()}, intervals=1, hello_s=6.0)
        agent = stack.enter_context(AgentProcess(config))
        socket = load_agent_config(config).control_socket
        for name, (version, bad) in gets.items():
            ask(socket, {"command": "board_update", "board": name, "bundle": str(bundle(tmp_path, version, bad))}, 20.0)

        def stands(name: str) -> Mapping[str, Any]:
            return next(one for one in ask(socket, {"command": "boards"}, 20.0)["boards"] if one["source"] == name)

        eventually(lambda: stands("good")["update"]["flash_share"] > 0.2 and stands("good")["update"]["step"] == "flash", 40.0)
        agent.kill()
        agent.start_at_once()
        eventually(lambda: stands("good")["update"]["flash_share"] > 0.2, 40.0)
        boards["good"].unplug()
        eventually(lambda: stands("good")["update"]["is_absent"], 20.0)
        boards["good"].plug()
        for name in gets:
            eventually(lambda: stands(name)["update"]["outcome"], 60.0, name)  # noqa: B023
        ends = {name: (stands(name)["update"]["outcome"], stands(name)["version"]) for name in gets}
        whys = {name: stands(name)["update"]["why"] for name in gets}
    back = ("went back", "1.0.0")
    assert ends == {"good": ("kept", "2.0.0"), "liar": back, "mute": back, "wild": back}, whys
    assert "implausible" in whys["liar"]
    assert "silent" in whys["mute"]
    assert whys["wild"] == "no hello within 6 s"
