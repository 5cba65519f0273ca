"""Which devices are refused, on kernels' files made up in a folder: no device of this machine is looked at."""

from pathlib import Path

import pytest

from firmware_bridge.card.device_facts import DeviceFacts, Roots, all_disks, facts_by_number
from firmware_bridge.card.may_write import may_write

_GIB = 1 << 30


class Kernel:
    """/sys and /proc with the disks that a test puts in."""

    def __init__(self, folder: Path) -> None:
        self.roots = Roots(folder / "sys", folder / "proc")
        (folder / "proc/self").mkdir(parents=True)
        (folder / "sys/dev/block").mkdir(parents=True)
        (folder / "sys/block").mkdir()
        self.mounts("22 27 0:21 / /proc rw,relatime - proc proc rw")
        self.swaps()

    def mounts(self, *lines: str) -> None:
        (self.roots.proc / "self/mountinfo").write_text("\n".join(lines) + "\n")

    def swaps(self, *devices: str) -> None:
        lines = ["Filename\t\tType\t\tSize", *(f"{device}  partition 1048572 0 -2" for device in devices)]
        (self.roots.proc / "swaps").write_text("\n".join(lines) + "\n")

    def disk(self, name: str, number: str, *, bus: str, gib: int = 32, partitions: int = 2, **files: str) -> Path:
        place = self.roots.sys / "devices" / bus / "block" / name
        self._device(place, number, gib * _GIB)
        for file, content in {"removable": "1", "ro": "0", **files}.items():
            path = place / file.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content + "\n")
        if not bus.startswith("virtual"):
            (place / "device").mkdir(exist_ok=True)
        major, minor = map(int, number.split(":"))
        for at in range(1, partitions + 1):
            part = place / f"{name}{'p' if name[-1].isdigit() else ''}{at}"
            self._device(part, f"{major}:{minor + at}", _GIB)
            (part / "partition").write_text(f"{at}\n")
        (self.roots.sys / "block" / name).symlink_to(place)
        return place

    def facts(self, number: str, path: str = "/dev/it") -> DeviceFacts:
        return facts_by_number(path, number, self.roots)

    def _device(self, place: Path, number: str, size: int) -> None:
        (place / "holders").mkdir(parents=True)
        (place / "dev").write_text(f"{number}\n")
        (place / "size").write_text(f"{size // 512}\n")
        (self.roots.sys / "dev/block" / number).symlink_to(place)


@pytest.fixture
def kernel(tmp_path: Path) -> Kernel:
    return Kernel(tmp_path)


_READER = "pci0/usb1/1-2/1-2:1.0/host0"


def _codes(facts: DeviceFacts, *, image_bytes: int | None = 4 * _GIB, allow_fixed: bool = False) -> list[str]:
    return [refusal.code for refusal in may_write(facts, image_bytes=image_bytes, allow_fixed=allow_fixed)]


def test_a_card_in_a_usb_reader_may_be_written(kernel: Kernel) -> None:
    kernel.disk("sdb", "8:16", bus=_READER, device__model="SD Card Reader")
    facts = kernel.facts("8:16")
    assert _codes(facts) == []
    assert (facts.bus, facts.size_bytes, facts.model, facts.names) == ("usb", 32 * _GIB, "SD Card Reader", ("sdb", "sdb1", "sdb2"))


def test_a_card_in_a_built_in_reader_may_be_written_though_it_says_it_is_not_removable(kernel: Kernel) -> None:
    kernel.disk("mmcblk0", "179:0", bus="platform/mmc_host/mmc0", removable="0", device__type="SD")
    assert _codes(kernel.facts("179:0")) == []


def test_soldered_emmc_is_refused(kernel: Kernel) -> None:
    kernel.disk("mmcblk1", "179:8", bus="platform/mmc_host/mmc1", removable="0", device__type="MMC")
    assert _codes(kernel.facts("179:8")) == ["fixed"]


def test_a_disk_that_is_not_removable_needs_the_long_option(kernel: Kernel) -> None:
    kernel.disk("nvme0n1", "259:0", bus="pci0/nvme/nvme0", removable="0")
    assert _codes(kernel.facts("259:0")) == ["fixed"]
    assert _codes(kernel.facts("259:0"), allow_fixed=True) == []


@pytest.mark.parametrize(
    ("mount", "code"),
    [
        ("30 1 8:18 / / rw - ext4 /dev/sdb2 rw", "system-disk"),
        ("30 1 8:17 / /boot/efi rw - vfat /dev/sdb1 rw", "system-disk"),
        ("30 1 8:17 / /media/tech/boot\\040fs rw - vfat /dev/sdb1 rw", "mounted"),
        ("30 1 8:16 / /mnt rw - ext4 /dev/sdb rw", "mounted"),
        ("30 1 0:44 /@ / rw - btrfs /dev/sdb2 rw", "system-disk"),  # btrfs has a device number of its own
    ],
)
def test_what_is_mounted_is_refused_whatever_is_asked(kernel: Kernel, mount: str, code: str) -> None:
    kernel.disk("sdb", "8:16", bus=_READER)
    kernel.mounts(mount)
    assert _codes(kernel.facts("8:16"), allow_fixed=True) == [code]


def test_a_mount_point_is_named_with_its_blanks(kernel: Kernel) -> None:
    kernel.disk("sdb", "8:16", bus=_READER)
    kernel.mounts("30 1 8:17 / /media/boot\\040fs rw - vfat /dev/sdb1 rw")
    (refusal,) = may_write(kernel.facts("8:16"), image_bytes=None)
    assert "/media/boot fs" in refusal.en
    assert "/media/boot fs" in refusal.vi


def test_a_mount_of_another_disk_does_not_count(kernel: Kernel) -> None:
    kernel.disk("sdb", "8:16", bus=_READER)
    kernel.disk("sda", "8:0", bus="pci0/ata1", removable="0")
    kernel.mounts("30 1 8:1 / / rw - ext4 /dev/sda1 rw")
    assert _codes(kernel.facts("8:16")) == []
    assert _codes(kernel.facts("8:0")) == ["system-disk", "fixed"]


def test_swap_and_whatever_stands_on_a_partition_are_seen(kernel: Kernel) -> None:
    place = kernel.disk("sdb", "8:16", bus=_READER)
    kernel.swaps("/dev/sdb2")
    (place / "sdb1/holders/dm-0").mkdir()
    assert _codes(kernel.facts("8:16")) == ["swap", "held"]


def test_a_partition_is_refused_and_the_whole_card_named(kernel: Kernel) -> None:
    kernel.disk("sdb", "8:16", bus=_READER)
    (refusal,) = may_write(kernel.facts("8:17"), image_bytes=None)
    assert refusal.code == "partition"
    assert "/dev/sdb" in refusal.en


def test_a_write_protected_card_an_empty_reader_and_a_small_card_are_refused(kernel: Kernel) -> None:
    kernel.disk("sdb", "8:16", bus=_READER, ro="1")
    kernel.disk("sdc", "8:32", bus=_READER, gib=0)
    kernel.disk("sdd", "8:48", bus=_READER, gib=2)
    assert _codes(kernel.facts("8:16")) == ["read-only"]
    assert _codes(kernel.facts("8:32")) == ["no-medium"]
    assert _codes(kernel.facts("8:48")) == ["too-small"]
    assert _codes(kernel.facts("8:48"), image_bytes=2 * _GIB) == []
    assert _codes(kernel.facts("8:48"), image_bytes=2 * _GIB + 1) == ["too-small"]


def test_loop_and_dm_devices_are_never_cards(kernel: Kernel) -> None:
    kernel.disk("loop0", "7:0", bus="virtual", removable="1")
    kernel.disk("dm-0", "253:0", bus="virtual2", removable="0", partitions=0)
    assert _codes(kernel.facts("7:0"), allow_fixed=True) == ["virtual"]
    assert _codes(kernel.facts("253:0"), allow_fixed=True) == ["virtual"]


def test_the_list_has_every_disk_with_a_medium(kernel: Kernel) -> None:
    kernel.disk("sdb", "8:16", bus=_READER)
    kernel.disk("sdc", "8:32", bus=_READER, gib=0)
    assert [disk.path for disk in all_disks(kernel.roots)] == ["/dev/sdb"]


def test_a_kernel_that_says_nothing_gives_no_permission(kernel: Kernel) -> None:
    assert _codes(DeviceFacts("/dev/odd")) == ["fixed", "no-medium"]
    with pytest.raises(OSError):
        kernel.facts("8:99")
