"""Readings that do not simply arrive just now by a trusted clock: before time is trusted, late from the broker, or retained."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from edge.absence import Absence
from edge.batching.batcher import Batcher
from edge.batching.chunk import Chunk
from edge.batching.close_policy import ClosePolicy
from edge.clock.stamp import Stamp
from edge.decoders.table import build_decoder
from edge.intake import SourceIntake, Taken
from edge.normalise import Normaliser
from edge.normalise_settings import NormaliseSettings
from edge.refusal_budget import RefusalBudget
from edge.spool.loss import Loss
from telemetry import quality
from telemetry.batch import Priority
from telemetry.lineprotocol.parse import parse_strict
from telemetry.point import Point, Reading
from tests.stand_ins.moved_clock import MovedClock

S_NS = 1_000_000_000
DECODER = build_decoder("json", {"measurement": "air", "time": {"path": "ts", "format": "unix_ms"}}, ["site/{device}"])


class Told:
    """Time over boot time, as a test tells it."""

    boot_id = "b1"

    def __init__(self, clock: MovedClock) -> None:
        self.clock = clock
        self.is_trusted = True
        self.bits = quality.GOOD
        self.before_ns: int | None = None

    def at_boot_ns(self, boot_ns: int) -> int | None:
        return self.clock.wall_ns() - self.clock.boot_ns() + boot_ns if self.is_trusted else None

    def stamp(self) -> Stamp:
        return Stamp(self.clock.wall_ns() if self.is_trusted else self.clock.boot_ns(), self.is_trusted, self.bits)

    def best_ns(self) -> int:
        return self.clock.wall_ns()


class Desk:
    """An intake between a broker's messages and its open batch."""

    def __init__(self) -> None:
        self.clock = MovedClock()
        self.time = Told(self.clock)
        self.losses: list[Loss] = []
        self._batcher = Batcher("street", Priority.NORMAL, ClosePolicy(1.0, 1 << 18), 1 << 20, self.clock, lambda: None)
        normaliser = Normaliser("street", "bn", "gw-1", NormaliseSettings(), device_window_ns=(3600 * S_NS, 60 * S_NS))
        self.normaliser = normaliser
        self.intake = SourceIntake(
            "street", DECODER, normaliser, self._batcher, RefusalBudget(20), self.clock, self.losses.append, self.time
        )

    def take_in(self, *trees: dict[str, Any], device: str = "d1", retain: bool = False, absence: Absence | None = None) -> None:
        """Take messages that arrive together; with `absence` they had queued."""
        queued = absence is not None
        messages = [(f"site/{device}", json.dumps(tree).encode(), 0, 0, retain, queued) for tree in trees]
        self.intake.messages(messages, None, absence)

    def chunks(self) -> Iterator[Chunk]:
        closed = self._batcher.take(self.clock.monotonic_s(), at_once=True)
        return iter(closed.chunks if closed else ())

    def points(self) -> list[Point]:
        text = "\n".join(line for chunk in self.chunks() for line in chunk.lines)
        return [parsed.as_point() for parsed in parse_strict(text.encode(), 0)]

    def waiting(self) -> list[dict[str, Any]]:
        """The provisional lines, decoded."""
        return [json.loads(line) for chunk in self.chunks() for line in chunk.lines if chunk.is_provisional]


def test_before_time_is_trusted_readings_keep_boot_and_boot_time() -> None:
    desk = Desk()
    desk.time.is_trusted = False
    desk.take_in({"pm": 1.5})
    [line] = desk.waiting()
    assert (line["time"], line["boot"]) == (60 * S_NS, "b1")
    assert line["fields"] == {"pm": 1.5, "quality": 0}


def test_before_time_is_trusted_a_devices_own_time_is_kept_to_be_judged_later() -> None:
    desk = Desk()
    desk.time.is_trusted = False
    desk.take_in({"pm": 1.5, "ts": 5}, {"pm": 2.5, "ts": 5})
    one, two = desk.waiting()
    assert (one["device_time"], one["window"]) == (5_000_000, [3600 * S_NS, 60 * S_NS])
    assert two["device_time"] == 5_000_001, "another value at the same time moves by a nanosecond"
    assert two["time"] > one["time"], "should the device not be believed, arrivals keep them apart"


def test_when_time_is_trusted_the_next_reading_comes_behind_what_was_told_in_boot_time() -> None:
    desk = Desk()
    desk.time.is_trusted = False
    desk.take_in({"pm": 1.0})
    desk.time.is_trusted = True
    desk.take_in({"pm": 2.0})
    chunks = list(desk.chunks())
    assert [chunk.is_provisional for chunk in chunks] == [True, False]
    [point] = parse_strict("".join(chunks[1].lines).encode(), 0)
    assert point.time_ns == desk.clock.wall_ns() + 1, "the first has the very same millisecond"


def test_an_estimated_clock_marks_what_it_stamps() -> None:
    desk = Desk()
    desk.time.bits = quality.CLOCK_ESTIMATED
    desk.take_in({"pm": 1.0})
    [point] = desk.points()
    assert point.fields["quality"] == quality.CLOCK_ESTIMATED


@pytest.mark.parametrize(("behind_s", "is_believed"), [(3600, True), (3601, False), (-60, True), (-61, False), (7 * 86_400, False)])
def test_a_devices_own_time_is_believed_inside_its_window_only(behind_s: int, is_believed: bool) -> None:
    desk = Desk()
    told_ns = desk.clock.wall_ns() - behind_s * S_NS
    desk.take_in({"pm": 1.0, "ts": told_ns // 1_000_000})
    [point] = desk.points()
    of_old = quality.STALE if behind_s > 0 else quality.GOOD
    expected = (told_ns, quality.GOOD) if is_believed else (desk.clock.wall_ns(), quality.CLOCK_ESTIMATED | of_old)
    assert (point.time_ns, point.fields["quality"]) == expected


def test_what_queued_at_the_broker_is_placed_in_the_absence_at_the_pace_of_its_series() -> None:
    desk = Desk()
    for value in (1.0, 2.0, 3.0):
        desk.take_in({"pm": value})
        desk.clock.advance(60)
    left_ns, left_boot_ns = desk.clock.wall_ns(), desk.clock.boot_ns()
    desk.points()
    desk.clock.advance(3600)
    absence = Absence(left_boot_ns, desk.clock.boot_ns())
    desk.take_in({"pm": 4.0}, {"pm": 5.0}, {"pm": 6.0}, absence=absence)
    desk.take_in({"pm": 7.0}, device="new", absence=absence)
    desk.take_in({"pm": 8.0})
    *late, fresh = desk.points()
    assert [round((point.time_ns - left_ns) / S_NS) for point in late[:3]] == [60, 120, 180]
    assert left_ns < late[3].time_ns < desk.clock.wall_ns()
    assert {point.fields["quality"] for point in late} == {quality.TIME_RECONSTRUCTED}
    assert (fresh.time_ns, fresh.fields["quality"]) == (desk.clock.wall_ns(), quality.GOOD)
    desk.intake.absence_over(absence)
    [loss] = desk.losses
    assert (loss.reason, loss.count, loss.first_ns, loss.last_ns) == ("broker queue", 4, left_ns, desk.clock.wall_ns())


def test_what_queued_and_has_a_time_of_its_own_keeps_it() -> None:
    desk = Desk()
    told_ns = desk.clock.wall_ns() - 600 * S_NS
    absence = Absence(0, desk.clock.boot_ns())
    desk.take_in({"pm": 4.0, "ts": told_ns // 1_000_000}, absence=absence)
    [point] = desk.points()
    assert (point.time_ns, point.fields["quality"]) == (told_ns, quality.GOOD)


def test_an_absence_from_before_this_process_begins_at_its_last_sign_of_life() -> None:
    desk = Desk()
    desk.time.before_ns = desk.clock.wall_ns() - 7200 * S_NS
    desk.take_in({"pm": 4.0}, absence=Absence(None, desk.clock.boot_ns()))
    [point] = desk.points()
    assert desk.time.before_ns < point.time_ns < desk.clock.wall_ns()


def test_what_queued_while_time_is_not_trusted_waits_with_its_absence() -> None:
    desk = Desk()
    desk.time.is_trusted, desk.time.before_ns = False, 1_600_000_000_000_000_000
    desk.take_in({"pm": 4.0}, {"pm": 5.0}, absence=Absence(None, 50 * S_NS))
    one, two = desk.waiting()
    assert one["away"] == [1_600_000_000_000_000_000, 50 * S_NS, 1, 0, 0]
    assert two["away"][2] == 2
    assert one["fields"]["quality"] == quality.TIME_RECONSTRUCTED


def test_a_retained_message_without_a_time_changes_last_values_only() -> None:
    desk = Desk()
    desk.take_in({"pm": 9.0}, retain=True)
    assert desk.points() == []
    assert desk.intake.counts.refused == 0
    assert [series.fields["pm"] for series in desk.normaliser.series.snapshot()] == [9.0]


def test_a_retained_message_with_a_time_is_a_point() -> None:
    desk = Desk()
    told_ns = desk.clock.wall_ns() - 600 * S_NS
    desk.take_in({"pm": 9.0, "ts": told_ns // 1_000_000}, retain=True)
    assert [point.time_ns for point in desk.points()] == [told_ns]


def _taken(desk: Desk, *ages_s: float, **fields: float) -> None:
    now_ns = desk.clock.boot_ns()
    readings = [Taken(Reading("air", {}, fields or {"pm2_5": 1.0}), now_ns - round(age_s * S_NS)) for age_s in ages_s]
    desk.intake.taken(readings, 1)


def test_what_a_source_decoded_itself_is_stored_at_the_time_at_which_it_was_taken_and_never_in_the_future() -> None:
    desk = Desk()
    _taken(desk, 1800.0, 2.5, 2.5, -5.0)
    assert [point.time_ns - desk.clock.wall_ns() for point in desk.points()] == [-1800 * S_NS, -2_500_000_000, -2_499_999_999, 0]


def test_an_age_that_is_not_believed_counts_from_the_arrival_and_is_marked() -> None:
    desk = Desk()
    _taken(desk, 2 * 3600.0)
    [point] = desk.points()
    assert (point.time_ns, point.fields["quality"]) == (desk.clock.wall_ns(), quality.CLOCK_ESTIMATED | quality.STALE)


def test_what_was_taken_before_this_boot_waits_for_the_time_below_zero() -> None:
    desk = Desk()
    desk.time.is_trusted = False
    _taken(desk, 70.0, 65.0, 65.0, 1.0)
    times = [line["time"] for line in desk.waiting()]
    assert times == [-10 * S_NS, -5 * S_NS, -5 * S_NS + 1, 59 * S_NS]


def test_losses_of_the_other_side_are_told_with_the_chunk_and_a_reading_that_is_refused_costs_no_other() -> None:
    desk = Desk()
    readings = [Taken(Reading("air", {}, {"quality": 1.0}), desk.clock.boot_ns()), Taken(Reading("air", {}, {"pm2_5": 2.0}), 0)]
    desk.intake.taken(readings, 2, losses=[Loss("board store full", "street", 7, None, None)])
    [chunk] = desk.chunks()
    assert (len(chunk.lines), chunk.produced, chunk.messages) == (1, 9, 2)
    assert {loss.reason: loss.count for loss in chunk.losses} == {"decoder rejected": 1, "board store full": 7}
