"""The area under the straight lines between samples."""

from collections.abc import Sequence
from itertools import pairwise

from dashboards.influxql.memory.aggregates import numbers
from dashboards.influxql.memory.samples import Frame, Sample


def integral(samples: Sequence[Sample], frame: Frame, unit_ns: int) -> list[Sample]:
    """Return the one area, in value x `unit_ns`. 1.6 gives that of floats the time 0, that of integers the beginning of the range."""
    if not samples:
        return []
    values = numbers(samples)
    area = sum(
        0.5 * (values[at] + values[at + 1]) * (after.time_ns - before.time_ns) / unit_ns
        for at, (before, after) in enumerate(pairwise(samples))
    )
    return [Sample(frame.window(0) if isinstance(values[0], int) else 0, area)]
