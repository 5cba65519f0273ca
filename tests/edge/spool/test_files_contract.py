"""The contract of edge/spool/files.py, which the real disk and the one in memory both keep."""

import errno
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.spool.files import DiskFiles, Files, ReadOnlyFiles
from edge.spool.lease import LaneName
from telemetry.batch import Priority
from telemetry.errors import TransientError
from tests.edge.spool.harness import OpenSpool, sources
from tests.faults.disk import Disk


@pytest.fixture(params=["disk", "memory"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Files, Path]:
    """Return a file system and an empty folder in it."""
    files: Files = DiskFiles() if request.param == "disk" else Disk()
    folder = tmp_path / "spool"
    files.make_folder(folder)
    return files, folder


def test_what_is_written_is_read_at_its_offset_and_short_at_the_end(place: tuple[Files, Path]) -> None:
    files, folder = place
    file = files.open(folder / "a", create=True)
    file.write_at(0, b"hello")
    file.write_at(8, b"world")
    file.sync()
    assert file.read_at(0, 100) == b"hello\0\0\0world"
    assert file.read_at(9, 2) == b"or"
    assert file.read_at(13, 5) == b""
    assert file.size() == files.size(folder / "a") == 13
    file.truncate(3)
    file.truncate(5)
    assert file.read_at(0, 100) == b"hel\0\0"
    file.close()


def test_names_are_sorted_made_renamed_and_removed(place: tuple[Files, Path]) -> None:
    files, folder = place
    for name in ("b", "a", "c"):
        files.open(folder / name, create=True).close()
    files.make_folder(folder / "d")
    files.make_folder(folder / "d")
    assert files.names(folder) == ["a", "b", "c", "d"]
    files.rename(folder / "a", folder / "c")
    files.unlink(folder / "b")
    files.sync_folder(folder)
    assert files.names(folder) == ["c", "d"]


def test_what_is_not_there_is_not_found(place: tuple[Files, Path]) -> None:
    files, folder = place
    for call in (lambda: files.open(folder / "x"), lambda: files.unlink(folder / "x"), lambda: files.names(folder / "x")):
        with pytest.raises(FileNotFoundError):
            call()
    with pytest.raises(FileNotFoundError):
        files.size(folder / "x")


def test_an_open_file_outlives_its_name(place: tuple[Files, Path]) -> None:
    files, folder = place
    file = files.open(folder / "a", create=True)
    file.write_at(0, b"data")
    files.unlink(folder / "a")
    assert file.read_at(0, 4) == b"data"
    file.close()


def test_a_spool_works_on_it(place: tuple[Files, Path]) -> None:
    files, folder = place
    opened = OpenSpool(files, folder=folder)
    opened.append("a", "b")
    opened.append("alarm", priority=Priority.HIGH)
    opened.spool.close()
    again = OpenSpool(files, folder=folder)
    assert again.drain() == ["alarm", "a", "b"]
    again.spool.close()


def test_tools_cannot_write(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"data")
    file = ReadOnlyFiles().open(tmp_path / "a")
    assert file.read_at(0, 9) == b"data"
    with pytest.raises(OSError):
        file.write_at(0, b"x")
    file.close()
    with pytest.raises(PermissionError):
        ReadOnlyFiles().open(tmp_path / "b", create=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a folder on a file system of 2 MiB."""
    mount = shutil.which("mount")
    if os.geteuid() != 0 or not mount:
        pytest.skip("mounting a small tmpfs needs root")
    target = tmp_path / "small"
    target.mkdir()
    done = subprocess.run([mount, "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(target)], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"no tmpfs can be mounted here: {done.stderr.decode().strip()}")
    yield target
    subprocess.run(["umount", "-l", str(target)], check=True)


def test_a_real_disk_that_fills_up_is_a_state_and_ends_by_itself(small_disk: Path) -> None:
    opened = OpenSpool(DiskFiles(), folder=small_disk / "spool")
    accepted, reason = opened.append_until_full(Priority.HIGH)
    assert os.strerror(errno.ENOSPC) in reason
    assert len(accepted) > 20
    assert opened.drain() == accepted
    for each in range(60):  # history makes room
        opened.append(f"n{each}", body_bytes=60_000)
    opened.spool.close()
    assert sorted({loss.reason for loss in opened.losses}) in ([], ["quota"])
    again = OpenSpool(DiskFiles(), folder=small_disk / "spool")
    assert again.drain()[-1] == "n59"
    again.spool.close()


def test_a_real_read_only_disk_is_refused_with_a_way_out(small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(TransientError, match="make the folder writable"):
        OpenSpool(DiskFiles(), folder=small_disk / "spool")


def test_one_thread_appends_while_others_deliver_split_and_save(tmp_path: Path) -> None:
    opened = OpenSpool(DiskFiles(), folder=tmp_path / "spool")
    names = [f"n{each}" for each in range(400)]
    delivered: list[str] = []
    finished = threading.Event()

    def deliver(lane: LaneName) -> None:
        while not (finished.is_set() and opened.spool.state()[Priority.NORMAL].records_unsent == 0):
            lease = opened.spool.lease(lane, 7, 1 << 20)
            if lease is None:
                opened.spool.save()
            elif lease.first % 5 == 0 and lease.first not in released:
                released.add(lease.first)
                opened.spool.release(lease)
                opened.spool.split_lanes()
            else:
                delivered.extend(sources(lease))
                opened.spool.accept(lease)

    released: set[int] = set()
    threads = [threading.Thread(target=deliver, args=(lane,)) for lane in LaneName]
    for thread in threads:
        thread.start()
    for name in names:
        opened.append(name, body_bytes=2000)
    finished.set()
    for thread in threads:
        thread.join(60)
    opened.spool.close()
    assert sorted(delivered) == sorted(names)
    assert opened.losses == []
