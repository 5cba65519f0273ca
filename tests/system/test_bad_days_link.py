"""A board on a link on bad days: the gateway is killed, the line is cut, the disk is slow. Every reading is in the store, once."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from firmware_bridge.link import board_model
from firmware_bridge.link.messages import SensorField, SensorSet
from firmware_bridge.link.records import INTEGER
from quanho.demo.servers import Influxd, Mosquitto
from tests.faults.real_disk import FullDisk
from tests.stand_ins.steered_board import COUNT, SteeredBoard
from tests.system.agent_process import AgentProcess, Street, edge_command, running, servers
from tests.waiting import eventually

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Mosquitto, Influxd]]:
    with servers(tmp_path_factory.mktemp("link")) as running:
        yield running


@pytest.fixture
def street(site: tuple[Mosquitto, Influxd], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Street:
    monkeypatch.setattr(board_model, "HELLO_AGAIN_S", 0.1)
    monkeypatch.setattr(board_model, "WAIT_S", 0.3)
    quick = {"read_timeout_s": 0.1, "reopen_first_s": 0.05, "reopen_ceiling_s": 0.1}
    made = Street(tmp_path, site[0].port, site[1].url, source={"kind": "link", "port": str(tmp_path / "usb"), **quick})
    made.make_database()
    return made


def edge_boards(street: Street) -> list[dict[str, Any]]:
    boards: list[dict[str, Any]] = json.loads(edge_command("boards", street.config, "--json").stdout)["boards"]
    return boards


def test_an_agent_that_is_killed_again_and_again_stores_every_reading_of_its_board_once(street: Street) -> None:
    with SteeredBoard(street.config.with_name("usb"), [COUNT]) as board, AgentProcess(street.config) as agent:
        feeding = threading.Thread(target=board.readings, args=(range(600), 0.006))
        feeding.start()
        try:
            for stored in (60, 200, 350):
                eventually(lambda: street.stored_count() >= stored, 20.0, f"{stored} points")  # noqa: B023
                agent.kill()
                agent.start()
        finally:
            feeding.join(30)
        street.wait_stored(600)
        eventually(lambda: board.kept_count == 0)
    street.check_stored(range(600), device="mast-01")
    assert street.ledger() == {}


def test_frames_that_are_durable_when_the_agent_is_killed_and_come_again_are_not_stored_twice(street: Street) -> None:
    with SteeredBoard(street.config.with_name("usb"), [COUNT]) as board, AgentProcess(street.config) as agent:
        board.readings(range(5))
        street.wait_stored(5)
        board.is_deaf = True
        board.readings(range(5, 10))
        street.wait_stored(10)
        agent.kill()
        assert board.kept_count > 0
        board.is_deaf = False
        agent.start()
        board.readings(range(10, 15))
        street.wait_stored(15)
        eventually(lambda: board.kept_count == 0)
        eventually(lambda: edge_boards(street)[0]["known"] > 0)
    street.check_stored(range(15), device="mast-01")


def test_a_full_disk_holds_the_board_and_what_it_could_not_keep_is_told_once_there_is_room(street: Street) -> None:
    disk = FullDisk()
    odd = SensorSet(1, "weather", (SensorField(INTEGER, "pressure", "lx"),))  # is set aside, for which no file can be made
    with running(street.agent(disk)) as agent:
        disk.is_full = True
        with SteeredBoard(street.config.with_name("usb"), [COUNT, odd], store_bytes=200) as board:
            eventually(lambda: agent.writer.state.trouble, 20.0, "the writer says that the disk is full")
            taken = [number for number in range(500) if board.reading(n=number)]
            kept = board.kept_count
            disk.is_full = False
            eventually(lambda: board.kept_count == 0, 60.0)
            assert board.reading(n=500)
            street.wait_stored(len(taken) + 1)
    assert kept > 0
    assert len(taken) < 500
    street.check_stored([*taken, 500], device="mast-01")
    assert sum(street.ledger().values()) == 500 - len(taken) + 1  # "board store full", and the field that was set aside


def test_the_commands_for_boards_work_beside_a_running_agent(street: Street) -> None:
    with SteeredBoard(street.config.with_name("usb"), [COUNT]) as board, AgentProcess(street.config):
        board.readings(range(3))
        street.wait_stored(3)
        [listed] = edge_boards(street)
        assert (listed["device"], listed["version"], listed["is_open"]) == ("mast-01", "1.2.0", True)
        assert "reference 1.2.0" in edge_command("boards", street.config).stdout
        slower = edge_command("board", street.config, "mast-01", "interval", "10s", "--set", "reading")
        assert (slower.returncode, slower.stdout) == (0, "mast-01: now measures every 10 s\n"), slower.stderr
        assert board.end.intervals_ms == {0: 10_000}
        nobody = edge_command("board", street.config, "mast-02", "identify")
        assert (nobody.returncode, "no board mast-02; boards: mast-01" in nobody.stderr) == (1, True), nobody.stderr
        wrong = edge_command("board", street.config, "mast-01", "interval")
        assert wrong.returncode == 2, wrong.stderr
        assert edge_command("board", street.config, "mast-01", "restart").returncode == 0
