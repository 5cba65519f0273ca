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
from firmware_bridge.ota.firmware import Firmware, Piece
from firmware_bridge.ota.images import ImageStore
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
LIES, GARBAGE = "2", "garbage"


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


def test_a_board_ends_on_a_running_firmware_though_the_agent_is_killed_and_whatever_it_gets_next(tmp_path: Path) -> None:
    """Two boards side by side; the gateway dies while one is half written and the other somewhere on its way."""
    with ExitStack() as stack:
        ports = {name: stack.enter_context(uno(tmp_path / name)).port for name in ("roof", "mast")}
        config = write_config(tmp_path, ports, intervals=1, hello_s=10.0, grace_s=5.0)
        remember(tmp_path, "1.0.0")
        agent = stack.enter_context(AgentProcess(config))
        gateway = Gateway(config, tmp_path)
        gateway.begin("mast", "3.0.0", GARBAGE)
        gateway.begin("roof", "2.0.0", "0")
        eventually(lambda: gateway.is_writing("roof"), 90.0, "half a flash")
        agent.kill()
        agent.start_at_once()
        ended = gateway.end_of("roof")
        assert (ended["outcome"], ended["runs"]) == ("kept", "2.0.0"), ended["why"]
        gateway.begin("roof", "3.0.0", LIES)
        ended = gateway.end_of("roof")
        assert (ended["outcome"], ended["runs"]) == ("went back", "2.0.0"), ended["why"]
        assert "implausible" in ended["why"]
        ended = gateway.end_of("mast")
        assert (ended["outcome"], ended["runs"]) == ("went back", "1.0.0"), ended["why"]
        assert "no hello" in ended["why"]


def remember(folder: Path, version: str) -> None:
    """Have the gateway know this firmware's image, as after an update to it: it need not be read from the chip."""
    store, data = ImageStore(folder / "state" / "boards" / "images"), image(version)
    piece = Piece("app.hex", "hex", 0, len(data), store.put(data, ()))
    store.know(Firmware("atmega328p-uno", "reference", version, f"b-{version}-0", (piece,)))


class Gateway:
    """The agent's answers."""

    def __init__(self, config: Path, folder: Path) -> None:
        self._socket = load_agent_config(config).control_socket
        self._folder = folder

    def begin(self, board: str, version: str, bad: str) -> None:
        path = str(bundle(self._folder, version, bad))
        ask(self._socket, {"command": "board_update", "board": board, "bundle": path}, 20.0)

    def stands(self, board: str) -> Mapping[str, Any]:
        return next(one for one in ask(self._socket, {"command": "boards"}, 20.0)["boards"] if one["source"] == board)

    def is_writing(self, board: str) -> bool:
        update = self.stands(board)["update"]
        return bool(update["step"] == "flash" and 0.2 < update["flash_share"] < 0.9)

    def end_of(self, board: str) -> Mapping[str, Any]:
        """Return how its update ended, and which version `runs` then."""
        eventually(lambda: self.stands(board)["update"]["outcome"], 120.0, f"an end for {board}")
        stands = self.stands(board)
        return {**stands["update"], "runs": stands["version"]}
