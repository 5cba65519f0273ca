"""What a board may do to its gateway: it is untrusted input."""

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from edge.link.lending import Lending
from edge.link.namesake_watch import NamesakeWatch
from edge.link.namesakes import namesakes
from edge.sources import link
from firmware_bridge.link.commands import Code
from quanho.edge_boards import lines_of
from telemetry.errors import TransientError
from tests.edge.link.conftest import Post
from tests.stand_ins.moved_clock import MovedClock
from tests.stand_ins.steered_board import HELLO, SteeredBoard
from tests.waiting import eventually


def test_a_board_that_starts_again_and_again_fills_no_log(port: Path, gateway: Post, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with SteeredBoard(port) as board:
        post = gateway()
        post.wait_open()
        for count in range(30):
            board.restart()
            eventually(lambda: post.source.view()["sessions"] > count + 1)  # type: ignore[operator]  # noqa: B023
    said = [record for record in caplog.records if record.message in ("link.opened", "link.closed")]
    assert len(said) <= 40


def test_a_port_that_is_lent_twice_in_a_row_is_given_twice_at_once(port: Path, gateway: Post) -> None:
    with SteeredBoard(port):
        post = gateway()
        post.wait_open()
        began_s = post.clock.monotonic_s()
        for _ in range(3):
            with post.source.lend(30.0):
                pass
        assert post.clock.monotonic_s() - began_s < 3.0


def test_who_comes_back_too_late_does_not_end_the_loan_of_the_next(tmp_path: Path) -> None:
    clock = MovedClock()
    lending = Lending("mast", tmp_path / "lent", clock, lambda: lending.gave())
    late, next_one = lending.lend(5.0), lending.lend(60.0)
    late.__enter__()
    clock.advance(6.0)
    next_one.__enter__()

    late.__exit__(None, None, None)

    assert lending.is_lent
    next_one.__exit__(None, None, None)
    assert not lending.is_lent


def test_a_board_that_changes_its_name_for_each_picture_does_not_have_more_room_for_them(port: Path, tmp_path: Path, gateway: Post) -> None:
    with SteeredBoard(port, hello=replace(HELLO, device="cam-0")) as board:
        post = gateway(pictures={"keep_count": 3})
        for number in range(6):
            post.wait_open()
            board.offer(bytes([number]) * 3000)
            post.wait_durable(number + 1)
            eventually(lambda: not board.end._pictures.is_offering)  # noqa: SLF001
            board.restart(device=f"cam-{number + 1}")
            eventually(lambda: post.source.view()["device"] == f"cam-{number + 1}")  # noqa: B023
    assert len(list((tmp_path / "pictures").glob("*/*.jpg"))) == 3


def test_a_picture_whose_reading_is_durable_is_not_told_again_after_a_kill(port: Path, gateway: Post) -> None:
    with SteeredBoard(port) as board:
        killed = gateway(pictures={})
        killed.wait_open()
        sha256 = board.offer(b"jpeg" * 500)
        eventually(lambda: killed.intake.counts.points == 1)
        closed = killed.batcher.take(killed.clock.monotonic_s(), at_once=True)
        assert closed is not None
        killed.chunks += closed.chunks  # durable, and killed before anybody was told
        killed.stop()

        after = gateway(known=killed.receipts(), pictures={})
        after.wait_open()
        eventually(lambda: not board.end._pictures.is_offering)  # noqa: SLF001
        assert after.disk() == 0
        assert [point.fields["picture_sha256"] for point in killed.points()] == [sha256]


def test_a_source_that_replaces_another_leaves_the_port_alone_until_the_flash_is_over(port: Path, gateway: Post) -> None:
    with SteeredBoard(port):
        before = gateway()
        before.wait_open()
        with before.source.lend(60.0):
            before.stop()
            after = gateway()
            eventually(lambda: after.source.view()["is_lent"])
            assert not after.source._port.state().open_count  # noqa: SLF001
            assert after.intake.is_excused
        after.wait_open()
        assert not after.intake.is_excused


def test_an_order_that_nobody_waits_for_any_more_is_not_done_later(port: Path, gateway: Post) -> None:
    with SteeredBoard(port) as board:
        post = gateway()
        post.wait_open()
        board.is_deaf = True
        with pytest.raises(TransientError, match="did not answer within"):
            post.source.command(Code.IDENTIFY, b"\1\0", 0.1)
        with pytest.raises(TransientError, match="did not answer within"):
            post.source.command(Code.RESTART, b"", 0.1)
        board.is_deaf = False
        assert post.source.command(Code.IDENTIFY, b"\2\0", 5.0).status == 0
        assert [ordered.code for ordered in board.ordered] == [Code.IDENTIFY, Code.IDENTIFY]


def test_a_board_that_starts_again_with_the_number_of_its_last_start_is_in_the_ledger_too(port: Path, gateway: Post) -> None:
    with SteeredBoard(port) as board:
        post = gateway()
        post.wait_open()
        board.reading(n=1)
        post.wait_durable(1)
        eventually(lambda: board.kept_count == 0)
        board._hello = replace(HELLO, boot=HELLO.boot - 1)  # noqa: SLF001
        board.restart()
        board.reading(n=2)
        post.wait_durable(2)
        eventually(lambda: "board restarted" in post.reasons())


def test_two_boards_of_one_name_or_one_unique_id_are_noticed(tmp_path: Path, gateway: Post, caplog: pytest.LogCaptureFixture) -> None:
    with SteeredBoard(tmp_path / "usb-mast") as one, SteeredBoard(tmp_path / "usb-roof", hello=replace(HELLO, uid=b"\1")) as other:
        post, roof = gateway(), gateway(at=tmp_path / "usb-roof", id="roof")
        post.wait_open()
        roof.wait_open()
        watch = NamesakeWatch(lambda: [post.source, roof.source])
        for _ in range(3):
            watch.look()
        assert post.source.view()["same_as"] == ("device", ("roof",))
        assert roof.source.state().last_error == "its device is also that of mast"
        assert [record.message for record in caplog.records].count("link.same_identity") == 2
        assert "trùng tên với mast" in "\n".join(lines_of(roof.source.view()))

        other.restart(device="roof-01", uid=HELLO.uid)
        eventually(lambda: roof.source.view()["device"] == "roof-01")
        watch.look()
        assert post.source.view()["same_as"] == ("uid", ("roof",))

        one.restart(uid=b"\2")
        eventually(lambda: post.source.view()["uid"] == "02")
        watch.look()
        assert post.source.view()["same_as"] is None


def test_two_boards_that_measure_different_things_may_be_one_measuring_point() -> None:
    one = {"source": "a", "is_open": True, "uid": "01", "device": "roof", "sets": [{"measurement": "weather"}]}
    other = {**one, "source": "b", "uid": "02", "sets": [{"measurement": "air"}]}
    assert namesakes([one, other]) == {}
    assert namesakes([one, {**other, "sets": one["sets"]}]) == {"a": "device", "b": "device"}
    assert namesakes([one, {**other, "sets": one["sets"], "is_open": False}]) == {}


def test_how_well_the_line_works_is_a_reading_of_its_own(port: Path, gateway: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "_COUNTS_EVERY_S", 0.2)
    with SteeredBoard(port) as board:
        post = gateway()
        post.wait_open()
        board.reading(n=1)
        eventually(lambda: any(point.measurement == "board_link" and point.fields["readings_total"] == 1 for point in post.wait_durable(1)))
        [*_, point] = [point for point in post.points() if point.measurement == "board_link"]
        assert point.tags["device"] == "mast-01"
        assert float(point.fields["frames_total"]) > 3
        assert point.fields["damaged_total"] == 0
