"""JSON mappings: paths, elements, tags, types, times, and what becomes of what does not fit."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.decoders.decoder import Decoded
from edge.decoders.table import build_decoder
from telemetry.errors import ConfigError, RejectedError
from telemetry.point import Reading, Unsigned

TOPIC = "site/bn01/air/d7"
PATTERN = "site/{site}/air/{device}"


def decode(options: dict[str, object], value: object, topic: str = TOPIC) -> Decoded:
    payload = value if isinstance(value, bytes) else json.dumps(value).encode()
    return build_decoder("json", options).decode(topic, payload)


def only(options: dict[str, object], value: object) -> Reading:
    decoded = decode(options, value)
    assert decoded.refusals == ()
    (reading,) = decoded.readings
    return reading


def test_without_fields_every_number_and_boolean_becomes_one() -> None:
    message = {"PM2.5": 12, "wind": {"Speed": 3.5, "gusts": [4, 5]}, "systemOk": True, "name": "x", "none": None, "Nhiệt độ": 31}
    assert only({}, message).fields == {
        "pm2_5": 12.0,
        "wind_speed": 3.5,
        "wind_gusts_0": 4.0,
        "wind_gusts_1": 5.0,
        "system_ok": True,
        "nhiet_do": 31.0,
    }


def test_whole_numbers_are_floats_unless_the_mapping_says_otherwise() -> None:
    fields = only(
        {"fields": {"a": "a", "b": {"path": "b", "type": "int"}, "c": {"path": "c", "type": "uint"}}}, {"a": 20, "b": 20.0, "c": 2**64 - 1}
    ).fields
    assert fields == {"a": 20.0, "b": 20, "c": 2**64 - 1}
    assert [type(value) for value in fields.values()] == [float, int, Unsigned]


def test_text_becomes_a_number_only_where_a_type_asks_for_it() -> None:
    assert only({"fields": {"a": "a", "b": {"path": "a", "type": "float"}}}, {"a": "4.1"}).fields == {"a": "4.1", "b": 4.1}


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e999", "9" * 5000])
def test_a_number_no_float_holds_is_refused_alone(number: str) -> None:
    for options in ({}, {"fields": {"bad": "bad", "good": "good"}}):
        decoded = decode(options, f'{{"bad": {number}, "good": 1.5}}'.encode())
        assert [reading.fields for reading in decoded.readings] == [{"good": 1.5}]
        assert "bad" in decoded.refusals[0].reason


def test_a_byte_order_mark_and_duplicate_keys_are_taken() -> None:
    assert only({}, b'\xef\xbb\xbf{"a": 1, "a": 2}').fields == {"a": 2.0}


def test_levels_of_the_topic_become_tags() -> None:
    assert only({"topic": PATTERN}, {"a": 1}).tags == {"site": "bn01", "device": "d7"}


def test_a_topic_of_no_pattern_refuses_the_message() -> None:
    with pytest.raises(RejectedError, match="fits no pattern"):
        decode({"topic": PATTERN}, {"a": 1}, topic="site/bn01/noise/d7")


def test_measurement_and_tags_are_put_together_from_topic_and_message() -> None:
    options = {
        "topic": "{_root}/{site}/{kind}/{device}",
        "measurement": "{kind}_{$.mode}",
        "tags": {"device": "{device}-{$.unit}", "fw": "sys.fw"},
    }
    reading = only(options, {"mode": "raw", "unit": 3, "sys": {"fw": 1.5}, "t": 20})
    assert (reading.measurement, dict(reading.tags)) == ("air_raw", {"site": "bn01", "device": "d7-3", "fw": "1.5"})
    assert reading.fields == {"t": 20.0}  # what is tag or measurement is no field


def test_each_goes_through_nested_arrays_and_reaches_outwards() -> None:
    options = {
        "each": "rooms[*].sensors",
        "tags": {"device": "id", "room": "^.name", "hub": "$.hub", "place": "@key"},
        "fields": {"t": "t"},
    }
    message = {
        "hub": "h1",
        "rooms": [{"name": "a", "sensors": [{"id": 1, "t": 20}, {"id": 2, "t": 21}]}, {"name": "b", "sensors": [{"id": 3, "t": 22}]}],
    }
    tags = [dict(reading.tags) for reading in decode(options, message).readings]
    assert tags == [
        {"device": "1", "room": "a", "hub": "h1", "place": "0"},
        {"device": "2", "room": "a", "hub": "h1", "place": "1"},
        {"device": "3", "room": "b", "hub": "h1", "place": "0"},
    ]


def test_each_goes_through_the_values_of_an_object() -> None:
    decoded = decode({"each": "zones[*]", "tags": {"device": "@key"}}, {"zones": {"north": {"db": 50}, "south": {"db": 60}}})
    assert [(dict(one.tags), one.fields) for one in decoded.readings] == [
        ({"device": "north"}, {"db": 50.0}),
        ({"device": "south"}, {"db": 60.0}),
    ]


def test_one_bad_element_never_costs_its_neighbours() -> None:
    decoded = decode({"each": "s", "tags": {"device": "id"}}, {"s": [{"id": 1, "t": 1}, {"t": 2}, 3, {"id": 4, "t": 4}]})
    assert [reading.tags["device"] for reading in decoded.readings] == ["1", "4"]
    assert len(decoded.refusals) == 2


def test_where_and_has_choose_elements_without_refusing_the_others() -> None:
    options = {"each": "$", "where": {"kind": ["a", "b"]}, "has": ["v"]}
    decoded = decode(options, [{"kind": "a", "v": 1}, {"kind": "c", "v": 2}, {"kind": "b"}, {"kind": "b", "v": 4}])
    assert [reading.fields["v"] for reading in decoded.readings] == [1.0, 4.0]
    assert decoded.refusals == ()


def test_several_kinds_of_reading_share_tags_and_time() -> None:
    options = {
        "tags": {"device": "$.id"},
        "time": {"path": "$.ts", "format": "unix_ms"},
        "readings": [{"measurement": "air", "each": "air"}, {"measurement": "noise", "each": "noise", "optional": True}],
    }
    (reading,) = decode(options, {"id": "d", "ts": 1_700_000_000_123, "air": {"pm10": 5}}).readings
    assert reading == Reading("air", {"device": "d"}, {"pm10": 5.0}, 1_700_000_000_123_000_000)


def test_alternatives_defaults_scale_and_required() -> None:
    options = {
        "fields": {
            "rain": {"path": ["rain.1h", "rain.3h"], "default": 0},
            "t": {"path": "t", "scale": 0.1},
            "n": {"path": "n", "required": True},
        }
    }
    assert only(options, {"rain": {"3h": 3}, "t": 3, "n": 1}).fields == {"rain": 3.0, "t": 0.3, "n": 1.0}
    decoded = decode(options, {"t": 3})
    assert (len(decoded.readings), len(decoded.refusals)) == (0, 1)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ('"a.b"."c d"', 1.0),
        ("list[1]", 20.0),
        ("list.0", 10.0),
        ("list[-1]", 30.0),
        ("@id", None),
        ('"@id"', 5.0),
        ("list[9]", None),
        ("a.b", None),
    ],
)
def test_paths(path: str, expected: float | None) -> None:
    message = {"a.b": {"c d": 1}, "list": [10, 20, 30], "@id": 5, "other": 0}
    try:
        fields = decode({"fields": {"x": path, "other": "other"}}, message).readings[0].fields
    except ConfigError:
        assert expected is None
    else:
        assert fields.get("x") == expected


def test_a_mapped_object_is_flattened_below_its_name_or_kept_as_text() -> None:
    fields = only({"fields": {"env": "e", "raw": {"path": "e", "type": "str"}}}, {"e": {"T": 20, "note": "x"}}).fields
    assert fields == {"env_t": 20.0, "env_note": "x", "raw": '{"T":20,"note":"x"}'}


@pytest.mark.parametrize(
    ("time", "value", "expected"),
    [
        ({"format": "unix"}, 1736603810.49, 1_736_603_810_490_000_000),
        ({"format": "unix_ns"}, 1631202459121654321, 1_631_202_459_121_654_321),
        ({"format": "rfc3339"}, "2025-03-10T08:20:26.506123456Z", 1_741_594_826_506_123_456),
        ({"format": "rfc3339", "tz": "Asia/Ho_Chi_Minh"}, "2025-03-10T15:20:26", 1_741_594_826_000_000_000),
        ({"format": "%d/%m/%Y %H:%M", "tz": "Asia/Ho_Chi_Minh"}, "10/03/2025 15:20", 1_741_594_800_000_000_000),
    ],
)
def test_device_times(time: dict[str, object], value: object, expected: int) -> None:
    assert only({"time": {"path": "ts", **time}}, {"ts": value, "a": 1}).time_ns == expected


@pytest.mark.parametrize("value", ["2025-03-10T15:20:26", "yesterday", 1e300, True, {}, "9" * 5000])
def test_a_time_that_cannot_be_read_refuses_the_reading_and_not_its_neighbour(value: object) -> None:
    decoded = decode({"each": "$", "time": {"path": "ts"}}, [{"ts": value, "a": 1}, {"ts": "2025-03-10T15:20:26Z", "a": 2}])
    assert [reading.fields["a"] for reading in decoded.readings] == [2.0]
    assert "time" in decoded.refusals[0].reason


def test_a_pattern_without_a_zone_is_a_config_error() -> None:
    with pytest.raises(ConfigError, match="tz"):
        build_decoder("json", {"time": {"path": "ts", "format": "%Y-%m-%d %H:%M:%S"}})


def test_a_placeholder_no_topic_names_is_a_config_error() -> None:
    with pytest.raises(ConfigError, match=r"placeholder \{room\} is unknown"):
        build_decoder("json", {"tags": {"room": "{room}"}}, [PATTERN])


def test_larger_messages_than_allowed_are_refused() -> None:
    with pytest.raises(RejectedError, match="max_payload_bytes"):
        decode({"max_payload_bytes": "1KiB"}, {"a": "x" * 2000})


leaves = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False), st.integers(-(2**63), 2**63), st.booleans(), st.text(max_size=5), st.none()
)
objects = st.dictionaries(
    st.text(min_size=1, max_size=6), leaves | st.dictionaries(st.text(min_size=1, max_size=3), leaves, max_size=2), max_size=6
)


@given(objects)
def test_the_fast_path_of_a_flat_message_gives_what_the_slow_one_gives(message: dict[str, object]) -> None:
    fast = decode({}, message)
    slow = decode({"has": ["@"]}, message)  # a condition that is always true keeps a mapping off the fast path
    assert (list(fast.readings), fast.refusals) == (list(slow.readings), slow.refusals)


@given(objects)
def test_the_fast_path_of_mapped_fields_gives_what_the_slow_one_gives(message: dict[str, object]) -> None:
    fields = {f"f{number}": json.dumps(key) for number, key in enumerate(message)} or {"f": "absent"}
    fast = decode({"fields": fields}, message)
    slow = decode({"fields": fields, "has": ["@"]}, message)
    assert (list(fast.readings), fast.refusals) == (list(slow.readings), slow.refusals)


def test_nul_bytes_around_a_message_do_no_harm() -> None:
    assert build_decoder("json", {"measurement": "air"}).decode("", b'\0\0{"a": 2}\0').readings[0].fields == {"a": 2.0}
