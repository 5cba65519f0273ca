"""The area under the straight lines between samples; where they cross the end of a window they are cut there."""

from collections.abc import Sequence
from typing import cast

from dashboards.influxql.memory.samples import Frame, Sample


def integral(samples: Sequence[Sample], frame: Frame, unit_ns: int) -> list[Sample]:
    """Return the area in value x `unit_ns` of each window that has samples.

    The area of windows without samples goes to the next one that has some, as FloatIntegralReducer of 1.6 does it.
    """
    if not samples:
        return []
    found: list[Sample] = []
    before_ns, before = samples[0].time_ns, float(cast("float", samples[0].value))
    start_ns, area = frame.window(before_ns), 0.0
    for sample in samples[1:]:
        value = float(cast("float", sample.value))
        if sample.time_ns == before_ns:
            before = value
            continue
        end_ns = start_ns + frame.every_ns
        if frame.every_ns and sample.time_ns >= end_ns:
            if before_ns != end_ns:
                at_end = before + (value - before) * (end_ns - before_ns) / (sample.time_ns - before_ns)
                area += 0.5 * (at_end + before) * (end_ns - before_ns) / unit_ns
                before_ns, before = end_ns, at_end
            found.append(Sample(start_ns, area))
            start_ns, area = frame.window(sample.time_ns), 0.0
        area += 0.5 * (value + before) * (sample.time_ns - before_ns) / unit_ns
        before_ns, before = sample.time_ns, value
    return [*found, Sample(start_ns, area)]
