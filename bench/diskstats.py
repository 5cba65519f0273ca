"""What really reaches the device: block device statistics, for the device that holds a folder.

`/proc/self/io` misleads: it counts dirtied pages, neither the journal nor the blocks written twice. The counter is the whole
device's, so whatever else writes counts too: measure on an idle machine, or in a file system of its own (a loop device).
"""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_SECTOR_BYTES = 512  # the unit of /sys/block/*/stat, whatever the device's own sectors
_SECTORS_WRITTEN = 6  # Documentation/block/stat.rst


@dataclass(frozen=True, slots=True)
class Device:
    """A block device by its statistics file."""

    stat: Path

    @classmethod
    def of(cls, folder: Path) -> Self:
        """Return the device that holds `folder`. Raises OSError when its file system has none of its own (tmpfs, overlay)."""
        number = folder.stat().st_dev
        stat = Path(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}/stat")
        if not stat.exists():
            raise OSError(f"{folder} is on no block device with statistics; name another folder with --folder")
        return cls(stat)

    def written_bytes(self) -> int:
        """Return the bytes written since boot, with all that waits in memory flushed first."""
        os.sync()
        return int(self.stat.read_text(encoding="ascii").split()[_SECTORS_WRITTEN]) * _SECTOR_BYTES


class WrittenBytes:
    """Bytes that reached the device between two calls, less what the idle machine writes in that time."""

    def __init__(self, folder: Path, idle_s: float = 2.0) -> None:
        """Watch the idle machine for `idle_s` seconds first."""
        self._device = Device.of(folder)
        before = self._device.written_bytes()
        time.sleep(idle_s)
        self.idle_rate = (self._device.written_bytes() - before) / idle_s
        self._began_s = time.monotonic()
        self._before = self._device.written_bytes()

    def so_far(self) -> int:
        """Return the bytes since this object was made."""
        written = self._device.written_bytes() - self._before
        return max(0, int(written - self.idle_rate * (time.monotonic() - self._began_s)))
