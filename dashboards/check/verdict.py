"""What an answer says of the panel that asked: something to show, or nothing, and why."""

from collections.abc import Sequence

from dashboards.words import Text
from runtime.influx_series import Series

_EMPTY = Text("không có chuỗi số liệu nào trong khoảng thời gian", "no series in the time range")
_NULL = Text("mọi giá trị đều trống (null)", "every value is null")


def has_value(answer: Sequence[Series]) -> bool:
    """Whether there is any value but times."""
    return any(
        value is not None
        for series in answer
        for row in series.values
        for column, value in zip(series.columns, row, strict=False)
        if column != "time"
    )


def fault_of(answer: Sequence[Series]) -> Text | None:
    """Return what is wrong with an answer, None for one with a value in every column and every series."""
    if not any(series.values for series in answer):
        return _EMPTY
    if not has_value(answer):
        return _NULL
    for series in answer:
        if not has_value([series]):
            tags = ", ".join(f"{key}={value}" for key, value in series.tags.items()) or series.name
            return Text(f"chuỗi {tags} chỉ có giá trị trống (null)", f"the series {tags} has nothing but null")
    if empty := [column for column, has in _columns(answer).items() if not has]:
        names = ", ".join(empty)
        return Text(f"cột {names} chỉ có giá trị trống (null)", f"the column {names} has nothing but null")
    return None


def _columns(answer: Sequence[Series]) -> dict[str, bool]:
    """Return for each column but time whether it has a value anywhere."""
    found: dict[str, bool] = {}
    for series in answer:
        for at, column in enumerate(series.columns):
            if column != "time":
                found[column] = found.get(column, False) or any(row[at] is not None for row in series.values)
    return found
