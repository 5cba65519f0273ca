"""Looks at what the agent has written and at the card below it (edge/storage_life.py works out what that means)."""

import threading
from dataclasses import dataclass
from pathlib import Path

from edge.spool.counted_files import CountedFiles
from edge.storage_life import Rates, WriteWindow, Written, overwrites_a_year
from runtime.block_device import Storage, kernel_written_bytes, storage_of
from runtime.clock import Clock


@dataclass(frozen=True, slots=True)
class StorageLook:
    """One look: counters since the start, rates (None in the first minute), the card (None where nothing is known of it)."""

    written: Written
    rates: Rates | None
    card: Storage | None

    @property
    def overwrites_year(self) -> float | None:
        return overwrites_a_year(self.rates.year_bytes, self.card.size_bytes) if self.rates and self.card else None


class StorageMeter:
    """`asks_kernel` is False where the process writes to another device too (a file uplink on a stick): the kernel counts both."""

    def __init__(self, files: CountedFiles, folder: Path, clock: Clock, *, asks_kernel: bool) -> None:
        self._files = files
        self._folder = folder
        self._clock = clock
        self._asks_kernel = asks_kernel
        self._lock = threading.Lock()
        self._window = WriteWindow(clock.monotonic_s(), Written(0, 0))
        self._kernel_before = 0
        self._card: Storage | None = None

    def start(self) -> None:
        """Begin to count: another agent may have run in this process before."""
        self._kernel_before = kernel_written_bytes() or 0
        self._card = storage_of(self._folder)
        self._window = WriteWindow(self._clock.monotonic_s(), self._written())

    def look(self) -> StorageLook:
        """Return how things stand now. Any thread."""
        with self._lock:
            written = self._written()
            return StorageLook(written, self._window.rates(self._clock.monotonic_s(), written), self._card)

    def _written(self) -> Written:
        kernel = kernel_written_bytes() if self._asks_kernel else None
        grown = None if kernel is None else kernel - self._kernel_before
        return Written(self._files.written_bytes, self._files.sync_count, grown)
