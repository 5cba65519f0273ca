"""Silence of sources, told to the ledger: a gap opens when a source counts as silent and closes when it is heard again."""

from collections.abc import Mapping, Sequence

from edge.intake import SourceIntake
from edge.ledger import Ledger
from edge.silence import SilenceWatch
from runtime.clock import Clock

REASON = "source silent"


class SilentSources:
    """Looks at all sources when asked; one thread. `expected` is the configured cadence by source, seconds."""

    def __init__(self, intakes: Sequence[SourceIntake], expected: Mapping[str, float | None], ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock
        self._watches: dict[str, SilenceWatch] = {}
        self._last_s: dict[str, float] = {}
        self._gaps: dict[str, tuple[str, int]] = {}
        self._told_s: dict[str, float | None] = {}
        self._expected = expected
        self.watch(intakes, expected)

    def watch(self, intakes: Sequence[SourceIntake], expected: Mapping[str, float | None]) -> None:
        """Look at these sources from now on; those that were looked at before go on, those that are not among them are forgotten."""
        now_s = self._clock.monotonic_s()
        self._expected = expected
        before = {intake.source: intake for intake in getattr(self, "_intakes", ())}
        self._intakes = list(intakes)
        kept = {intake.source for intake in intakes if before.get(intake.source) is intake}
        for source in [source for source in self._watches if source not in kept]:
            del self._watches[source]
            self._last_s.pop(source, None)
            self._told_s.pop(source, None)
            if gap := self._gaps.pop(source, None):
                self._ledger.close_gap(gap[0], gap[1], None)
        for intake in intakes:
            if intake.source not in self._watches:
                self._watches[intake.source] = SilenceWatch(expected.get(intake.source), now_s)
                self._last_s[intake.source] = now_s

    def look(self, now_ns: int) -> None:
        """Open and close what has to be; it is `now_ns` (ns since 1970 UTC). Call it every second or so, while time is trusted."""
        now_s = self._clock.monotonic_s()
        for intake in self._intakes:
            source, heard_s = intake.source, intake.heard_s
            if intake.is_excused or intake.told_every_s != self._told_s.get(source):
                self._begin_anew(intake, now_s, now_ns)
                continue
            found = self._watches[source].look(now_s, heard_s, intake.counts.messages)
            if found is not None and found.until_s is None:
                since_ns = now_ns - round((now_s - self._last_s[source]) * 1e9)
                self._gaps[source] = self._ledger.open_gap(source, REASON, since_ns), since_ns
            elif found is not None and source in self._gaps:
                gap_id, _ = self._gaps.pop(source)
                self._ledger.close_gap(gap_id, now_ns - round((now_s - (heard_s or now_s)) * 1e9), found.missing)
            if heard_s is not None:
                self._last_s[source] = heard_s

    def _begin_anew(self, intake: SourceIntake, now_s: float, now_ns: int) -> None:
        """Forget what was, and measure from now on: the source is silent on purpose, or its device has just said how often it reports."""
        source = intake.source
        self._told_s[source] = intake.told_every_s
        self._watches[source] = SilenceWatch(self._expected.get(source) or intake.told_every_s, now_s)
        self._last_s[source] = now_s
        if gap := self._gaps.pop(source, None):
            self._ledger.close_gap(gap[0], now_ns, None)

    def since_ns(self, source: str) -> int | None:
        """Return since when a source has been silent (ns since 1970 UTC), None when it is not."""
        gap = self._gaps.get(source)
        return gap[1] if gap else None
