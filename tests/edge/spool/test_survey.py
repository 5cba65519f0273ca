"""Looking at a spool from outside while its agent gives up segments."""

import os
from pathlib import Path

import pytest

from edge.spool.files import File, ReadOnlyFiles
from edge.spool.lock import SpoolLock
from edge.spool.settings import SpoolSettings
from edge.spool.spool import Spool
from edge.spool.survey import Finding, SpoolFolder
from telemetry.batch import Batch, Priority


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A spool of several segments."""
    spool = Spool(tmp_path / "spool", SpoolSettings.model_validate({"quota_bytes": 4 << 20}), lambda _: None)
    for _ in range(20):
        spool.append([Batch("s", Priority.NORMAL, 1, 1, 1, os.urandom(50_000), 1)])
    spool.close()
    return tmp_path / "spool"


class _GivesUpWhileWeLook(ReadOnlyFiles):
    """A segment is gone between the look at the folder and the look into it."""

    def __init__(self, gone: Path) -> None:
        self._gone = gone

    def open(self, path: Path, *, create: bool = False) -> File:
        if path == self._gone:
            path.unlink()
        return super().open(path, create=create)


def test_a_segment_that_a_running_agent_gives_up_meanwhile_is_no_damage(folder: Path) -> None:
    _, second, *_ = sorted((folder / "normal").glob("*.seg"))
    lock = SpoolLock(folder)
    lock.take()
    try:
        assert SpoolFolder(folder, _GivesUpWhileWeLook(second)).survey().found == []
    finally:
        lock.release()


def test_a_segment_that_is_gone_while_no_agent_runs_is_missed(folder: Path) -> None:
    sorted((folder / "normal").glob("*.seg"))[1].unlink()
    assert [found.finding for found in SpoolFolder(folder).survey().found] == [Finding.MISSING]
