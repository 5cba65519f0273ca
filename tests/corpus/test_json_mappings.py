"""Messages and the lines Telegraf makes of them (telegraf's json_v2 and openweathermap cases), said in our mapping language.

Compared are measurement, tags, fields and their types; times only where the case is about time (elsewhere the expected files hold
the time at which they were recorded).
"""

from pathlib import Path

import pytest

from edge.decoders.table import build_decoder
from telemetry.lineprotocol.parse import parse_strict
from telemetry.point import FieldValue, Reading

_FOLDER = Path(__file__).parents[3] / "shared/data/01_line_protocol"
Line = tuple[str, tuple[tuple[str, str], ...], tuple[tuple[str, str, FieldValue], ...], int | None]

_OF_TYPES = {
    "explicitstringtypeName": {"path": "explicitstringtype", "type": "str"},
    "defaultstringtypeName": "defaultstringtype",
    "convertbooltostringName": {"path": "convertbooltostring", "type": "str"},
    "convertinttostringName": {"path": "convertinttostring", "type": "str"},
    "convertfloattostringName": {"path": "convertfloattostring", "type": "str"},
}
_INT_TYPES = {
    "explicitinttypeName": {"path": "explicitinttype", "type": "int"},
    "uinttype": {"path": "explicitinttype", "type": "uint"},
    "defaultinttypeName": "defaultinttype",
    "convertstringtointName": {"path": "convertstringtoint", "type": "int"},
    "convertbooltointName": {"path": "convertbooltoint", "type": "int"},
}
_FLOAT_TYPES = {
    "explicitfloattypeName": {"path": "explicitfloattype", "type": "float"},
    "defaultfloattypeName": "defaultfloattype",
    "convertintotfloatName": {"path": "convertintotfloat", "type": "float"},
    "convertstringtofloatName": {"path": "convertstringtofloat", "type": "float"},
}
_BOOL_TYPES = {
    f"{name}Name": {"path": name, "type": "bool"}
    for name in ("explicitbooltype", "convertinttobool", "convertstringtobool", "convertintstringtoboolTrue", "convertintstringtoboolFalse")
} | {"defaultbooltypeName": "defaultbooltype"}
_STATION = {"each": "root.station", "optional": True}
_DRIVE = {"tags": {"Firmware": "Firmware", "Model": "Model", "Serial": "Serial"}, "fields": {"Count": "Count", "Errors": "Errors"}}


def _typed(kind: str) -> dict[str, object]:
    return {"each": kind, "fields": {name: {"path": name, "type": kind} for name in ("large", "larger", "largest")}}


def _metric(kind: str, field: str) -> dict[str, object]:
    return {
        "each": "metrics",
        "optional": True,
        "where": {"datatype": kind},
        "tags": {"datatype": "datatype"},
        "fields": {field: {"path": "value", "type": "str" if kind == "string" else kind}, "name": "name"},
    }


JSON_V2: dict[str, dict[str, object]] = {
    "10670": {
        "measurement": "weight",
        "tags": {
            "serial_number": "weight_serialNumber",
            "imei": "weight_ROWKEY",
            "customer_name": "sensor_customer_name",
            "distributor_name": "sensor_distributor_name",
        },
        "fields": {"weight": {"path": "weight_weight", "type": "float"}},
    },
    "benchmark": {
        "measurement": "benchmark",
        "each": "metrics",
        "fields": {"name": "name", "timestamp": "timestamp", "count_sum": "fields.count_sum"}
        | {key: f"tags.{key}" for key in ("key", "flagname", "host", "platform", "sdkver", "value")},
    },
    "fields_and_tags": {
        "each": "fields.json",
        "tags": {"status": "$.fields.status"},
        "fields": {"json_duration": "duration", "duration": {"path": "$.fields.duration", "type": "int"}},
    },
    "large_numbers": {"readings": [_typed("int"), _typed("uint"), _typed("float")]},
    "multiple_json_input": {
        **_STATION,
        "tags": {"from_station": "abbr", "to_station": "etd[0].abbreviation", "etd_estimate_direction": "etd[0].estimate[0].direction"},
        "fields": {"minutes": {"path": "etd[0].estimate[0].minutes", "type": "int"}},
    },
    "nested_and_nonnested_tags": {
        "each": "$[*].tables",
        "has": ["outputname"],
        "tags": {"hostname": "^.hostname", "outputname": "outputname"},
        "fields": {"systemVoltage": "^.systemVoltage", "systemCurrent": "^.systemCurrent"},
    },
    "nested_objects_optional": {
        "readings": [
            {"has": ["value"], "tags": {"datatype": "datatype", "name": "name"}, "fields": {"value_f": "value"}},
            _metric("float", "value_f"),
            _metric("string", "value_s"),
            _metric("int", "value_i"),
            _metric("bool", "value_b"),
        ]
    },
    "nested_tags_complex": {"readings": [{"each": "Group A[*].Sub-group 1", **_DRIVE}, {"each": "Group B[*].Sub-group 1", **_DRIVE}]},
    "object": {
        "measurement": "bart_json_v2",
        "each": "root.station[*].etd[*].estimate",
        "tags": {"name": "^^.name", "destination": "^.destination"},
        "fields": {"minutes": {"path": "minutes", "type": "int"}},
    },
    "object_multiple": {
        "readings": [
            {"measurement": "api_http_status_codes", "each": "api.http_status_codes"},
            {"measurement": "api_requests", "fields": {"requests": "api.requests"}},
            {"measurement": "api_responses", "fields": {"responses": "api.responses"}},
            {"measurement": "api_av", "each": "api.av"},
        ]
    },
    "optional": {"each": "wrong", "optional": True},
    "string_type_objects": {
        "measurement": "events",
        "tags": {"controller_id": "controller_id"},
        "fields": {
            "metadata": {"path": "event.metadata", "type": "str"},
            "active_issues": {"path": "active_issues", "type": "str"},
            "event_type": "event.type",
            "state": "event.state",
            "severity": "event.severity",
        },
    },
    "subfieldtag_in_object_2": {
        "each": "data",
        "tags": {"data": "@"},
        "fields": {"cnt": {"path": "$.cnt", "type": "int"}, "format": {"path": "$.format", "type": "int"}},
    },
    "timestamp_ns": {"measurement": "test", "each": "test", "time": {"path": "$.timestamp", "format": "unix_ns"}},
    "types": {"readings": [{"fields": fields} for fields in (_OF_TYPES, _INT_TYPES, _FLOAT_TYPES, _BOOL_TYPES)]},
    "mix_field_and_object": {
        "measurement": "openweather",
        "tags": {"id": "id", "name": "name"},
        "fields": {
            "coord_lat": "coord.lat",
            "coord_lon": "coord.lon",
            "main_temp": "main.temp",
            "wind_speed": "wind.speed",
            "summary": "weather[0].main",
            "description": "weather[0].description",
        },
    },
}
_WHOLE = {
    "cloudiness": {"path": "clouds.all", "type": "int", "default": 0},
    "humidity": {"path": "main.humidity", "type": "int"},
    "visibility": {"path": "visibility", "type": "int"},
    "sunrise": {"path": "sys.sunrise", "type": "int", "scale": 1_000_000_000},
    "sunset": {"path": "sys.sunset", "type": "int", "scale": 1_000_000_000},
}
OPEN_WEATHER: dict[str, object] = {
    "measurement": "weather",
    "tags": {
        "city": "name",
        "city_id": "id",
        "condition_id": "weather[0].id",
        "condition_main": "weather[0].main",
        "country": "sys.country",
    }
    | {"forecast": {"path": "absent", "default": "*"}},
    "fields": _WHOLE
    | {
        "condition_description": "weather[0].description",
        "condition_icon": "weather[0].icon",
        "feels_like": "main.feels_like",
        "pressure": "main.pressure",
        "temperature": "main.temp",
        "wind_degrees": "wind.deg",
        "wind_speed": "wind.speed",
        "rain": {"path": ["rain.1h", "rain.3h"], "default": 0},
        "snow": {"path": ["snow.1h", "snow.3h"], "default": 0},
    },
    "time": {"path": "dt", "format": "unix"},
}
_NOT_OURS = {
    ("types", "convertfloatointName"),  # 3.1 as int is 3i there; we refuse what would lose digits
}
_WRITTEN_OTHERWISE = {"2.643743e+06": "2643743"}  # whole numbers in tags are written out


@pytest.fixture(scope="module")
def folder() -> Path:
    if not _FOLDER.exists():
        pytest.skip("no ../shared/data/01_line_protocol: Telegraf's cases are not on this machine")
    return _FOLDER


@pytest.mark.parametrize("case", JSON_V2)
def test_a_mapping_says_what_telegraf_json_v2_says(folder: Path, case: str) -> None:
    options = {"measurement": "file", **JSON_V2[case]}
    place = folder / "telegraf_json_v2" / case
    names = sorted(
        set(place.glob("*.json")) - {place / "benchmark.json"}, key=lambda path: (path.stem != "nested_objects_single", path.name)
    )
    is_about_time = case == "timestamp_ns"
    assert _decoded(options, names, with_time=is_about_time) == _expected(place, case, with_time=is_about_time)


@pytest.mark.parametrize("case", ["rain", "snow"])
def test_a_mapping_says_what_telegraf_openweathermap_says(folder: Path, case: str) -> None:
    place = folder / "telegraf_openweathermap" / case
    cities = sorted(place.glob("*.json"))
    decoder = build_decoder("json", OPEN_WEATHER)
    readings = [reading for path in cities for reading in decoder.decode("", path.read_bytes()).readings]
    assert sorted(_line(reading, with_time=True) for reading in readings) == _expected(place, case, with_time=True)


def _decoded(options: dict[str, object], files: list[Path], *, with_time: bool) -> list[Line]:
    decoder = build_decoder("json", options)
    return sorted(_line(reading, with_time=with_time) for path in files for reading in decoder.decode("", path.read_bytes()).readings)


def _expected(place: Path, case: str, *, with_time: bool) -> list[Line]:
    lines = []
    for point in parse_strict((place / "expected.out").read_bytes(), 0):
        tags = {name: _WRITTEN_OTHERWISE.get(value, value) for name, value in point.tags}
        fields = {name: value for name, value in point.fields if (case, name) not in _NOT_OURS}
        lines.append(_line(Reading(point.measurement, tags, fields, point.time_ns), with_time=with_time))
    return sorted(lines)


def _line(reading: Reading, *, with_time: bool) -> Line:
    fields = tuple(sorted((name, type(value).__name__, value) for name, value in reading.fields.items()))
    return reading.measurement, tuple(sorted(reading.tags.items())), fields, reading.time_ns if with_time else None
