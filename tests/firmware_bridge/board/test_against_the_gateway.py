"""The C board against the Python gateway: whatever the line does, each reading that was kept is stored once, in order, at its time."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.link.events import Frame, LogLine, Opened
from tests.firmware_bridge.board.c_board import CBoard
from tests.firmware_bridge.link.bad_line import (
    BYTE_S,
    Bench,
    all_of,
    clean,
    delaying,
    dropping,
    duplicating,
    flipping,
    noisy,
    splitting,
)

_FAULTS = {
    "clean": clean,
    "drops": dropping(0.2),
    "flips": flipping(0.2),
    "duplicates": duplicating(0.3),
    "delays": delaying(0.3),
    "splits": splitting,
    "noise": noisy(0.3),
    "everything": all_of(dropping(0.1), flipping(0.1), duplicating(0.1), delaying(0.1), splitting, noisy(0.1)),
}


class CBench(Bench):
    """The same bench with the C library as the board; a restart is a new start of the program."""

    board: CBoard  # type: ignore[assignment]

    def new_board(self, first_seq: int = 0) -> CBoard:  # type: ignore[override]
        return CBoard(boot=self.boot, first_seq=first_seq, started_s=self.now_s, byte_s=self.byte_s, store_bytes=self.store_bytes)

    def restart_board(self, *, boot: int | None = None) -> None:
        self.board.close()
        super().restart_board(boot=boot)


@contextmanager
def c_bench(**settings: object) -> Iterator[CBench]:
    bench = CBench(**settings)  # type: ignore[arg-type]
    with bench.board:
        yield bench


def _measured(bench: Bench, count: int, every_s: float) -> None:
    for _ in range(count):
        bench.measure()
        bench.run(every_s)


def _all_arrive(bench: Bench, within_s: float = 120) -> None:
    assert bench.run(within_s, bench.is_settled), "the board waits"
    assert bench.spool.stored == [n for n, _ in bench.taken]


@pytest.mark.parametrize("name", _FAULTS)
@pytest.mark.parametrize("fsync_s", [0.0, 0.05])
def test_every_reading_arrives_once_and_in_order_over_a_bad_line(name: str, fsync_s: float) -> None:
    with c_bench(to_host=_FAULTS[name], to_board=_FAULTS[name], fsync_s=fsync_s) as bench:
        _measured(bench, 60, 0.02)
        _all_arrive(bench)


@settings(max_examples=25, deadline=None)
@given(
    up=st.sampled_from(sorted(_FAULTS)),
    down=st.sampled_from(sorted(_FAULTS)),
    fsync_s=st.sampled_from([0.0, 0.01, 0.3]),
    every_s=st.sampled_from([0.0, 0.001, 0.03, 0.4]),
    store_bytes=st.sampled_from([150, 400, 1200]),
    first_seq=st.sampled_from([0, 65_530]),
    seed=st.integers(0, 1 << 32),
)
def test_stored_and_counted_as_lost_is_what_the_board_measured(
    up: str, down: str, fsync_s: float, every_s: float, store_bytes: int, first_seq: int, seed: int
) -> None:
    with c_bench(
        to_host=_FAULTS[up], to_board=_FAULTS[down], fsync_s=fsync_s, store_bytes=store_bytes, first_seq=first_seq, seed=seed
    ) as bench:
        _measured(bench, 40, every_s)
        bench.run(120, bench.is_settled)
        bench.measure()  # what was lost is told in front of the next reading
        _all_arrive(bench)
        assert bench.spool.lost == bench.refused == bench.board.store.lost_count
        assert len(bench.spool.stored) + bench.spool.lost == bench.number


def test_readings_have_the_time_at_which_they_were_taken() -> None:
    with c_bench(to_host=dropping(0.3), to_board=dropping(0.3), fsync_s=0.05) as bench:
        _measured(bench, 60, 0.02)
        _all_arrive(bench)
        for stored_s, (_, taken_s) in zip(bench.spool.times_s, bench.taken, strict=True):
            assert stored_s == pytest.approx(taken_s, abs=0.004)


def test_the_line_stays_busy_while_every_fsync_takes_50_ms() -> None:
    with c_bench(fsync_s=0.05) as bench:
        bench.run(3, lambda: bench.opened > 0)
        began_s, before = bench.now_s, len(bench.spool.stored)
        while bench.now_s < began_s + 3:
            while bench.measure():
                pass
            bench.run(0.004)
        per_s = (len(bench.spool.stored) - before) / 3

    assert per_s * 4 > 0.8 / BYTE_S  # a record of this counter is 4 bytes: head, after, two of value


def test_a_gateway_that_restarts_gets_what_was_not_durable_again() -> None:
    with c_bench(fsync_s=3.0) as bench:
        _measured(bench, 50, 0.05)
        assert bench.host.state.not_durable > 0
        bench.restart_host()
        _measured(bench, 20, 0.05)
        _all_arrive(bench)
        assert bench.opened == 2


def test_a_board_that_lost_an_ack_says_hello_and_goes_on() -> None:
    with c_bench() as bench:
        bench.run(3, lambda: bench.opened > 0)
        bench.to_board = lambda *_: []
        _measured(bench, 3, 0.5)
        bench.to_board = clean
        _all_arrive(bench, within_s=6)
        assert bench.opened == 1


def test_a_log_line_waits_for_a_gateway_and_arrives_once() -> None:
    with c_bench() as bench:
        assert bench.board.log(2, "no DHT sensor")
        assert not bench.board.log(2, "another")
        bench.run(5)
        assert [(line.level, line.text) for line in bench.events if isinstance(line, LogLine)] == [(2, "no DHT sensor")]


def test_hello_and_sensors_tell_what_the_board_is() -> None:
    with c_bench() as bench:
        bench.run(3, lambda: bench.opened > 0)
        (opened,) = [event for event in bench.events if isinstance(event, Opened)]
        hello = opened.hello
        assert (hello.board, hello.firmware, hello.version, hello.build_id, hello.uid, hello.boot) == (
            "host",
            "counter",
            "1.0.0",
            "b1",
            b"board",
            7,
        )
        assert [sensor.measurement for sensor in opened.sensors] == ["test", "weather"]
        assert [(f.type, f.exponent, f.name, f.unit) for f in opened.sensors[1].fields] == [
            (0, -1, "temperature", "Cel"),
            (1, 0, "pulses", "{count}"),
            (2, 0, "level", "m"),
            (3, 0, "rain", ""),
        ]
        assert opened.sensors[1].interval_ms == 10_000


def test_values_of_every_type_gaps_and_quality_arrive_as_they_were() -> None:
    with c_bench(fsync_s=1e6) as bench:
        bench.run(3, lambda: bench.opened > 0)
        for values, present, quality in (
            ([-1234567, 4294967295, 0x3FC00000, 7], 0xFFFF, 0),
            ([-(1 << 31), 0, 0, 0], 0b0001, 128),
            ([(1 << 31) - 1, 300, 0, 0], 0b1010, 1),
        ):
            assert bench.board.reading_of(1, values, bench.now_s, present, quality)
        bench.run(3)
        got = [r for event in bench.events if isinstance(event, Frame) for r in event.records]
        assert [(r.values, r.quality) for r in got] == [
            ({"temperature": pytest.approx(-123456.7), "pulses": 4294967295, "level": 1.5, "rain": True}, 0),
            ({"temperature": pytest.approx(-214748364.8)}, 128),
            ({"pulses": 300, "rain": False}, 1),
        ]
