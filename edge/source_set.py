"""The sources of a running agent, each with its own pipeline: any of them can stop and start while the others keep their connection."""

import threading
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from edge.batching.batcher import Batcher
from edge.batching.writer import SpoolWriter
from edge.config import SourceSettings
from edge.intake import SourceIntake
from edge.sources.source import Source
from runtime.clock import Clock
from runtime.logs import Log

_LOG = Log("edge.sources")
_POLL_S = 0.02


@dataclass(frozen=True, slots=True)
class SourceUnit:
    """One source and what its readings go through up to the writer, which knows the batcher already."""

    settings: SourceSettings
    source: Source
    intake: SourceIntake
    batcher: Batcher


class SourceSet:
    """`units` is a snapshot that never changes; any thread may walk it. One thread at a time adds and removes.

    `gone_messages` and `gone_refused` are what removed units had counted, so that totals never go back.
    """

    def __init__(self, build: Callable[[SourceSettings], SourceUnit], writer: Callable[[], SpoolWriter], clock: Clock) -> None:
        """`writer` is asked for once there are sources."""
        self.units: tuple[SourceUnit, ...] = ()
        self.gone_messages = 0
        self.gone_refused = 0
        self._build = build
        self._writer = writer
        self._clock = clock

    @property
    def waiting_bytes(self) -> int:
        """Memory of readings that are not durable yet."""
        return sum(unit.batcher.waiting_bytes for unit in self.units)

    def build(self, settings: Iterable[SourceSettings]) -> list[SourceUnit]:
        """Build sources, not yet started."""
        made = [self._build(each) for each in settings]
        self.units = (*self.units, *made)
        return made

    def order(self, ids: Sequence[str]) -> None:
        """Put the units into this order."""
        self.units = tuple(sorted(self.units, key=lambda unit: ids.index(unit.settings.id)))

    def start(self) -> None:
        for unit in self.units:
            unit.source.start()

    def drain(self) -> None:
        """Take nothing more in."""
        for unit in self.units:
            unit.source.drain()

    def stop(self, timeout_s: float) -> None:
        _stop(self.units, self._writer(), self._clock, timeout_s)

    def remove(self, ids: Collection[str], drain_s: float, stop_s: float) -> None:
        """Take sources out: what they have in memory becomes durable and is acknowledged, then they end. The others go on meanwhile.

        Where the disk refuses it, or takes longer than `drain_s`, it is written when that can be; what is acknowledged comes again besides.
        """
        leaving = [unit for unit in self.units if unit.settings.id in ids]
        if not leaving:
            return
        writer = self._writer()
        for unit in leaving:
            unit.source.drain()
        deadline_s = self._clock.monotonic_s() + drain_s
        while any(unit.batcher.waiting_bytes for unit in leaving) and self._clock.monotonic_s() < deadline_s:
            if writer.state.trouble:
                break
            writer.flush()
            time.sleep(_POLL_S)
        _stop(leaving, writer, self._clock, stop_s)
        self.units = tuple(unit for unit in self.units if unit not in leaving)
        for unit in leaving:
            writer.detach(unit.batcher)
            self.gone_messages += unit.intake.counts.messages
            self.gone_refused += unit.intake.counts.refused
            _LOG.info("source.removed", source=unit.settings.id)


def _stop(units: Sequence[SourceUnit], writer: SpoolWriter, clock: Clock, timeout_s: float) -> None:
    """Stop them all at once: each may have a connection to wait for. While the disk takes nothing they wait for memory: let go."""
    if writer.state.trouble:
        for unit in units:
            unit.batcher.close()
    threads = [threading.Thread(target=unit.source.stop, args=(0.8 * timeout_s,), daemon=True) for unit in units]
    for thread in threads:
        thread.start()
    deadline_s = clock.monotonic_s() + timeout_s
    for thread in threads:
        thread.join(max(0.0, deadline_s - clock.monotonic_s()))
    for unit in units:
        unit.intake.pay()
        unit.batcher.close()
