"""A serial device in software: a pseudo-terminal behind a symbolic link, which the agent opens like any port."""

import os
import tty
from collections import deque
from contextlib import suppress
from pathlib import Path


class SerialLine:
    """The device's end of a line that never blocks: what the other end is slow to read waits here."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._device_fd, self._kept_fd = os.openpty()  # our own hold on the far end: without it a write fails while nobody listens
        tty.setraw(self._kept_fd)
        os.set_blocking(self._device_fd, False)
        path.symlink_to(os.ttyname(self._kept_fd))
        self._lines: deque[bytes] = deque()

    def say(self, line: bytes) -> None:
        """Send a line, without its end, with the next `pump`."""
        self._lines.append(line + b"\r\n")

    def pump(self) -> int:
        """Write what the line takes now; return how many lines left in full."""
        sent = 0
        while self._lines:
            try:
                written = os.write(self._device_fd, self._lines[0])
            except BlockingIOError:
                break
            if written < len(self._lines[0]):
                self._lines[0] = self._lines[0][written:]
                break
            self._lines.popleft()
            sent += 1
        return sent

    @property
    def pending(self) -> int:
        """Lines that have not left in full."""
        return len(self._lines)

    def close(self) -> None:
        self.path.unlink(missing_ok=True)
        for fd in (self._device_fd, self._kept_fd):
            with suppress(OSError):
                os.close(fd)
