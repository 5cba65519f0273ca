"""The agent updates a board from a signed bundle, refuses what it must, and goes on where it was cut off."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.agent import Agent
from edge.boards.updater import Wish
from edge.control_client import ask
from firmware_bridge.bundle.keys import new_key
from firmware_bridge.link import board_model
from quanho import lang
from quanho.edge_board_update import why_lost
from telemetry import quality
from telemetry.errors import QuanhoError, TransientError
from telemetry.lineprotocol.parse import parse_strict
from tests.daily_files import delivered
from tests.edge.boards.site import SOURCE, last_update, running, view, wait_end, wait_version, write_config
from tests.edge.boards.soft_board import SoftBoard, bundle
from tests.system.agent_process import edge_command
from tests.waiting import eventually


@pytest.fixture
def board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SoftBoard]:
    monkeypatch.setattr(board_model, "HELLO_AGAIN_S", 0.1)
    with SoftBoard(tmp_path / "usb") as board:
        yield board


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return write_config(tmp_path, tmp_path / "usb", intervals=3, hello_s=3.0)


def begin(agent: Agent, path: Path, **wishes: bool) -> str:
    return agent.boards.begin(Wish(path, SOURCE, **wishes))


def test_an_update_is_kept_and_the_next_one_goes_back_without_reading_the_chip(board: SoftBoard, config: Path, tmp_path: Path) -> None:
    with running(config, board.hands) as agent:
        wait_version(agent, "1.0.0")
        begin(agent, bundle(tmp_path, "2.0.0"))
        assert wait_end(agent)["outcome"] == "kept"
        begin(agent, bundle(tmp_path, "3.0.0", "liar"))
        ended = wait_end(agent)
        assert (ended["outcome"], view(agent)["version"], ended["previous"]["version"]) == ("went back", "2.0.0", "2.0.0")
        assert "temperature 900" in ended["why"]
        assert agent.ledger.totals[SOURCE, "board being flashed"] is None  # a gap of which nobody knows the count
    assert len(list((tmp_path / "state" / "boards" / "images").glob("?" * 64))) == 3  # 1.0.0 was read from the chip, 2.0.0 was not


def test_what_was_flashed_by_hand_is_told_to_the_gateway_and_need_not_be_read_from_the_chip(
    board: SoftBoard, config: Path, tmp_path: Path
) -> None:
    with running(config, board.hands) as agent:
        wait_version(agent, "1.0.0")
        with pytest.raises(TransientError, match="not trusted"):
            ask(agent.config.control_socket, {"command": "board_flashed", "bundle": str(bundle(tmp_path, "2.0.0", key=new_key()))}, 10.0)
        ask(agent.config.control_socket, {"command": "board_flashed", "bundle": str(bundle(tmp_path, "1.0.0"))}, 10.0)
        begin(agent, bundle(tmp_path, "3.0.0", "liar"))
        ended = wait_end(agent)
        assert (ended["outcome"], view(agent)["version"], board.dumps) == ("went back", "1.0.0", 0)


def test_it_refuses_before_anything_is_touched(board: SoftBoard, config: Path, tmp_path: Path) -> None:
    refused = {
        "not trusted": bundle(tmp_path, "2.0.0", key=new_key()),
        "is older than": bundle(tmp_path, "0.9.0"),
        "is for atmega2560": bundle(tmp_path, "2.1.0", board="atmega2560", chip="atmega2560"),
        "no board family is called": bundle(tmp_path, "2.2.0", board="toaster"),
        "replaces 1.5.0 or later": bundle(tmp_path, "2.3.0", minimum_previous="1.5.0"),
        "No such file": tmp_path / "none.qhb",
    }
    with running(config, board.hands) as agent:
        wait_version(agent, "1.0.0")
        for why, path in refused.items():
            with pytest.raises(QuanhoError, match=why):
                begin(agent, path)
        with pytest.raises(QuanhoError, match="no link source is called"):
            agent.boards.begin(Wish(bundle(tmp_path, "2.0.0"), "cellar"))
        assert agent.boards.by_board() == {}
        begin(agent, bundle(tmp_path, "0.9.0"), allow_downgrade=True)
        assert wait_end(agent)["outcome"] == "kept"
        assert view(agent)["version"] == "0.9.0"


def test_one_update_at_a_time_and_an_agent_that_stops_in_it_goes_on(board: SoftBoard, config: Path, tmp_path: Path) -> None:
    board.goes_on.clear()
    with running(config, board.hands) as agent:
        wait_version(agent, "1.0.0")
        update = begin(agent, bundle(tmp_path, "2.0.0"))
        assert board.is_in_flash.wait(10)
        assert last_update(agent)["step"] == "flash"
        with pytest.raises(QuanhoError, match="an update of roof is running"):
            begin(agent, bundle(tmp_path, "2.1.0"))
        board.fails = 1
        agent.boards.ask_to_stop()
        board.goes_on.set()
    with running(config, board.hands) as agent:
        ended = wait_end(agent)
        assert (ended["outcome"], ended["update"]) == ("kept", update)
        assert view(agent)["version"] == "2.0.0"
    assert board.flash_count == 2


def test_a_board_that_is_pulled_out_is_waited_for_and_may_be_given_up(board: SoftBoard, config: Path, tmp_path: Path) -> None:
    with running(config, board.hands) as agent:
        wait_version(agent, "1.0.0")
        board.goes_on.clear()
        begin(agent, bundle(tmp_path, "2.0.0"))
        assert board.is_in_flash.wait(10)
        board.board.unplug()
        board.fails = 1
        board.goes_on.set()
        eventually(lambda: last_update(agent)["is_absent"], 10.0)
        board.board.plug_in()
        assert wait_end(agent)["outcome"] == "kept"
        board.is_in_flash.clear()
        board.goes_on.clear()
        begin(agent, bundle(tmp_path, "3.0.0"))
        assert board.is_in_flash.wait(10)
        board.board.unplug()
        board.fails = 1
        board.goes_on.set()
        eventually(lambda: last_update(agent)["is_absent"], 10.0)
        agent.boards.give_up(SOURCE)
        ended = wait_end(agent)
        assert (ended["outcome"], ended["why"]) == ("needs a hand", "a person ended the update")
        board.board.plug_in()


def test_a_new_agent_waits_for_the_flash_of_one_that_still_stops(board: SoftBoard, config: Path, tmp_path: Path) -> None:
    board.goes_on.clear()
    with running(config, board.hands, stop_s=0.2) as agent:
        wait_version(agent, "1.0.0")
        begin(agent, bundle(tmp_path, "2.0.0"))
        assert board.is_in_flash.wait(10)
        board.is_in_flash.clear()
    with running(config, board.hands) as agent:
        eventually(lambda: view(agent)["source"] == SOURCE)
        assert not board.is_in_flash.wait(0.7)
        board.goes_on.set()
        assert wait_end(agent)["outcome"] == "kept"
    assert board.flash_count == 1


def test_the_control_socket_offers_it(board: SoftBoard, config: Path, tmp_path: Path) -> None:
    with running(config, board.hands) as agent:
        wait_version(agent, "1.0.0")
        socket, path = agent.config.control_socket, str(bundle(tmp_path, "2.0.0"))
        begun = ask(socket, {"command": "board_update", "board": "01", "bundle": path, "intervals": 2}, 10.0)
        assert begun["board"] == SOURCE
        wait_end(agent)
        [listed] = ask(socket, {"command": "boards"}, 10.0)["boards"]
        assert (listed["update"]["update"], listed["update"]["outcome"]) == (begun["update"], "kept")
        with pytest.raises(TransientError, match="no update of roof is running"):
            ask(socket, {"command": "board_give_up", "board": SOURCE}, 10.0)
        with pytest.raises(TransientError, match="from 1 to 1000"):
            ask(socket, {"command": "board_update", "board": SOURCE, "bundle": path, "intervals": 0}, 10.0)


def test_a_damaged_journal_is_said_and_keeps_nobody_from_starting(board: SoftBoard, config: Path, tmp_path: Path) -> None:
    folder = tmp_path / "state" / "boards"
    folder.mkdir(parents=True)
    (folder / f"{SOURCE}.journal").write_bytes(b"\0" * 100)
    with running(config, board.hands) as agent:
        wait_version(agent, "1.0.0")
        assert last_update(agent)["why"] == "the journal is damaged"
        begin(agent, bundle(tmp_path, "2.0.0"))
        assert wait_end(agent)["outcome"] == "kept"


def test_the_command_waits_for_the_end_and_its_exit_code_says_which(board: SoftBoard, config: Path, tmp_path: Path) -> None:
    with running(config, board.hands) as agent:
        wait_version(agent, "1.0.0")
        kept = edge_command("board-update", config, str(bundle(tmp_path, "2.0.0")), "--board", SOURCE, "--json")
        assert (kept.returncode, json.loads(kept.stdout)["outcome"]) == (0, "kept"), kept.stderr
        back = edge_command("board-update", config, str(bundle(tmp_path, "3.0.0", "liar")), "--board", "01")
        assert (back.returncode, "reference 3.0.0 (← 2.0.0): went back: dht:" in back.stdout) == (1, True), back.stdout + back.stderr
        assert "went back" in edge_command("boards", config).stdout
        assert "went back" in edge_command("board-update", config, "--board", SOURCE).stdout
        older = edge_command("board-update", config, str(bundle(tmp_path, "0.9.0")), "--board", SOURCE)
        assert (older.returncode, "is older than 2.0.0" in older.stderr) == (1, True), older.stderr
        missing = edge_command("board-update", config, str(tmp_path / "none.qhb"), "--board", SOURCE)
        assert (missing.returncode, "there is no such file" in missing.stderr) == (2, True), missing.stderr
        nobody = edge_command("board-update", config, "--board", "cellar")
        assert (nobody.returncode, "no board cellar" in nobody.stderr) == (1, True), nobody.stderr


def test_readings_of_a_firmware_on_trial_are_marked_and_no_others(board: SoftBoard, config: Path, tmp_path: Path) -> None:
    def marks() -> list[bool]:
        text = delivered(tmp_path / "out")
        points = [parsed.as_point() for parsed in parse_strict(text, 0)]
        return [bool(int(point.fields["quality"]) & quality.MAINTENANCE) for point in points if point.measurement == "weather"]

    (tmp_path / "out").mkdir()
    with running(config, board.hands) as agent:
        wait_version(agent, "1.0.0")
        eventually(lambda: len(marks()) >= 2)
        assert not any(marks())
        begin(agent, bundle(tmp_path, "2.0.0"))
        assert wait_end(agent)["outcome"] == "kept"
        eventually(lambda: not agent.source_set.units[0].intake.is_on_trial)
        eventually(lambda: sum(marks()) >= 3)
        marked = sum(marks())
        eventually(lambda: len(marks()) >= marked + 6)


def test_who_waits_for_an_update_that_can_never_be_seen_to_end_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lang, "_chosen", {"now": "en"})
    assert why_lost({"board": SOURCE, "update": "u1"}, "u1") == ""
    assert "another update" in why_lost({"board": SOURCE, "update": "u2"}, "u1")
    assert "the journal is damaged" in why_lost({"board": SOURCE, "why": "the journal is damaged"}, "u1")
