"""A segment that is there and cannot be opened (rights, too many open files, a loose card) is not damaged: it waits, the rest goes on."""

import errno

import pytest

from edge.spool.lease import LaneName
from telemetry.batch import Priority
from telemetry.errors import TransientError
from tests.edge.spool.harness import FOLDER, OpenSpool, sources
from tests.faults.disk import Denied, Disk

NAMES = [f"n{each:02}" for each in range(20)]


def closed_disk() -> Disk:
    """Return a disk with a spool of several segments that was stopped cleanly."""
    disk = Disk()
    opened = OpenSpool(disk)
    for name in NAMES:
        opened.append(name, body_bytes=60_000)
    opened.spool.close()
    return disk


@pytest.mark.parametrize("code", [errno.EACCES, errno.EMFILE, errno.EIO])
def test_segments_that_cannot_be_opened_at_start_stay_where_they_are_and_are_sent_later(code: int) -> None:
    disk = closed_disk()
    before = {path: disk.content(path) for path in disk.paths(".seg")}
    disk.faults.append(Denied(".seg", code))
    opened = OpenSpool(disk)
    opened.append("new")
    opened.spool.close()
    assert {path: disk.content(path) for path in before} == before
    disk.faults.clear()
    again = OpenSpool(disk)
    assert again.drain() == [*NAMES, "new"]
    assert opened.losses == again.losses == []
    assert again.spool.state()[Priority.NORMAL].records_unsent == 0
    again.spool.close()
    assert OpenSpool(disk).drain() == []


def test_numbers_and_counts_go_on_beyond_a_last_segment_that_could_not_be_opened() -> None:
    disk = closed_disk()
    last = disk.paths(".seg")[-1]
    disk.faults.append(Denied(last.name))
    opened = OpenSpool(disk)
    opened.append("new")
    first_part = opened.drain()
    assert first_part[-1] == "new"
    assert first_part[:-1] == NAMES[: len(first_part) - 1]
    disk.faults.clear()
    assert opened.drain() == NAMES[len(first_part) - 1 :]
    assert opened.losses == []
    assert opened.spool.state()[Priority.NORMAL].records_unsent == 0


def test_a_segment_in_the_middle_is_stepped_over_and_tried_again_while_the_live_lane_goes_on() -> None:
    disk = closed_disk()
    middle = disk.paths(".seg")[2]
    disk.faults.append(Denied(middle.name))
    opened = OpenSpool(disk)
    opened.append("live")
    live = opened.spool.lease(LaneName.LIVE, 10, 1 << 20)
    assert live
    assert sources(live) == ["live"]
    opened.spool.accept(live)
    early = opened.drain()
    missing = [name for name in NAMES if name not in early]
    assert missing
    assert opened.drain() == []
    disk.faults.clear()
    assert opened.drain() == []  # the backlog lane finds the way back when it has nothing else to do
    assert opened.drain() == missing
    assert opened.losses == []


def test_a_segment_that_can_never_be_opened_may_be_evicted_and_is_reported_then() -> None:
    disk = closed_disk()
    disk.faults.append(Denied(disk.paths(".seg")[0].name))
    opened = OpenSpool(disk)
    opened.drain()
    opened.append_until_full(Priority.HIGH)
    assert opened.lost() == [("quota", "", None)]


def test_no_second_epoch_is_made_up_while_the_first_cannot_be_read() -> None:
    disk = closed_disk()
    disk.faults += [Denied("epoch"), Denied(".seg")]
    with pytest.raises(TransientError, match="cannot be used"):
        OpenSpool(disk)
    disk.faults.clear()
    assert OpenSpool(disk).drain() == NAMES
    assert not [path for path in disk.paths() if path.parent == FOLDER / "quarantine"]
