"""A serial port that outlives its plug: opened by name, locked for us, reopened when the device comes back.

Three exceptions mean "the device is gone" (measured with pyserial 3.5 on Linux): SerialException, OSError (EIO from ioctls)
and termios.error, which is neither. None of them leaves this module.
"""

import errno
import glob
import os
import select
import stat
import termios
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from random import Random

import serial

from runtime.backoff import Backoff, next_delay
from runtime.clock import Clock, SystemClock
from runtime.logs import Log
from runtime.serial_settings import SerialSettings
from telemetry.errors import TransientError
from telemetry.said import reason_of, said

_GONE = (serial.SerialException, OSError, termios.error)
_PARITY = {
    "none": serial.PARITY_NONE,
    "even": serial.PARITY_EVEN,
    "odd": serial.PARITY_ODD,
    "mark": serial.PARITY_MARK,
    "space": serial.PARITY_SPACE,
}
_PTY_MAJORS = range(136, 144)  # Linux, Documentation/admin-guide/devices.txt

log = Log("runtime.serial")


@dataclass(frozen=True, slots=True)
class PortState:
    """What a port is doing. `device` is the path that was opened last, `opened_at_s` on the clock that never steps."""

    is_open: bool = False
    device: str = ""
    open_count: int = 0
    opened_at_s: float = 0.0
    read_bytes: int = 0
    written_bytes: int = 0
    last_error: str = ""


class SerialPort:
    """One port. One thread reads (and so opens and reopens); any thread may write, interrupt or ask for the state."""

    def __init__(self, settings: SerialSettings, clock: Clock | None = None, rng: Random | None = None) -> None:
        self._settings = settings
        self._clock = clock or SystemClock()
        self._rng = rng or Random()  # noqa: S311 -- jitter
        self._backoff = Backoff(settings.reopen_first_s, settings.reopen_ceiling_s)
        self._lock = threading.Lock()  # over `_handle` and `_state`, never held while waiting for the device
        self._handle: serial.Serial | None = None
        self._state = PortState()
        self._failures = 0
        self._try_at_s = 0.0
        self._interrupted = threading.Event()

    def state(self) -> PortState:
        """Return the state now. Any thread."""
        return self._state

    def read(self) -> bytes:
        """Return what arrived, or nothing after `read_timeout_s` or an `interrupt`. Opens the port when it is closed and due."""
        handle = self._handle or self._open_when_due()
        if handle is None:
            return b""
        data = b""
        try:
            data = handle.read(1)
            if data:  # a wake-up per burst, not per byte
                data += handle.read(handle.in_waiting)
        except _GONE as error:
            self._lost(handle, _reason(error))
        if data:
            self._failures = 0
            self._note(read_bytes=self._state.read_bytes + len(data))
        return data

    def read_within(self, wait_s: float) -> bytes:
        """Return what arrives within `wait_s`, which may be shorter than `read_timeout_s`; not interrupted. On the reading thread."""
        handle = self._handle
        if handle is None:
            return self.read()
        try:
            is_there = bool(select.select([handle.fileno()], [], [], wait_s)[0])
        except _GONE as error:
            self._lost(handle, _reason(error))
            return b""
        return self.read() if is_there else b""

    def read_or_wake(self, wait_s: float) -> bytes:
        """Return what arrives within `wait_s`, or nothing: after an `interrupt`, also one just before, at once. On the reading thread."""
        handle = self._handle
        if handle is None:
            return self.read()
        woken = handle.pipe_abort_read_r  # where `cancel_read` is heard; None once it is closed
        if woken is None:
            return self.read()
        if self._interrupted.is_set():  # before the port was open, perhaps
            self._interrupted.clear()
            wait_s = 0.0
        try:
            ready = select.select([handle.fileno(), woken], [], [], max(0.0, wait_s))[0]
            if woken in ready:
                os.read(woken, 1000)
                self._interrupted.clear()
        except _GONE as error:
            self._lost(handle, _reason(error))
            return b""
        return self.read() if handle.fileno() in ready else b""

    def read_now(self) -> bytes:
        """Return what has arrived already, without waiting; nothing while the port is closed. On the reading thread."""
        handle = self._handle
        if handle is None:
            return b""
        try:
            data: bytes = handle.read(handle.in_waiting) if handle.in_waiting else b""
        except _GONE as error:
            self._lost(handle, _reason(error))
            return b""
        self._note(read_bytes=self._state.read_bytes + len(data))
        return data

    def open(self) -> bool:
        """Open the port if it is closed and due; tell whether it is open. On the reading thread."""
        return (self._handle or self._open_when_due()) is not None

    def write(self, data: bytes) -> None:
        """Send all of `data`; TransientError if the port is closed or the device does not take it. Any thread."""
        handle = self._handle
        if handle is None:
            raise TransientError(f"serial port {self._settings.port} is not open: {self._state.last_error or 'not opened yet'}")
        try:
            handle.write(data)
        except serial.SerialTimeoutException as error:
            limit_s = self._settings.write_timeout_s
            raise TransientError(f"serial port {self._settings.port}: the device took nothing for {limit_s} s") from error
        except _GONE as error:
            self.interrupt()  # the reader finds the device gone by itself
            raise TransientError(f"serial port {self._settings.port}: {_reason(error)}") from error
        self._note(written_bytes=self._state.written_bytes + len(data))

    def interrupt(self) -> None:
        """Make a `read` under way return soon. Any thread."""
        self._interrupted.set()
        with self._lock, suppress(*_GONE):
            if self._handle is not None:
                self._handle.cancel_read()

    def close(self) -> None:
        """Close and unlock the port. Only on the reading thread, or after it has ended."""
        with self._lock:
            handle, self._handle = self._handle, None
        if handle is not None:
            with suppress(*_GONE):
                handle.close()
        self._note(is_open=False)

    def _open_when_due(self) -> serial.Serial | None:
        wait_s = self._try_at_s - self._clock.monotonic_s()
        if wait_s > 0 and self._failures:
            self._interrupted.wait(min(wait_s, self._settings.read_timeout_s))
            self._interrupted.clear()
            return None
        try:
            device = choose_port(self._settings.port, matching_ports(self._settings.port))
            handle = _opened(device, self._settings)
        except (*_GONE, TransientError) as error:
            self._failed(_reason(error))
            return None
        with self._lock:
            self._handle = handle
        self._note(is_open=True, device=device, open_count=self._state.open_count + 1, opened_at_s=self._clock.monotonic_s(), last_error="")
        log.info("serial.opened", port=self._settings.port, device=device, times=self._state.open_count)
        return handle

    def _lost(self, handle: serial.Serial, reason: str) -> None:
        with self._lock:
            self._handle = None
        with suppress(*_GONE):
            handle.close()
        self._failed(reason)

    def _failed(self, reason: str) -> None:
        self._failures += 1
        delay_s = next_delay(self._backoff, self._failures, self._rng)
        self._try_at_s = self._clock.monotonic_s() + delay_s
        if reason != self._state.last_error:  # once a cause, not once a try
            log.warning("serial.unavailable", port=self._settings.port, reason=reason, again_in_s=round(delay_s, 1))
        self._note(is_open=False, last_error=reason)

    def _note(self, **changes: object) -> None:
        with self._lock:
            self._state = replace(self._state, **changes)  # type: ignore[arg-type]


def matching_ports(pattern: str) -> list[str]:
    """Return the paths that fit `pattern`, each device once; a path that exists is its own only match."""
    if os.path.exists(pattern) or not glob.has_magic(pattern):  # noqa: PTH110 -- a glob's paths are text
        return [pattern]
    by_device = {os.path.realpath(path): path for path in sorted(glob.glob(pattern), reverse=True)}  # noqa: PTH207
    return sorted(by_device.values())


def choose_port(pattern: str, matches: Sequence[str]) -> str:
    """Return the only match; TransientError if there is none or more than one."""
    if not matches:
        raise TransientError(
            said(f"không có cổng nào khớp {pattern}; đã cắm thiết bị chưa?", f"no port fits {pattern}; is the device plugged in?")
        )
    if len(matches) > 1:
        vi = f"có {len(matches)} cổng khớp {pattern}: {', '.join(matches)}; đặt port là cổng cần dùng"
        raise TransientError(said(vi, f"{len(matches)} ports fit {pattern}: {', '.join(matches)}; set port to the one that is meant"))
    return matches[0]


def touch(device: str, baudrate: int, hold_s: float = 0.1) -> None:
    """Hold `device` open at `baudrate` for a moment, an order to some boards (1200: into the boot loader). Raises TransientError."""
    try:
        with serial.Serial(device, baudrate=baudrate, exclusive=True):
            time.sleep(hold_s)
    except _GONE as error:
        raise TransientError(f"serial port {device}: {_reason(error)}") from error


def _opened(device: str, settings: SerialSettings) -> serial.Serial:
    """Open and lock `device`."""
    try:
        return _opened_with(device, settings, _PARITY[settings.parity])
    except termios.error:
        if not _is_pty(device):
            raise
        return _opened_with(device, settings, serial.PARITY_NONE)  # a pty has no parity bits and refuses to be asked twice
    except serial.SerialException as error:
        if error.errno in {errno.EAGAIN, errno.EBUSY}:
            vi = f"{device} đang do chương trình khác dùng; hãy dừng chương trình đó (fuser -v {device} cho biết là gì)"
            en = f"{device} is in use by another program; stop that one (fuser -v {device} names it)"
            raise TransientError(said(vi, en)) from error
        if error.errno == errno.EACCES:
            vi = f"người dùng này không được mở {device}; thêm vào nhóm dialout rồi đăng nhập lại"
            raise TransientError(said(vi, f"this user may not open {device}; add it to the group dialout and log in again")) from error
        raise


def _opened_with(device: str, settings: SerialSettings, parity: str) -> serial.Serial:
    return serial.Serial(
        device,
        baudrate=settings.baudrate,
        bytesize=settings.bytesize,
        parity=parity,
        stopbits=settings.stopbits,
        timeout=settings.read_timeout_s,
        write_timeout=settings.write_timeout_s,
        exclusive=True,
    )


def _is_pty(device: str) -> bool:
    with suppress(OSError):
        about = os.stat(device)  # noqa: PTH116
        return stat.S_ISCHR(about.st_mode) and os.major(about.st_rdev) in _PTY_MAJORS
    return False


def _reason(error: Exception) -> str:
    if isinstance(error, termios.error):
        return str(error.args[-1])
    return reason_of(error) or type(error).__name__
