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
        self._intakes = intakes
        self._ledger = ledger
        self._clock = clock
        self._began_ns = clock.wall_ns()
        self._watches = {intake.source: SilenceWatch(expected.get(intake.source), clock.monotonic_s()) for intake in intakes}
        self._gaps: dict[str, str] = {}
        self._last_ns: dict[str, int] = {}

    def look(self) -> None:
        """Open and close what has to be. Call it every second or so."""
        now_s = self._clock.monotonic_s()
        for intake in self._intakes:
            found = self._watches[intake.source].look(now_s, intake.heard_s, intake.counts.messages)
            if found is None:
                self._last_ns[intake.source] = intake.heard_ns or self._last_ns.get(intake.source, self._began_ns)
            elif found.until_s is None:
                since_ns = self._last_ns.get(intake.source, self._began_ns)
                self._gaps[intake.source] = self._ledger.open_gap(intake.source, REASON, since_ns)
            else:
                self._last_ns[intake.source] = intake.heard_ns
                self._ledger.close_gap(self._gaps.pop(intake.source), intake.heard_ns, found.missing)

    def since_ns(self, source: str) -> int | None:
        """Return since when a source has been silent (ns since 1970 UTC), None when it is not."""
        return self._last_ns.get(source, self._began_ns) if source in self._gaps else None
