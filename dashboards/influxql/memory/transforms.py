"""Functions from samples to samples: differences, rates, running sums and means (functions.go of InfluxDB 1.6's query package).

Null samples are stepped over. Samples come in the order of the statement.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from dashboards.influxql.memory.aggregates import numbers
from dashboards.influxql.memory.samples import Sample


def derivative(samples: Sequence[Sample], unit_ns: int, is_descending: bool, is_non_negative: bool = False) -> list[Sample]:
    """Growth for each `unit_ns`. `non_negative_` looks at the difference of values, whatever the order of time."""
    found = []
    for before, after in _steps(samples):
        growth = _number(after) - _number(before)
        elapsed_ns = (before.time_ns - after.time_ns) if is_descending else (after.time_ns - before.time_ns)
        if not (is_non_negative and growth < 0):
            found.append(Sample(after.time_ns, growth / (elapsed_ns / unit_ns)))
    return found


def difference(samples: Sequence[Sample], is_non_negative: bool = False) -> list[Sample]:
    return [
        Sample(after.time_ns, _number(after) - _number(before))
        for before, after in _steps(samples)
        if not (is_non_negative and _number(after) < _number(before))
    ]


def elapsed(samples: Sequence[Sample], unit_ns: int) -> list[Sample]:
    """Whole units between neighbours; negative where time runs backwards."""
    return [Sample(after.time_ns, int((after.time_ns - before.time_ns) / unit_ns)) for before, after in pairwise(samples)]


def moving_average(samples: Sequence[Sample], width: int) -> list[Sample]:
    values = numbers(samples)
    return [Sample(samples[at].time_ns, sum(values[at - width + 1 : at + 1]) / width) for at in range(width - 1, len(values))]


def cumulative_sum(samples: Sequence[Sample]) -> list[Sample]:
    found, running = [], 0 if all(isinstance(value, int) for value in numbers(samples)) else 0.0
    for sample in samples:
        running += _number(sample)
        found.append(Sample(sample.time_ns, running))
    return found


def _steps(samples: Sequence[Sample]) -> Iterator[tuple[Sample, Sample]]:
    """Yield neighbours; of several samples at one time only the first counts."""
    kept = [sample for at, sample in enumerate(samples) if at == 0 or sample.time_ns != samples[at - 1].time_ns]
    return pairwise(kept)


def _number(sample: Sample) -> int | float:
    return numbers([sample])[0]


TRANSFORMS: dict[str, Callable[..., list[Sample]]] = {
    "derivative": derivative,
    "non_negative_derivative": derivative,
    "difference": difference,
    "non_negative_difference": difference,
    "elapsed": elapsed,
    "moving_average": moving_average,
    "cumulative_sum": cumulative_sum,
}
