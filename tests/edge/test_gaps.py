"""Gaps: two points told together, one word after a crash, and the time that the gateway was off."""

from pathlib import Path

import pytest

from edge.gap_file import GapFile, LeftBehind
from edge.gateway_off import Off, gateway_off
from edge.ledger import Gap, Ledger
from edge.spool.spool import Loss
from telemetry.catalogue.ledger import LEDGER
from telemetry.point import Point
from tests.faults.disk import Disk, TornWrite

FOLDER = Path("/state")
NOW_NS = 1_700_000_000 * 10**9
SECOND_NS = 10**9


def identity(point: Point) -> tuple[object, ...]:
    return (*sorted(point.tags.items()), point.time_ns)


def test_a_gap_is_a_point_when_it_began_and_one_when_its_end_was_known() -> None:
    ledger = Ledger("bn", "gw-1")
    gap_id = ledger.open_gap("street", "source silent", NOW_NS)
    [opened] = ledger.points(NOW_NS + 90 * SECOND_NS)
    ledger.close_gap(gap_id, NOW_NS + 300 * SECOND_NS, 5)
    [closed] = ledger.points(NOW_NS + 301 * SECOND_NS)
    assert opened.time_ns == NOW_NS
    assert dict(opened.fields) == {"gap_id": gap_id, "from_ns": NOW_NS, "state": "open", "count_known": False, "quality": 0}
    assert closed.time_ns == NOW_NS + 301 * SECOND_NS
    assert dict(closed.fields) == {
        "gap_id": gap_id,
        "from_ns": NOW_NS,
        "to_ns": NOW_NS + 300 * SECOND_NS,
        "state": "closed",
        "count": 5,
        "count_known": False,
        "quality": 0,
    }
    assert "gap_id" not in opened.tags, "a tag would make a series a gap"


def test_no_two_points_share_series_and_time() -> None:
    ledger = Ledger("bn", "gw-1")
    points: list[Point] = []
    for _ in range(3):
        gap_id = ledger.open_gap("street", "source silent", NOW_NS)
        ledger.close_gap(gap_id, NOW_NS, None)
        ledger.note(Loss("source silent", "street", 1, None, None))
        points += ledger.points(NOW_NS)
    assert len({identity(point) for point in points}) == len(points) == 9


def test_every_field_that_is_written_is_in_the_catalogue() -> None:
    ledger = Ledger("bn", "gw-1")
    ledger.close_gap(ledger.open_gap("street", "source silent", NOW_NS), NOW_NS, 1)
    ledger.note(Loss("quota", "street", 1, 1, 2, detail="a word for people").of("normal", 3))
    written = {name for point in ledger.points(NOW_NS) for name in point.fields}
    assert written - {"quality"} == {quantity.field for quantity in LEDGER}


def test_claims_beyond_a_thousand_go_into_further_points_and_the_count_stays_right() -> None:
    ledger = Ledger("bn", "gw-1")
    for number in range(2500):
        ledger.note(Loss("refused by the store", "street", 2, 1, 2).of("normal", number))
    points = ledger.points(NOW_NS)
    assert [point.fields["count"] for point in points] == [2000, 2000, 1000]
    assert all(len(str(point.fields["detail"])) < 64 * 1024 for point in points)


def test_a_gap_that_a_killed_process_left_open_is_found_by_the_next() -> None:
    disk = Disk()
    disk.make_folder(FOLDER)
    ledger = Ledger("bn", "gw-1", GapFile(disk, FOLDER).write)
    gap_id = ledger.open_gap("street", "source silent", NOW_NS)
    disk = disk.power_cut()
    left = GapFile(disk, FOLDER).read()
    assert left == LeftBehind([Gap(gap_id, "street", "source silent", NOW_NS)], None)


def test_a_gap_is_kept_until_its_end_is_durable() -> None:
    disk = Disk()
    disk.make_folder(FOLDER)
    file = GapFile(disk, FOLDER)
    ledger = Ledger("bn", "gw-1", file.write)
    gap_id = ledger.open_gap("street", "source silent", NOW_NS)
    ledger.close_gap(gap_id, NOW_NS, None)
    ledger.save_gaps()
    assert len(GapFile(disk, FOLDER).read().gaps) == 1
    ledger.forget([gap_id])
    ledger.save_gaps()
    assert GapFile(disk, FOLDER).read().gaps == []


@pytest.mark.parametrize("size", [0, 1, 8])
def test_a_torn_write_leaves_the_gaps_as_they_were(size: int) -> None:
    disk = Disk()
    disk.make_folder(FOLDER)
    file = GapFile(disk, FOLDER)
    gap = Gap("1", "street", "source silent", NOW_NS)
    file.write([gap])
    disk.faults.append(TornWrite(size))
    file.write([])
    assert GapFile(disk, FOLDER).read().gaps == [gap]


def test_a_clean_end_is_remembered_until_the_next_process_runs() -> None:
    disk = Disk()
    disk.make_folder(FOLDER)
    GapFile(disk, FOLDER).write([], ended_ns=NOW_NS)
    again = GapFile(disk, FOLDER)
    assert again.read() == LeftBehind([], NOW_NS)
    again.write([])
    assert GapFile(disk, FOLDER).read().ended_ns is None


@pytest.mark.parametrize(
    ("left", "newest_s", "now_s", "off"),
    [
        (LeftBehind(), None, 100, None),
        (LeftBehind(), 90, 100, (90, 100)),
        (LeftBehind((), 95 * SECOND_NS), 90, 100, None),
        (LeftBehind((), 20 * SECOND_NS), 10, 100, (20, 100)),
        (LeftBehind((), 20 * SECOND_NS), 10, 15, None),
        (LeftBehind(), 200, 100, None),
    ],
    ids=["first start", "killed", "short and clean", "long and clean", "clock went back", "clock went back after a kill"],
)
def test_the_gateway_was_off_from_the_last_sign_of_life(
    left: LeftBehind, newest_s: int | None, now_s: int, off: tuple[int, int] | None
) -> None:
    found = gateway_off(left, None if newest_s is None else newest_s * SECOND_NS, now_s * SECOND_NS, 10.0)
    assert found == (None if off is None else Off(off[0] * SECOND_NS, off[1] * SECOND_NS))
