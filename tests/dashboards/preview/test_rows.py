"""Rows that Grafana makes of series, keeps, or counts."""

from typing import Any

from dashboards.preview.frame import Field, Frame
from dashboards.preview.transform import transformed


def _frame(ref: str, **columns: tuple[Any, ...]) -> Frame:
    return Frame(ref, tuple(Field(name, values, is_time=name == "Time") for name, values in columns.items()))


def _columns(frame: Frame) -> dict[str, tuple[Any, ...]]:
    return {field.name: field.values for field in frame.fields}


def test_series_become_rows_newest_first_each_with_its_name() -> None:
    frames = [_frame("A", Time=(1, 3), air=(10, None)), _frame("B", Time=(2,), noise=("loud",))]
    [frame] = transformed({"transformations": [{"id": "seriesToRows", "options": {}}]}, frames)
    assert _columns(frame) == {"Time": (3, 2, 1), "Metric": ("air", "noise", "air"), "Value": (None, "loud", 10)}


def test_rows_that_meet_the_condition_are_kept() -> None:
    frames = [_frame("A", gateway=("g1", "g2", "g3"), recent=(0, 5, None))]

    def kept(condition: str, options: dict[str, int]) -> tuple[Any, ...]:
        filters = [{"fieldName": "recent", "config": {"id": condition, "options": options}}]
        panel = {"transformations": [{"id": "filterByValue", "options": {"filters": filters, "type": "include", "match": "all"}}]}
        return _columns(transformed(panel, frames)[0])["gateway"]

    assert kept("equal", {"value": 0}) == ("g1",)
    assert kept("isNotNull", {}) == ("g1", "g2")


def test_rows_of_one_value_are_counted() -> None:
    fields = {"version": {"operation": "groupby", "aggregations": []}, "gateway": {"operation": "aggregate", "aggregations": ["count"]}}
    panel = {"transformations": [{"id": "groupBy", "options": {"fields": fields}}]}
    [frame] = transformed(panel, [_frame("A", version=("1", "2", "1"), gateway=("g1", "g2", "g3"))])
    assert _columns(frame) == {"version": ("1", "2"), "gateway (count)": (2, 1)}


def test_transformation_with_a_filter_leaves_other_queries_alone() -> None:
    panel = {
        "transformations": [
            {"id": "organize", "options": {"excludeByName": {"Time": True}}, "filter": {"id": "byRefId", "options": "B"}},
            {"id": "merge", "options": {}},
        ]
    }
    [frame] = transformed(panel, [_frame("A", Time=(7,), gateway=("g1",)), _frame("B", Time=(0,), gateway=("g1",), recent=(4,))])
    assert _columns(frame) == {"Time": (7,), "gateway": ("g1",), "recent": (4,)}
