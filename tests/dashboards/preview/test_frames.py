"""Answers become frames, columns are left out, joined, called by another name, and printed, as Grafana does it."""

from typing import Any

import pytest

from dashboards.preview.config import config_of
from dashboards.preview.frame import Field, Frame, frames_of
from dashboards.preview.reduce import reduced
from dashboards.preview.shown import Shown, shown
from dashboards.preview.transform import transformed
from runtime.influx_series import Series

DEVICE = "${__field.labels.device}"
AIR = [
    Series("air", {"device": "air-01", "site": "a"}, ("time", "mean", "max"), ((1000, 1.0, 2.0), (2000, None, 4.0))),
    Series("air", {"device": "air-02", "site": "a"}, ("time", "mean", "max"), ((1000, 5.0, 6.0),)),
]


def _table(ref: str, **columns: tuple[Any, ...]) -> Frame:
    return Frame(ref, tuple(Field(name, values, is_time=name == "Time") for name, values in columns.items()))


@pytest.mark.parametrize(
    ("alias", "names"),
    [
        ("", ["air.mean {device: air-01, site: a}", "air.max {device: air-01, site: a}"]),
        ("$tag_device: $col", ["air-01: mean", "air-01: max"]),
        ("[[tag_site]] $m", ["a air", "a air"]),
        ("$measurement $tag_none", ["air $tag_none", "air $tag_none"]),
    ],
)
def test_each_column_of_each_series_is_a_curve_named_by_its_alias(alias: str, names: list[str]) -> None:
    frames = frames_of({"refId": "A", "alias": alias, "resultFormat": "time_series"}, AIR)
    assert [frame.values[0].name for frame in frames][:2] == names
    assert len(frames) == 4
    assert frames[0].values[0].values == (1.0, None)
    assert frames[0].values[0].labels == {"device": "air-01", "site": "a"}


def test_a_table_has_time_then_tags_by_name_then_columns() -> None:
    [frame] = frames_of({"refId": "B", "resultFormat": "table"}, AIR)
    assert [field.name for field in frame.fields] == ["Time", "device", "site", "mean", "max"]
    assert [field.values for field in frame.fields][1] == ("air-01", "air-01", "air-02")
    assert frames_of({"refId": "B", "resultFormat": "table"}, []) == []


def test_overrides_are_laid_over_the_defaults_in_their_order() -> None:
    field = Field("mean", (1.0,), labels={"device": "air-01"})
    panel = {
        "fieldConfig": {
            "defaults": {"unit": "celsius", "custom": {"width": 1}},
            "overrides": [
                {"matcher": {"id": "byName", "options": "mean"}, "properties": [{"id": "unit", "value": "short"}]},
                {"matcher": {"id": "byName", "options": "other"}, "properties": [{"id": "unit", "value": "volt"}]},
                {"matcher": {"id": "byRegexp", "options": "/^me/"}, "properties": [{"id": "custom.align", "value": "right"}]},
                {
                    "matcher": {"id": "byType", "options": "number"},
                    "properties": [{"id": "displayName", "value": "${__field.labels.device}"}],
                },
            ],
        }
    }
    config = config_of(panel, Frame("A", (field,)), field)
    assert (config["unit"], config["custom"], config["displayName"]) == ("short", {"width": 1, "align": "right"}, "air-01")


# Units as Grafana prints them (packages/grafana-data/src/valueFormats), numbers computed by hand.
@pytest.mark.parametrize(
    ("value", "config", "text"),
    [
        (12.345, {"unit": "conμgm3"}, "12.3 µg/m³"),
        (12.345, {"unit": "conμgm3", "decimals": 2}, "12.35 µg/m³"),
        (5300.0, {"unit": "watt"}, "5.3 kW"),
        (0.0, {"unit": "watt"}, "0 W"),
        (5400.0, {"unit": "s"}, "1.5 h"),
        (1500.0, {"unit": "ms"}, "1.5 s"),
        (3 * 1024**2, {"unit": "bytes"}, "3 MiB"),
        (45.0, {"unit": "percent"}, "45%"),
        (68.2, {"unit": "suffix: dB(A)"}, "68.2 dB(A)"),
        (True, {"unit": "bool_yes_no"}, "Yes"),
        (None, {"unit": "celsius"}, "–"),
        ("0.1.0", {}, "0.1.0"),
        (12_345.6, {"unit": "none"}, "12346"),
    ],
)
def test_values_are_printed_with_their_unit(value: Any, config: dict[str, Any], text: str) -> None:
    assert shown(value, config).text == text


def test_mappings_and_thresholds_give_words_and_colours() -> None:
    config = {
        "thresholds": {"steps": [{"value": None, "color": "#000001"}, {"value": 10, "color": "#000002"}]},
        "mappings": [
            {"type": "value", "options": {"0": {"text": "good", "color": "#000003"}}},
            {"type": "range", "options": {"from": 50, "to": None, "result": {"text": "much"}}},
            {"type": "special", "options": {"match": "null", "result": {"text": "nothing"}}},
        ],
    }
    assert shown(0, config) == Shown("good", "#000003")
    assert shown(10.0, config) == Shown("10", "#000002")
    assert shown(9.9, config) == Shown("9.9", "#000001")
    assert shown(60, config) == Shown("much", "#000002")
    assert shown(None, config).text == "nothing"


def test_a_time_is_printed_in_vietnam() -> None:
    assert shown(1_795_789_003_000, {}, is_time=True).text == "27/11/2026 21:16:43"


@pytest.mark.parametrize(
    ("reducer", "value"),
    [
        ("lastNotNull", 3.0),
        ("last", None),
        ("max", 5.0),
        ("mean", 3.0),
        ("count", 4),
        ("sum", 9.0),
        ("firstNotNull", 1.0),
        ("distinctCount", 3),
    ],
)
def test_reducers(reducer: str, value: Any) -> None:
    assert reduced([1.0, 5.0, 3.0, None], reducer) == value


def test_rows_that_agree_in_what_they_share_are_merged() -> None:
    frames = [_table("A", site=("a", "b"), last=(1, 2)), _table("B", site=("b", "c"), count=(7, 8))]
    [merged] = transformed({"transformations": [{"id": "merge", "options": {}}]}, frames)
    assert [(field.name, field.values) for field in merged.fields] == [
        ("site", ("a", "b", "c")),
        ("last", (1, 2, None)),
        ("count", (None, 7, 8)),
    ]


def test_frames_are_joined_on_a_column() -> None:
    frames = [_table("A", site=("a", "b"), last=(1, 2)), _table("B", site=("b", "c"), count=(7, 8))]
    options = {"byField": "site", "mode": "inner"}
    [joined] = transformed({"transformations": [{"id": "joinByField", "options": options}]}, frames)
    assert [field.values for field in joined.fields] == [("b",), (2,), (7,)]
    [outer] = transformed({"transformations": [{"id": "joinByField", "options": {"byField": "site", "mode": "outer"}}]}, frames)
    assert outer.fields[0].values == ("a", "b", "c")


def test_columns_are_left_out_put_in_order_and_called_by_another_name() -> None:
    options = {"excludeByName": {"b": True}, "indexByName": {"c": 0, "a": 1}, "renameByName": {"a": "first"}}
    [frame] = transformed({"transformations": [{"id": "organize", "options": options}]}, [_table("A", a=(1,), b=(2,), c=(3,))])
    assert [field.name for field in frame.fields] == ["c", "first"]


def test_a_transformation_that_is_not_known_is_no_picture() -> None:
    with pytest.raises(KeyError):
        transformed({"transformations": [{"id": "unheard", "options": {}}]}, [])
