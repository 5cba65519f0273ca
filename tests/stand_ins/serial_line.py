"""A serial device in software: a pseudo-terminal behind a symbolic link, so that it can be unplugged and plugged in again."""

import os
import select
import tty
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self


class SerialLine:
    """The device's end of a line; `path` is what the program under test opens."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._device_fd = -1
        self._kept_fd = -1

    def plug_in(self) -> None:
        """Make the port appear under `path`."""
        self._device_fd, self._kept_fd = os.openpty()
        tty.setraw(self._kept_fd)
        self.path.symlink_to(os.ttyname(self._kept_fd))

    def unplug(self) -> None:
        """Make the port vanish, under whoever has it open."""
        self.path.unlink(missing_ok=True)
        for fd in (self._device_fd, self._kept_fd):
            with suppress(OSError):
                os.close(fd)
        self._device_fd = self._kept_fd = -1

    @property
    def device_fd(self) -> int:
        """The device's end, for one that listens and talks by itself."""
        return self._device_fd

    def send(self, data: bytes) -> None:
        """What the device says."""
        os.write(self._device_fd, data)

    def heard(self) -> bytes:
        """What was written to the device since the last call; waits for it."""
        return os.read(self._device_fd, 4096)

    def has_heard_anything(self) -> bool:
        """Whether something was written to the device that it has not heard yet."""
        return bool(select.select([self._device_fd], [], [], 0)[0])

    def __enter__(self) -> Self:
        self.plug_in()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.unplug()
