"""One value of a field: Grafana's reducers, by the names that panels use."""

from collections.abc import Callable, Sequence
from typing import Any

Numbers = Sequence[float]

_OF_NUMBERS: dict[str, Callable[[Numbers], float]] = {
    "max": max,
    "min": min,
    "mean": lambda numbers: sum(numbers) / len(numbers),
    "sum": sum,
    "range": lambda numbers: max(numbers) - min(numbers),
    "delta": lambda numbers: numbers[-1] - numbers[0],
}


def reduced(values: Sequence[Any], reducer: str) -> Any:
    """Return the value, None when there is none. Raises KeyError for a reducer that is not in the table."""
    present = [value for value in values if value is not None]
    if reducer == "last":
        return values[-1] if values else None
    if reducer in ("lastNotNull", "firstNotNull", "first"):
        return (present[-1] if reducer == "lastNotNull" else present[0]) if present else None
    if reducer == "count":
        return len(values)
    if reducer == "distinctCount":
        return len(set(present))
    numbers = [float(value) for value in present if isinstance(value, (int, float))]
    return _OF_NUMBERS[reducer](numbers) if numbers else None
