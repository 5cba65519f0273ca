"""Records of no lines: they hold the receipts of refused messages, and are never sent."""

from pathlib import Path

from edge.spool import receipts
from edge.spool.export import export_lines
from edge.spool.files import DiskFiles
from edge.spool.lease import LaneName
from edge.spool.receipts import Receipts
from edge.spool.survey import SpoolFolder
from telemetry.batch import Batch, Priority
from tests.edge.spool.harness import OpenSpool, sources
from tests.faults.disk import Disk

NOTHING = Batch("source", Priority.NORMAL, 0, 0, 0, b"", 0, receipts.pack(7, [1], [11]))


def test_they_are_done_at_once_and_their_receipts_are_there_after_a_kill() -> None:
    disk = Disk()
    opened = OpenSpool(disk)
    opened.spool.append([NOTHING, NOTHING])
    assert opened.spool.state()[Priority.NORMAL].records_unsent == 0
    assert opened.drain() == []
    disk.process_died()
    again = OpenSpool(disk)
    assert again.spool.receipts("source") == [Receipts(7, (1,), (11,))] * 2
    assert again.drain() == []
    assert again.spool.state()[Priority.NORMAL].records_unsent == 0
    assert again.spool.replay(0, 1 << 62) == 0
    assert opened.losses == again.losses == []


def test_a_lease_goes_on_across_them() -> None:
    disk = Disk()
    opened = OpenSpool(disk)
    opened.append("a")
    opened.spool.append([NOTHING])
    opened.append("b")
    lease = opened.spool.lease(LaneName.LIVE, 10, 1 << 20)
    assert lease
    assert (sources(lease), lease.count) == (["a", "b"], 2)
    opened.spool.release(lease)
    assert opened.drain() == ["a", "b"]
    assert opened.spool.state()[Priority.NORMAL].records_unsent == 0


def test_tools_pass_over_them(tmp_path: Path) -> None:
    opened = OpenSpool(DiskFiles(), folder=tmp_path)
    opened.spool.append([NOTHING])
    opened.spool.close()
    folder = SpoolFolder(tmp_path)
    survey = folder.survey()
    assert survey.found == []
    queue = survey.queues[Priority.NORMAL]
    assert (queue.records, queue.unsent_records, queue.oldest_ns) == (1, 0, None)
    assert list(export_lines(folder, 0, 1 << 62)) == []
