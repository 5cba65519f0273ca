"""What became of the requests on a line, by device: as JSON, as a table, and in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from edge.modbus.doctor import Hint, LineCounts, hints
from edge.modbus.master import SlaveCounts
from edge.modbus.scan_doctor import unheard
from quanho.lang import say


@dataclass
class Account:
    """The counts as they are now. `names` of the devices, where a config has them; `is_listening`: somebody else asks."""

    counts: Mapping[int, SlaveCounts]
    line: LineCounts
    names: Mapping[int, str] = field(default_factory=dict)
    is_listening: bool = False

    @property
    def is_answered(self) -> bool:
        return any(one.answered for one in self.counts.values())

    def as_json(self) -> dict[str, Any]:
        return {
            "slaves": [self._row(unit, one) for unit, one in sorted(self.counts.items())],
            "foreign": self.line.foreign,
            "echoes": self.line.echoes,
            "noise_bytes": self.line.noise_bytes,
            "hints": self.words(),
        }

    def words(self) -> list[str]:
        """Return what to look at."""
        found: Sequence[Hint] = hints(self.counts, self.line)
        if self.is_listening and not self.line.asked:
            found = [unheard(self.line)]
        return [(f"{hint.slave}: " if hint.slave is not None else "") + say(hint.vi, hint.en) for hint in found]

    def table(self) -> list[str]:
        head = say(
            "  id   hỏi  đáp  quá hạn  sai CRC  từ chối  muộn   p50 ms   p95 ms",
            "  id asked answered timeouts  wrong CRC  refused  late   p50 ms   p95 ms",
        )
        return [head, *(_line(self._row(unit, one)) for unit, one in sorted(self.counts.items()))]

    def _row(self, unit: int, one: SlaveCounts) -> dict[str, Any]:
        latencies = sorted(one.latencies_s)
        name = {"device": self.names[unit]} if unit in self.names else {}
        return {
            "id": unit,
            **name,
            "asked": one.asked,
            "answered": one.answered,
            "timeouts": one.timeouts,
            "damaged": one.damaged,
            "exceptions": one.exceptions,
            "late": one.late,
            "repeated": one.repeated,
            "latency_p50_ms": _ms(median(latencies)) if latencies else None,
            "latency_p95_ms": _ms(latencies[int(0.95 * (len(latencies) - 1))]) if latencies else None,
        }


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)


def _line(row: Mapping[str, Any]) -> str:
    widths = say("4 5 4 8 8 8 5", "4 5 8 8 10 8 5").split()
    keys = ("id", "asked", "answered", "timeouts", "damaged", "exceptions", "late")
    cells = [f"{row[key]:>{width}}" for key, width in zip(keys, widths, strict=True)]
    cells += [f"{'-' if row[key] is None else row[key]:>8}" for key in ("latency_p50_ms", "latency_p95_ms")]
    return " ".join([*cells, f" {row['device']}" if "device" in row else ""]).rstrip()
