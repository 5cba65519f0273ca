"""Functions that make one sample of those of a window (call_iterator.go and functions.go of InfluxDB 1.6's query package).

Samples come in the order of time, none is null. Selectors return the sample they choose, the others one at no time of its own.
"""

import math
import statistics
from collections.abc import Callable, Sequence
from typing import Any

from dashboards.influxql.memory.arithmetic import Value
from dashboards.influxql.memory.samples import Sample
from dashboards.influxql.memory.syntax import NotEvaluated


def first(samples: Sequence[Sample]) -> Sample:
    """The greater value where two have the same time; so has last."""
    return min(samples, key=lambda sample: (sample.time_ns, _Reversed(sample.value)))


def last(samples: Sequence[Sample]) -> Sample:
    return max(samples, key=lambda sample: (sample.time_ns, _plain(sample.value)))


def maximum(samples: Sequence[Sample]) -> Sample:
    """The earliest of equal ones; so has minimum."""
    return max(samples, key=lambda sample: (_plain(sample.value), -sample.time_ns))


def minimum(samples: Sequence[Sample]) -> Sample:
    return min(samples, key=lambda sample: (_plain(sample.value), sample.time_ns))


def percentile(samples: Sequence[Sample], percent: float) -> Sample | None:
    """Nearest rank, without interpolation; none where that is below the first."""
    at = math.floor(len(samples) * percent / 100.0 + 0.5) - 1
    ranked = sorted(samples, key=lambda sample: (_plain(sample.value), sample.time_ns))
    return ranked[at] if 0 <= at < len(ranked) else None


def mean(samples: Sequence[Sample]) -> Value:
    return math.fsum(numbers(samples)) / len(samples)


def total(samples: Sequence[Sample]) -> Value:
    values = numbers(samples)
    return sum(values) if all(isinstance(value, int) for value in values) else math.fsum(values)


def count(samples: Sequence[Sample]) -> Value:
    return len(samples)


def distinct_count(samples: Sequence[Sample]) -> Value:
    return len({sample.value for sample in samples})


def median(samples: Sequence[Sample]) -> Value:
    return float(statistics.median(numbers(samples)))


def spread(samples: Sequence[Sample]) -> Value:
    return max(numbers(samples)) - min(numbers(samples))


def deviation(samples: Sequence[Sample]) -> Value:
    """Of a sample (n - 1). Of a single value it is NaN, which is answered as null, but is no null to arithmetic."""
    return statistics.stdev(map(float, numbers(samples))) if len(samples) > 1 else math.nan


def mode(samples: Sequence[Sample]) -> Value:
    """Of equally frequent values the one that began earlier wins; where none comes twice, the smallest."""
    ranked = sorted(samples, key=lambda sample: _plain(sample.value))
    best, best_count, best_ns = ranked[0].value, 0, ranked[0].time_ns
    if isinstance(best, bool):
        return 2 * sum(bool(sample.value) for sample in samples) >= len(samples)
    at, at_count, at_ns = ranked[0].value, 0, ranked[0].time_ns
    for sample in ranked:
        if sample.value != at:
            at, at_count, at_ns = sample.value, 1, sample.time_ns
            continue
        at_count += 1
        if at_count > best_count or (at_count == best_count and at_ns <= best_ns):
            best, best_count, best_ns = at, at_count, sample.time_ns
    return best


SELECTORS: dict[str, Callable[..., Sample | None]] = {
    "first": first,
    "last": last,
    "max": maximum,
    "min": minimum,
    "percentile": percentile,
}
AGGREGATES: dict[str, Callable[[Sequence[Sample]], Value]] = {
    "mean": mean,
    "sum": total,
    "count": count,
    "median": median,
    "spread": spread,
    "stddev": deviation,
    "mode": mode,
}
OF_ANYTHING = ("count", "first", "last", "mode")  # also of strings and booleans; the others are of numbers


def numbers(samples: Sequence[Sample]) -> list[int | float]:
    """Return the values. Raises NotEvaluated for one that is no number: influxd refuses the statement."""
    values: list[int | float] = []
    for sample in samples:
        if isinstance(sample.value, bool) or not isinstance(sample.value, (int, float)):
            raise NotEvaluated(f"{sample.value!r} is no number, which this function takes only")
        values.append(sample.value)
    return values


def _plain(value: Value) -> Any:
    return value


class _Reversed:
    """The opposite order, also of strings."""

    def __init__(self, value: Value) -> None:
        self._value: Any = value

    def __lt__(self, other: "_Reversed") -> bool:
        return bool(other._value < self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Reversed) and bool(other._value == self._value)
