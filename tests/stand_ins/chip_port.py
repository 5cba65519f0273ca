"""A simulated chip's end of its USB serial adapter: a pseudo-terminal under a name that stays, with or without DTR and RTS."""

import os
import select
import socket
import termios
import tty
from contextlib import suppress
from pathlib import Path

_UNREAD_BYTES = 8192


class ChipPort:
    """Not safe for threads; its owner's one thread turns it. Until `appear` and after `vanish` there is no port."""

    def __init__(self, path: Path, lines_folder: Path | None = None) -> None:
        self.path = path
        self.is_open = False
        self._lines_folder = lines_folder
        self._fd = -1
        self._lines: socket.socket | None = None
        self._out = bytearray()

    @property
    def is_there(self) -> bool:
        return self._fd >= 0

    def appear(self) -> None:
        self._fd, client_fd = os.openpty()
        name = os.ttyname(client_fd)
        tty.setraw(client_fd)
        os.close(client_fd)  # open here, it would hide whether a client has it open
        os.set_blocking(self._fd, False)
        if self._lines_folder is not None:
            self._lines = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._lines.bind(str(self._lines_folder / Path(name).name))
            self._lines.settimeout(0)
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(name)

    def vanish(self) -> None:
        self.path.unlink(missing_ok=True)
        if self._lines is not None:
            Path(self._lines.getsockname()).unlink(missing_ok=True)
            self._lines.close()
            self._lines = None
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = -1
        self.is_open = False
        self._out.clear()

    def wait(self, for_s: float) -> None:
        """Until something comes or can be sent on, at most so long."""
        fds = [self._fd] if self.is_open else []
        with suppress(OSError, ValueError):  # unplugged meanwhile
            select.select([*fds, *([self._lines.fileno()] if self._lines else [])], fds if self._out else [], [], for_s)

    def look(self) -> None:
        """See whether a client has the port open; what an earlier one left unread is gone."""
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        was_open = self.is_open
        self.is_open = not any(event & select.POLLHUP for _, event in poll.poll(0))
        if self.is_open and not was_open:
            self._flush()
        if not self.is_open:
            self._out.clear()

    def client_baud(self) -> int:
        """The speed constant (termios.B115200) that the client set."""
        return int(termios.tcgetattr(self._fd)[5])

    def modem_lines(self) -> tuple[bool, bool] | None:
        """The next change of (DTR, RTS) that the client made."""
        if self._lines is None:
            return None
        try:
            dtr, rts = self._lines.recv(2)
        except BlockingIOError:
            return None
        return dtr == ord("1"), rts == ord("1")

    def read(self) -> bytes:
        if not self.is_open:
            return b""
        try:
            return os.read(self._fd, 65536)
        except OSError:
            return b""

    def send(self, data: bytes, *, is_kept: bool = False) -> None:
        """Send on what fits. Of what nobody reads the rest is lost, as in a USB adapter's buffer, unless `is_kept`."""
        if not self.is_open:
            return
        self._out += data
        if self._out:
            with suppress(OSError):
                del self._out[: os.write(self._fd, self._out)]
        if not is_kept and len(self._out) > _UNREAD_BYTES:
            self._out.clear()

    def discard(self) -> None:
        """Drop what the client has not read."""
        self._out.clear()
        if self._fd >= 0:
            self._flush()

    def _flush(self) -> None:
        with suppress(termios.error):
            termios.tcflush(self._fd, termios.TCOFLUSH)
