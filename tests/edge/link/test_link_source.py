"""The link source on real pseudo-terminals with the model of a board; the test itself is the disk, which takes batches when it likes."""

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from firmware_bridge.link.commands import Code
from firmware_bridge.link.messages import Hello
from runtime.clock import SystemClock
from telemetry import quality
from telemetry.errors import TransientError
from tests.edge.link.conftest import Post
from tests.stand_ins.steered_board import HELLO, WEATHER, SteeredBoard, described
from tests.waiting import eventually


def test_a_frame_is_acknowledged_when_it_is_durable_and_not_before(port: Path, gateway: Post) -> None:
    with SteeredBoard(port) as board:
        post = gateway()
        post.wait_open()
        board.reading(n=1)
        eventually(lambda: post.intake.counts.points == 1)
        eventually(lambda: board.end.store.frames[0].is_received)
        assert board.kept_count == 1
        post.wait_durable(1)
        eventually(lambda: board.kept_count == 0)
        [point] = post.points()
        assert (point.measurement, dict(point.fields), point.tags["device"]) == ("reading", {"n": 1.0, "quality": 0}, "mast-01")
        assert abs(point.time_ns - post.clock.wall_ns()) < 30e9


def test_every_reading_comes_once_and_in_order_over_a_line_that_damages_frames(port: Path, gateway: Post) -> None:
    sent = iter(range(1, 1 << 30))
    with SteeredBoard(port) as board:
        board.damage = lambda said: said[:-3] + b"\xff" + said[-2:] if len(said) > 12 and next(sent) % 5 == 0 else said
        post = gateway()
        post.wait_open()
        for number in range(300):
            eventually(lambda: post.disk() >= 0 and board.has_room())
            assert board.reading(n=number)
        post.wait_durable(300)
        assert post.numbers() == list(range(300))
        assert len({point.time_ns for point in post.points()}) == 300
        eventually(lambda: board.kept_count == 0)
        eventually(lambda: post.source.view()["damaged"])


def test_what_an_earlier_process_made_durable_is_acknowledged_and_not_stored_again(port: Path, gateway: Post) -> None:
    with SteeredBoard(port) as board:
        killed = gateway()
        killed.wait_open()
        for number in range(3):
            board.reading(n=number)
            eventually(lambda: killed.intake.counts.messages > number)  # noqa: B023
        killed.batcher.settled = lambda _: None  # type: ignore[method-assign]
        closed = killed.batcher.take(killed.clock.monotonic_s(), at_once=True)
        assert closed is not None
        killed.chunks += closed.chunks[:2]  # durable, and killed before the board heard of it
        killed.stop()
        after = gateway(known=killed.receipts())
        after.wait_open()
        after.wait_durable(1)
        eventually(lambda: board.kept_count == 0)
        assert (killed.numbers(), after.numbers()) == ([0, 1], [2])
        eventually(lambda: after.source.view()["known"] == 2)


def test_the_line_is_served_while_the_disk_takes_nothing_and_the_board_is_held(port: Path, gateway: Post) -> None:
    with SteeredBoard(port) as board:
        post = gateway(memory_bytes=1500)
        post.wait_open()
        number = 0
        while not post.source._feed.is_held:  # noqa: SLF001
            board.reading(n=number)
            number += 1
            eventually(lambda: post.source.state().received >= number or post.source._feed.is_held)  # noqa: SLF001, B023
        assert post.source.command(Code.IDENTIFY, (500).to_bytes(2, "little"), 5.0).status == 0
        assert board.kept_count > 0
        eventually(lambda: post.disk() >= 0 and board.kept_count == 0)
        assert post.numbers() == list(range(number))


def test_readings_that_a_full_board_could_not_keep_are_in_the_ledger(port: Path, gateway: Post) -> None:
    with SteeredBoard(port, store_bytes=200) as board:
        taken = [board.reading(n=number) for number in range(100)]
        post = gateway()
        eventually(lambda: post.disk() >= 0 and board.kept_count == 0)
        assert board.reading(n=100)
        post.wait_durable(sum(taken) + 1)
        assert post.reasons()["board store full"] == taken.count(False)
        assert len(post.points()) == taken.count(True) + 1


def test_units_of_the_board_become_those_of_the_catalogue_and_what_cannot_is_said_once(port: Path, gateway: Post) -> None:
    odd = described("weather", {"temperature": "degF", "pressure": "lx", "sparkle": "1"}, interval_ms=60_000)
    with SteeredBoard(port, [odd]) as board:
        post = gateway()
        post.wait_open()
        for _ in range(3):
            board.reading(temperature=70.7, pressure=12.0, sparkle=0.5)
        points = post.wait_durable(3)
        assert [dict(point.fields) for point in points] == [{"temperature": 21.5, "sparkle": 0.5, "quality": 0}] * 3
        refused = [one for chunk in post.chunks for one in chunk.refused]
        assert ["lx" in one.reason and "pressure" in one.reason for one in refused] == [True]
        eventually(lambda: post.source.view()["left_out"] == 3)
        assert post.source.view()["uncatalogued"] == ["weather.sparkle"]
        assert post.intake.told_every_s == 60.0


def test_the_config_names_units_and_the_device_before_the_board_does(port: Path, gateway: Post) -> None:
    odd = described("weather", {"t": "nonsense"})
    with SteeredBoard(port, [odd]) as board:
        post = gateway(device="roof", normalise={"rename": {"t": "temperature"}, "units": {"t": "degF"}})
        post.wait_open()
        board.reading(t=32.0)
        [point] = post.wait_durable(1)
        assert (dict(point.fields), point.tags["device"]) == ({"temperature": 0.0, "quality": 0}, "roof")


@pytest.mark.parametrize(
    ("written", "device"), [("mast-01", "mast-01"), ("", "mast-05060708"), ("../../etc\n", "etc"), ("đèn", "n"), ("...", "mast-05060708")]
)
def test_the_device_is_the_identity_of_the_board_fit_for_a_tag(port: Path, gateway: Post, written: str, device: str) -> None:
    with SteeredBoard(port, hello=_hello(device=written)) as board:
        post = gateway()
        post.wait_open()
        board.reading(n=1)
        assert post.wait_durable(1)[0].tags["device"] == device


def test_a_reading_is_stored_at_the_time_at_which_the_board_took_it(port: Path, gateway: Post) -> None:
    with SteeredBoard(port) as board:
        taken_ns = SystemClock().wall_ns()
        board.reading(n=1)
        eventually(lambda: SystemClock().wall_ns() - taken_ns > 300e6)
        post = gateway(age_believed_s=0.1)
        [point] = post.wait_durable(1)
        assert abs(point.time_ns - taken_ns) < 20e6
        assert point.fields["quality"] == quality.CLOCK_ESTIMATED


def test_a_restart_of_the_board_is_in_the_ledger_and_costs_nothing_durable(port: Path, gateway: Post) -> None:
    with SteeredBoard(port) as board:
        post = gateway()
        post.wait_open()
        board.reading(n=1)
        post.wait_durable(1)
        eventually(lambda: board.kept_count == 0)
        board.restart()
        board.reading(n=2)
        post.wait_durable(2)
        assert post.numbers() == [1, 2]
        [loss] = [loss for loss in post.losses if loss.reason == "board restarted"]
        assert "start 7 became 8" in loss.detail


def test_a_cut_line_costs_no_reading(port: Path, gateway: Post) -> None:
    with SteeredBoard(port) as board:
        post = gateway()
        post.wait_open()
        board.reading(n=1)
        eventually(lambda: post.intake.counts.points == 1)  # on its way to the disk
        board.unplug()
        eventually(lambda: not post.source.state().connected)
        board.reading(n=2)
        board.plug_in()
        post.wait_durable(2)
        eventually(lambda: post.disk() >= 0 and board.kept_count == 0)
        assert post.numbers() == [1, 2]
        assert "board restarted" not in post.reasons()


def test_log_lines_of_a_board_reach_the_log_in_small_numbers_and_on_one_line(
    port: Path, gateway: Post, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with SteeredBoard(port) as board:
        post = gateway()
        post.wait_open()
        board.say(2, "sensor \x1b[31mgone\n")
        eventually(lambda: any(record.message == "board.says" for record in caplog.records))
        for number in range(40):
            board.say(1, f"line {number}")
            eventually(lambda: not board.end._logs)  # noqa: SLF001
        eventually(lambda: post.source._muted > 0)  # noqa: SLF001
    said = [record for record in caplog.records if record.message == "board.says"]
    assert (said[0].levelname, said[0].fields["text"]) == ("WARNING", "sensor �[31mgone�")  # type: ignore[attr-defined]
    assert len(said) <= 20


def test_a_board_of_another_version_is_refused_in_words_that_help(port: Path, gateway: Post) -> None:
    with SteeredBoard(port, hello=_hello(min_version=3, max_version=4)):
        post = gateway()
        eventually(lambda: post.source.state().last_error)
        words = "the board speaks versions 3 to 4 of the link, this gateway 1; flash the board or update the gateway"
        assert post.source.state().last_error == words
        with pytest.raises(TransientError, match="flash the board"):
            post.source.command(Code.IDENTIFY, b"\0\0", 2.0)


def test_a_lent_port_is_free_and_comes_back_and_the_ledger_says_why_it_was_silent(port: Path, gateway: Post) -> None:
    with SteeredBoard(port) as board:
        post = gateway()
        post.wait_open()
        with post.source.lend(30.0) as path:
            assert path == str(port)
            assert not post.source.state().connected
            assert post.intake.is_excused
            with pytest.raises(TransientError, match="lent already"), post.source.lend(1.0):
                pass
            board.restart()
        board.reading(n=1)
        post.wait_durable(1)
        assert not post.intake.is_excused
        assert set(post.reasons()) == {"board being flashed"}


def test_whoever_borrows_a_port_too_long_loses_it(port: Path, gateway: Post) -> None:
    with SteeredBoard(port):
        post = gateway()
        post.wait_open()
        with post.source.lend(0.2):
            post.wait_open()


def test_commands_reach_the_board_and_its_answer_comes_back(port: Path, gateway: Post) -> None:
    with SteeredBoard(port, [WEATHER]) as board:
        post = gateway()
        post.wait_open()
        answer = post.source.command(Code.SET_INTERVAL, b"\xff" + (5000).to_bytes(4, "little"), 5.0)
        assert (answer.status, answer.returned) == (0, (5000).to_bytes(4, "little"))
        assert board.end.intervals_ms == {0: 5000}


def test_a_board_without_a_session_says_so_at_once(gateway: Post) -> None:
    post = gateway()
    with pytest.raises(TransientError, match="no session"):
        post.source.command(Code.READ, b"\xff", 5.0)


def _hello(**changes: Any) -> Hello:
    return replace(HELLO, **changes)


def test_a_picture_of_the_board_becomes_a_file_and_a_reading(port: Path, tmp_path: Path, gateway: Post) -> None:
    data = bytes(range(256)) * 12
    with SteeredBoard(port) as board:
        post = gateway(pictures={})
        post.wait_open()
        sha256 = board.offer(data)
        [point] = post.wait_durable(1)
        assert (point.measurement, point.fields["picture_sha256"], point.fields["picture_bytes"]) == ("camera", sha256, len(data))
        assert (tmp_path / str(point.fields["picture"])).read_bytes() == data
        eventually(lambda: not board.end._pictures.is_offering)  # noqa: SLF001
