"""fill(): what stands in windows without samples (fill_iterator.go of InfluxDB 1.6's query package)."""

from collections.abc import Sequence

from dashboards.influxql.memory.arithmetic import Value
from dashboards.influxql.memory.samples import Frame, Sample
from dashboards.influxql.memory.syntax import MAX_NS, MIN_NS, NotEvaluated


def filled(samples: Sequence[Sample], frame: Frame, is_count: bool) -> list[Sample]:
    """Return one sample for every window of the frame. A series without any sample is not filled: it does not exist.

    count() is filled with 0 where anything else is with null. Without a lower bound the first window is that of the first sample.
    """
    if not samples or not frame.every_ns or frame.fill == "none":
        return list(samples)
    if frame.to_ns == MAX_NS:
        raise NotEvaluated("windows without an upper bound of time end now: say what time that is")
    start_ns = frame.window(min(samples).time_ns if frame.from_ns == MIN_NS else frame.from_ns)
    starts = list(range(start_ns, frame.window(frame.to_ns) + 1, frame.every_ns))
    if frame.is_descending:
        starts.reverse()
    present = {sample.time_ns: sample for sample in samples}
    found: list[Sample] = []
    before = Sample(0, None)
    ahead = list(samples)
    for at_ns in starts:
        if at_ns in present:
            before = present[at_ns]
            ahead.pop(0)
            found.append(before)
        else:
            found.append(Sample(at_ns, _value(frame, at_ns, before, ahead[0] if ahead else Sample(0, None), is_count, samples[0].value)))
    return found


def constant(fill: str | float, like: Value) -> Value:
    """Return the number of a fill() in the type of the values; None for a word."""
    if isinstance(fill, str):
        return None
    if isinstance(like, str):
        return ""
    return type(like)(fill) if like is not None else fill


def _value(frame: Frame, at_ns: int, before: Sample, after: Sample, is_count: bool, like: Value) -> Value:
    match frame.fill:
        case "null":
            return 0 if is_count else None
        case "previous":
            return before.value
        case "linear":
            return _between(at_ns, before, after)
    return constant(frame.fill, like)


def _between(at_ns: int, before: Sample, after: Sample) -> Value:
    if not isinstance(before.value, (int, float)) or not isinstance(after.value, (int, float)):
        return None
    slope = (after.value - before.value) / (after.time_ns - before.time_ns)
    value = slope * (at_ns - before.time_ns) + before.value
    return int(value) if isinstance(before.value, int) else value
