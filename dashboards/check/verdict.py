"""What an answer says of the panel that asked: something to show, or nothing, and why."""

from collections.abc import Sequence

from dashboards.words import Text
from runtime.influx_series import Series

_EMPTY = Text("không có chuỗi số liệu nào trong khoảng thời gian", "no series in the time range")
_NULL = Text("mọi giá trị đều trống (null)", "every value is null")


def fault_of(answer: Sequence[Series]) -> Text | None:
    """Return what is wrong with an answer, None for one with a value in every column and every series."""
    if not any(series.values for series in answer):
        return _EMPTY
    columns: dict[str, bool] = {}
    for series in answer:
        has_value = False
        for at, column in enumerate(series.columns):
            if column == "time":
                continue
            has = any(row[at] is not None for row in series.values)
            columns[column] = columns.get(column, False) or has
            has_value = has_value or has
        if not has_value and any(columns.values()):
            tags = ", ".join(f"{key}={value}" for key, value in series.tags.items()) or series.name
            return Text(f"chuỗi {tags} chỉ có giá trị trống (null)", f"the series {tags} has nothing but null")
    if not any(columns.values()):
        return _NULL
    if empty := [column for column, has in columns.items() if not has]:
        return Text(f"cột {', '.join(empty)} chỉ có giá trị trống (null)", f"the column {', '.join(empty)} has nothing but null")
    return None
