"""Faults of a real disk under a whole agent: slow, stuck or full. For power cuts and torn sectors see disk.py."""

import errno
import os
import threading
import time
from pathlib import Path

from edge.spool.files import DiskFile, DiskFiles, File


class SlowSync(DiskFiles):
    """Each sync of a segment takes `delay_s` longer. `durations_s` are what those syncs took."""

    def __init__(self, delay_s: float) -> None:
        self.delay_s = delay_s
        self.durations_s: list[float] = []
        self._never = threading.Event()

    def open(self, path: Path, *, create: bool = False) -> File:
        return _SlowFile(path, self, create=create) if path.suffix == ".seg" else DiskFile(path, create=create)

    def linger(self) -> None:
        self._never.wait(self.delay_s)


class _SlowFile(DiskFile):
    def __init__(self, path: Path, disk: SlowSync, *, create: bool) -> None:
        super().__init__(path, create=create)
        self._disk = disk

    def sync(self) -> None:
        began_s = time.monotonic()
        super().sync()
        self._disk.linger()
        self._disk.durations_s.append(time.monotonic() - began_s)


class GatedSync(DiskFiles):
    """After `shut`, each sync of a segment waits at a gate until `let_one_through` or `open_up`."""

    def __init__(self) -> None:
        self._gate = threading.Condition()
        self._is_shut = False
        self._passes = 0
        self.waiting_count = 0
        self.passed_count = 0

    def open(self, path: Path, *, create: bool = False) -> File:
        return _GatedFile(path, self, create=create) if path.suffix == ".seg" else DiskFile(path, create=create)

    def shut(self) -> None:
        self._is_shut = True

    def let_one_through(self) -> None:
        with self._gate:
            self._passes += 1
            self._gate.notify_all()

    def open_up(self) -> None:
        with self._gate:
            self._is_shut = False
            self._gate.notify_all()

    def pass_gate(self) -> None:
        with self._gate:
            self.waiting_count += 1
            self._gate.wait_for(lambda: self._passes or not self._is_shut, 20.0)
            self._passes = max(0, self._passes - 1)
            self.waiting_count -= 1
            self.passed_count += 1


class _GatedFile(DiskFile):
    def __init__(self, path: Path, disk: GatedSync, *, create: bool) -> None:
        super().__init__(path, create=create)
        self._disk = disk

    def sync(self) -> None:
        super().sync()
        self._disk.pass_gate()


class FullDisk(DiskFiles):
    """While `is_full`, no file grows and none is made (ENOSPC, or what `error` says). `ending` confines that to files that end so."""

    def __init__(self, ending: str = "", error: int = errno.ENOSPC) -> None:
        self.is_full = False
        self.error = error
        self._ending = ending

    def open(self, path: Path, *, create: bool = False) -> File:
        if not path.name.endswith(self._ending):
            return DiskFile(path, create=create)
        if create and self.is_full and not path.exists():
            raise OSError(self.error, os.strerror(self.error), str(path))
        return _FullFile(path, self, create=create)


class _FullFile(DiskFile):
    def __init__(self, path: Path, disk: FullDisk, *, create: bool) -> None:
        super().__init__(path, create=create)
        self._disk = disk

    def write_at(self, offset: int, data: bytes) -> None:
        if self._disk.is_full and offset + len(data) > self.size():
            raise OSError(self._disk.error, os.strerror(self._disk.error))
        super().write_at(offset, data)
