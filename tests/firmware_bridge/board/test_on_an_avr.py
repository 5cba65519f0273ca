"""The firmwares as real machine code in simavr, spoken to by the Python gateway over a port."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from firmware_bridge.link.events import Opened
from firmware_bridge.link.records import Record
from tests.firmware_bridge.board.live_link import LiveLink
from tests.simavr.optiboot import bootloader
from tests.stand_ins.avr_board import AvrBoard

pytestmark = pytest.mark.server

Built = Callable[..., Path]
_PROGRAMMERS = {"atmega328p": ("m328p", "arduino"), "atmega2560": ("m2560", "wiring")}
_VOLTAGE, _RAIN = 1, 2


@pytest.fixture(params=["atmega328p", "atmega2560"])
def mcu(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def board(built: Built, tmp_path: Path) -> Iterator[AvrBoard]:
    with AvrBoard(tmp_path / "board", "atmega328p", built("reference", FW_INTERVAL_MS="200")) as plugged:
        yield plugged


def _pin(mcu: str, number: int) -> str:
    return {"atmega328p": {2: "PD2", 3: "PD3"}, "atmega2560": {2: "PE4", 3: "PE5"}}[mcu][number]


def test_a_known_voltage_tips_and_weather_arrive(built: Built, mcu: str, tmp_path: Path) -> None:
    with AvrBoard(tmp_path / "board", mcu, built("reference", mcu, FW_INTERVAL_MS="200")) as board, LiveLink(board.port) as link:
        board.adc(0, 2530)
        hello = link.opened().hello
        assert link.run(5, lambda: bool(link.logs()) and bool(link.records(_VOLTAGE)))
        assert link.logs()[0].startswith("no answer from a DHT22 on pin 3")
        assert link.records(0) == []
        assert link.records(_VOLTAGE)[-1].values == {"voltage": pytest.approx(2.53, abs=0.006)}  # 10 bits of 5 V
        board.dht(_pin(mcu, 3), -12.3, 45.6)
        board.pulse(_pin(mcu, 2), 7)
        tipped: Callable[[], list[Record]] = lambda: [r for r in link.records(_RAIN) if r.values["rain_total"] == pytest.approx(1.4)]  # noqa: E731
        assert link.run(8, lambda: bool(link.records(0)) and bool(tipped()))

        assert link.records(0)[-1].values == {"temperature": pytest.approx(-12.3), "humidity": pytest.approx(45.6)}
        assert link.host.state.cut.damaged <= 1  # half a HELLO, where the port was opened in the middle of it
        assert (hello.firmware, hello.version, hello.board[:4]) == ("reference", "1.0.0", "atme")


def test_an_interval_that_was_set_is_kept_to(board: AvrBoard) -> None:
    with LiveLink(board.port) as link:
        link.opened()
        assert link.command(1, bytes([_VOLTAGE]) + (50).to_bytes(4, "little")).returned == (100).to_bytes(4, "little")
        seen = len(link.records(_VOLTAGE))
        assert link.run(8, lambda: len(link.records(_VOLTAGE)) >= seen + 25)
        times_s = [record.taken_s for record in link.records(_VOLTAGE)[-11:]]
        assert times_s[-1] - times_s[0] == pytest.approx(1.0, abs=0.03)


def test_identity_and_unique_id_survive_a_reset_and_a_power_cut_and_the_boot_counts_up(board: AvrBoard) -> None:
    said = []
    for end in (board.reset, board.unplug, None):
        with LiveLink(board.port) as link:
            link.opened()
            if not said:
                assert link.command(6, b"\x06pump-1\x07Ha Long").status == 0
                assert link.run(3, lambda link=link: link.host.state.hello is not None and link.host.state.hello.device == "pump-1")
            hello = link.host.state.hello
            assert hello is not None
            said.append((hello.boot, hello.uid, hello.device, hello.site))
        if end is not None:
            end()
        if end == board.unplug:
            board.plug()

    boots = [boot for boot, *_ in said]
    assert boots == [boots[0], boots[0] + 1, boots[0] + 2]
    assert {rest for _, *rest in map(tuple, said) for rest in [tuple(rest)]} == {(said[0][1], "pump-1", "Ha Long")}
    assert len(said[0][1]) == 8


def test_a_restart_comes_after_its_answer(built: Built, mcu: str, tmp_path: Path) -> None:
    with AvrBoard(tmp_path / "board", mcu, built("reference", mcu, FW_INTERVAL_MS="200")) as board, LiveLink(board.port) as link:
        first = link.opened().hello
        assert link.command(4).status == 0
        assert link.run(8, lambda: sum(isinstance(event, Opened) for event in link.events) == 2)
        assert [event.hello.boot for event in link.events if isinstance(event, Opened)][-1] == first.boot + 1


def test_a_board_without_a_bootloader_refuses_to_restart_into_it(board: AvrBoard) -> None:
    with LiveLink(board.port) as link:
        link.opened()
        assert link.command(5).status == 4
        assert link.command(3, b"\x00\x01").status == 0


@pytest.mark.skipif(shutil.which("avrdude") is None, reason="avrdude is not installed")
def test_after_a_restart_into_the_bootloader_a_board_without_a_reset_line_is_flashed(built: Built, mcu: str, tmp_path: Path) -> None:
    part, programmer = _PROGRAMMERS[mcu]
    second = built("reference", mcu, FW_INTERVAL_MS="200", FW_VERSION='"1.2.0"')
    with AvrBoard(tmp_path / "board", mcu, built("reference", mcu, FW_INTERVAL_MS="200"), bootloader(mcu)) as board:
        command = ["avrdude", "-p", part, "-c", programmer, "-P", str(board.port), "-b", "115200", "-D", "-U", f"flash:w:{second}:i"]
        for _ in range(3):  # Optiboot waits a second: on a busy computer avrdude may come too late, here as in the field
            with LiveLink(board.port, quiet_s=3.0) as link:
                link.opened()
                assert link.command(5).status == 0
            done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
            if done.returncode == 0:
                break
        assert done.returncode == 0, done.stderr
        with LiveLink(board.port, quiet_s=3.0) as link:
            assert link.opened().hello.version == "1.2.0"


@pytest.mark.parametrize("bad", ["1", "2", "3"])
def test_bad_images_are_bad_in_their_own_way(built: Built, tmp_path: Path, bad: str) -> None:
    with (
        AvrBoard(tmp_path / "board", "atmega328p", built("reference", FW_INTERVAL_MS="200", FW_BAD=bad)) as board,
        LiveLink(board.port) as link,
    ):
        link.run(2.5, lambda: bool(link.records(0)) and bool(link.records(_VOLTAGE)))

        assert (link.host.state.hello is None) == (bad == "1")
        assert bool(link.records(_VOLTAGE)) == (bad == "2")
        if bad == "2":
            assert link.records(_VOLTAGE)[0].values["voltage"] < 0
            assert link.records(0)[0].values["temperature"] > 500


def test_the_bench_firmware_fills_the_line_and_loses_nothing(built: Built, tmp_path: Path) -> None:
    with AvrBoard(tmp_path / "board", "atmega328p", built("bench")) as board:
        board.damage(20)
        with LiveLink(board.port, fsync_s=0.02) as link:
            link.opened()
            assert link.run(10, lambda: len(link.records(0)) > 600)
            numbers = [record.values["n"] for record in link.records(0)]
            assert numbers == list(range(1, len(numbers) + 1))
            assert link.host.state.cut.damaged > 0
