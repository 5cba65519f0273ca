import os
from pathlib import Path

import pytest

from runtime.block_device import kernel_written_bytes, storage_of


@pytest.fixture
def sysfs(tmp_path: Path) -> Path:
    """A card `mmcblk0` of 1,000 sectors with one partition of 400, on which `tmp_path` lives."""
    card = tmp_path / "devices" / "mmcblk0"
    partition = card / "mmcblk0p2"
    partition.mkdir(parents=True)
    (card / "size").write_text("1000\n")
    (partition / "size").write_text("400\n")
    (partition / "partition").write_text("2\n")
    entries = tmp_path / "block"
    entries.mkdir()
    number = tmp_path.stat().st_dev
    (entries / f"{os.major(number)}:{os.minor(number)}").symlink_to(partition)
    return entries


def test_the_whole_card_counts_and_not_the_partition(tmp_path: Path, sysfs: Path) -> None:
    storage = storage_of(tmp_path, sysfs)
    assert storage
    assert (storage.device, storage.size_bytes) == ("mmcblk0", 512_000)


def test_without_a_device_the_file_system_is_named_as_such(tmp_path: Path) -> None:
    storage = storage_of(tmp_path, tmp_path / "nothing")
    stat = os.statvfs(tmp_path)
    assert storage
    assert (storage.device, storage.size_bytes) == ("", stat.f_blocks * stat.f_frsize)


def test_a_folder_that_is_not_there_has_no_storage(tmp_path: Path) -> None:
    assert storage_of(tmp_path / "absent") is None


def test_the_kernels_account_is_read_where_it_is_offered(tmp_path: Path) -> None:
    (tmp_path / "io").write_text("rchar: 1\nwrite_bytes: 4096\ncancelled_write_bytes: 0\n")
    assert kernel_written_bytes(tmp_path / "io") == 4096
    assert kernel_written_bytes(tmp_path / "absent") is None
