"""Readings whose time is not known: they wait in the spool, and get the same time whenever they are asked."""

import gzip
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from edge.arrival import Away, DeviceTime
from edge.clock.boots import Place
from edge.spool.lease import LaneName
from edge.spool.provisional import dump, retimed
from edge.spool.record import LINES
from edge.spool.segment_reader import Record
from edge.spool.settings import SpoolSettings
from edge.spool.spool import Spool
from telemetry import quality
from telemetry.batch import Batch, Priority
from telemetry.lineprotocol.parse import parse_strict
from telemetry.point import FieldValue, Point, Unsigned
from tests.edge.spool.harness import FOLDER, batch
from tests.faults.disk import Disk

S_NS = 1_000_000_000
T_NS = 1_780_000_000_000_000_000
NEVER_NS = 2**63 - 1
TRUSTED = Place(T_NS, NEVER_NS, 0)
BETWEEN = Place(T_NS, T_NS + 3600 * S_NS, 3600 * S_NS, is_estimated=True)
FIELDS: dict[str, FieldValue] = {"level": 4.0, "count": 3, "total": Unsigned(7), "open": True, "note": 'a "b" ü', "quality": 2}


def point(boot_s: float = 60, **fields: FieldValue) -> Point:
    return Point("water_level", {"device": "cau", "site": "bn"}, fields or FIELDS, round(boot_s * S_NS))


def provisional(*lines: str, source: str = "river") -> Batch:
    raw = "".join(f"{line}\n" for line in lines).encode()
    return Batch(source, Priority.NORMAL, len(lines), 60 * S_NS, 61 * S_NS, gzip.compress(raw), len(raw), is_provisional=True)


class Home:
    """A spool whose boots are placed when a test says so."""

    def __init__(self, disk: Disk | None = None) -> None:
        self.disk = disk or Disk()
        self.places: dict[str, Place] = {}
        self.spool = Spool(FOLDER, SpoolSettings.model_validate({"quota_bytes": 4 << 20}), lambda _: None, self.disk, self.places.get)

    def lease(self, lane: LaneName = LaneName.LIVE) -> list[Record]:
        lease = self.spool.lease(lane, 5000, 1 << 20)
        return list(lease.records) if lease else []

    def lines(self, lane: LaneName = LaneName.LIVE) -> list[Point]:
        lease = self.spool.lease(lane, 5000, 1 << 20)
        return [parsed.as_point() for parsed in parse_strict(gzip.decompress(lease.body), 0)] if lease else []


def test_they_wait_until_their_boot_has_a_place() -> None:
    home = Home()
    home.spool.append([provisional(dump(point(), "b1"))])
    assert home.lease() == []
    assert home.spool.state()[Priority.NORMAL].lines_unsent == 1
    home.places["b1"] = TRUSTED
    [found] = home.lines()
    assert found == point()._replace(time_ns=T_NS + 60 * S_NS)
    assert isinstance(found.fields["total"], Unsigned)


def test_what_was_timed_before_them_goes_first_and_what_comes_after_waits_behind_them() -> None:
    home = Home()
    home.spool.append([batch("before"), provisional(dump(point(), "b1")), batch("after")])
    assert [record.head.source for record in home.lease()] == ["before"]
    assert home.lease() == []
    home.places["b1"] = TRUSTED
    assert [record.head.source for record in home.lease()] == ["river", "after"]


def test_the_head_of_a_timed_record_says_its_times() -> None:
    home = Home()
    home.spool.append([provisional(dump(point(60), "b1"), dump(point(61, level=1.5, quality=0), "b1"))])
    home.places["b1"] = TRUSTED
    [record] = home.lease()
    assert (record.head.kind, record.head.span) == (LINES, (T_NS + 60 * S_NS, T_NS + 61 * S_NS))
    assert (record.head.count, record.head.body_bytes) == (2, len(record.payload.body))


def test_a_place_between_bounds_marks_the_points() -> None:
    home = Home()
    home.spool.append([provisional(dump(point(), "b1"))])
    home.places["b1"] = BETWEEN
    assert home.lines()[0].fields["quality"] == 2 | quality.CLOCK_ESTIMATED


def test_a_devices_own_time_counts_where_it_is_near_the_arrival() -> None:
    home = Home()
    near, far = T_NS + 30 * S_NS, T_NS - 3600 * S_NS
    lines = [dump(point(60 + at), "b1", DeviceTime(time_ns, 1800 * S_NS, 5 * S_NS)) for at, time_ns in enumerate((near, far))]
    home.spool.append([provisional(*lines)])
    home.places["b1"] = TRUSTED
    first, second = home.lines()
    assert (first.time_ns, first.fields["quality"]) == (near, 2)
    assert (second.time_ns, second.fields["quality"]) == (T_NS + 61 * S_NS, 2 | quality.CLOCK_ESTIMATED | quality.STALE)


def test_what_queued_at_the_broker_is_placed_before_our_return() -> None:
    home = Home()
    from_ns = T_NS - 7200 * S_NS
    home.spool.append([provisional(*(dump(point(60), "b1", away=Away(from_ns, 50 * S_NS, nth, 0)) for nth in (1, 2, 3)))])
    home.places["b1"] = TRUSTED
    times = [found.time_ns for found in home.lines()]
    assert times == sorted(set(times))
    assert from_ns < times[0] < times[-1] < T_NS + 50 * S_NS


def test_a_line_that_cannot_be_read_costs_itself_alone() -> None:
    losses = []
    spool = Spool(FOLDER, SpoolSettings(), losses.append, Disk(), {"b1": TRUSTED}.get)
    spool.append([provisional("{}", dump(point(), "b1"), '{"boot": "b1", "time": "x"}')])
    lease = spool.lease(LaneName.LIVE, 5000, 1 << 20)
    assert lease is not None
    assert lease.count == 1
    assert [(loss.reason, loss.source, loss.count) for loss in losses] == [("spool damaged", "river", 2)]


def test_a_power_cut_between_writing_and_timing_loses_nothing() -> None:
    home = Home()
    home.spool.append([provisional(dump(point(), "b1"))])
    again = Home(home.disk.power_cut())
    assert again.spool.boot_lengths() == [("b1", 61 * S_NS)]
    again.places["b1"] = TRUSTED
    assert len(again.lines(LaneName.BACKLOG)) == 1


def test_delivered_ones_can_be_sent_again_by_their_time() -> None:
    home = Home()
    home.places["b1"] = TRUSTED
    home.spool.append([provisional(dump(point(), "b1"))])
    lease = home.spool.lease(LaneName.LIVE, 5000, 1 << 20)
    assert lease is not None
    home.spool.accept(lease)
    assert home.spool.replay(0, T_NS) == 0
    assert home.spool.replay(T_NS, T_NS + 61 * S_NS) == 1


@given(
    values=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=5),
    text=st.text(st.characters(exclude_categories=["Cs", "Cc"])),
    boot_ns=st.integers(0, 10**16),
)
def test_any_point_comes_back_as_it_was_and_twice_the_same(values: list[float], text: str, boot_ns: int) -> None:
    fields: dict[str, FieldValue] = {f"f{at}": value for at, value in enumerate(values)}
    given_point = Point("m", {"device": "d"}, {**fields, "text": text, "quality": 0}, boot_ns)
    home = Home()
    home.places["b"] = TRUSTED
    home.spool.append([provisional(dump(given_point, "b"))])
    [record] = home.lease()
    [found] = parse_strict(gzip.decompress(record.payload.body), 0)
    assert found.as_point() == given_point._replace(time_ns=T_NS + boot_ns)
    raw = provisional(dump(given_point, "b"))
    untimed = replace(record, head=replace(record.head, kind=2), payload=replace(record.payload, body=raw.body))
    again = retimed(untimed, home.places.get)
    assert again is not None
    assert again[0].payload.body == record.payload.body


def test_what_was_taken_before_the_boot_is_placed_before_it_also_where_the_boot_is_pressed() -> None:
    pressed = Place(T_NS, T_NS + 60 * S_NS, 3600 * S_NS, is_estimated=True)
    for place in (TRUSTED, pressed):
        home = Home()
        home.spool.append([provisional(dump(point(-90), "b1"), dump(point(0), "b1"))])
        home.places["b1"] = place
        assert [found.time_ns - T_NS for found in home.lines()] == [-90 * S_NS, 0]
