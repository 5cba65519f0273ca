"""Hands-on mode: while a technician works at a source, its readings carry quality bit 64, and that ends by itself.

The deadlines are in boot time (they do not move with the wall clock) and in a file, so that a restart of the agent within the same
boot changes nothing; after a boot the work counts as ended. File `maintenance.json`: {"boot": boot id, "until_ns": {source: ns}}.
"""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from edge.control import Request
from edge.source_set import SourceUnit
from runtime.clock import Clock
from runtime.durable_file import replace_file
from runtime.logs import Log

_LOG = Log("edge.maintenance")
_NAME = "maintenance.json"
MOST_S = 86_400.0


class Maintenance:
    """The deadlines. `load` does the first I/O; `units` are the sources as they are now."""

    def __init__(self, state_dir: Path, clock: Clock, units: Callable[[], tuple[SourceUnit, ...]]) -> None:
        self._path = state_dir / _NAME
        self._clock = clock
        self._units = units
        self._lock = threading.Lock()
        self._until_ns: dict[str, int] = {}

    def load(self) -> None:
        """Take over what was begun earlier in this boot."""
        try:
            entry = json.loads(self._path.read_bytes())
            until_ns = {str(source): int(ns) for source, ns in entry["until_ns"].items()}
        except FileNotFoundError:
            return
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            _LOG.warning("maintenance.unreadable", file=self._path, reason=error)
            return
        if entry.get("boot") != self._clock.boot_id:
            _LOG.info("maintenance.ended", reason="another boot", sources=sorted(until_ns))
            return
        self._until_ns = until_ns

    def until_ns(self, source: str) -> int:
        """Return the boot time at which work at a source ends (or ended), 0 when there was none."""
        return self._until_ns.get(source, 0)

    def left_s(self, source: str) -> float:
        """Return the seconds for which readings of a source are still marked, 0 when they are not."""
        return max(0.0, (self.until_ns(source) - self._clock.boot_ns()) / 1e9)

    def begin(self, source: str, seconds: float) -> None:
        """Mark the readings of a source from now on. Raises ValueError for an unknown source or time."""
        if not 0 < seconds <= MOST_S:
            raise ValueError(f"maintenance lasts up to {MOST_S / 3600:g} hours")
        self._set(source, self._clock.boot_ns() + int(seconds * 1e9))
        _LOG.info("maintenance.began", source=source, for_s=seconds)

    def end(self, source: str) -> None:
        """Mark no more. Raises ValueError for an unknown source."""
        self._set(source, self._clock.boot_ns())
        _LOG.info("maintenance.ended", source=source)

    def command(self, request: Request) -> Iterator[Mapping[str, object]]:
        """Control command `maintenance`: `source` with `for_s`, or with `off`; without a source it only lists."""
        source = request.get("source")
        if source is not None:
            if request.get("off"):
                self.end(str(source))
            elif "for_s" in request:
                self.begin(str(source), float(str(request["for_s"])))
        names = [unit.settings.id for unit in self._units()]
        yield {"ok": True, "sources": [{"id": name, "maintenance_left_s": self.left_s(name)} for name in names]}

    def _set(self, source: str, until_ns: int) -> None:
        units = self._units()
        found = [unit for unit in units if unit.settings.id == source]
        if not found:
            raise ValueError(f"no source {source!r}; sources: {', '.join(unit.settings.id for unit in units)}")
        with self._lock:
            now_ns = self._clock.boot_ns()
            kept = {name: ns for name, ns in self._until_ns.items() if ns > now_ns}
            self._until_ns = {**kept, source: until_ns}
            for unit in found:
                unit.intake.maintained_until_ns = until_ns
            try:
                text = json.dumps({"boot": self._clock.boot_id, "until_ns": self._until_ns})
                replace_file(self._path, text.encode() + b"\n", 0o640)
            except OSError as error:  # on a full disk it works all the same, until the agent restarts
                _LOG.warning("maintenance.unsaved", reason=error)
