"""airRohr: sensors of one kit side by side, values as text, units of the catalogue."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.decoders.airrohr import recognise
from edge.decoders.decoder import Decoded
from edge.decoders.table import build_decoder
from telemetry.errors import RejectedError
from telemetry.point import Reading
from tests.edge.decoders.contract import check


def _decode(values: dict[str, object], at: str = "", head: dict[str, object] | None = None, **options: object) -> Decoded:
    items = [{"value_type": name, "value": value} for name, value in values.items()]
    body = {"software_version": "NRZ-2020-129", **({"esp8266id": "7332865"} if head is None else head), "sensordatavalues": items}
    return build_decoder("airrohr", options).decode(at, json.dumps(body).encode())


def test_sensors_of_one_kit_are_readings_of_their_own() -> None:
    decoded = _decode(
        {
            "SDS_P1": "27.65",
            "SDS_P2": "10.60",
            "temperature": "43.30",
            "humidity": "5.20",
            "BME280_temperature": "33.87",
            "BME280_pressure": "99623.66",
            "signal": "-68",
            "samples": "748814",
        }
    )
    device = {"device": "7332865"}
    assert decoded.readings == [
        Reading("air", {**device, "sensor": "SDS011"}, {"pm10": 27.65, "pm2_5": 10.6}),
        Reading("air", {**device, "sensor": "DHT"}, {"temperature": 43.3, "humidity": 5.2}),
        Reading("air", {**device, "sensor": "BME280"}, {"temperature": 33.87, "pressure": 996.2366}),
        Reading("device", device, {"samples": 748814.0, "rssi": -68.0}),
    ]


@pytest.mark.parametrize(
    ("kind", "measurement", "field"),
    [
        ("PMS_P0", "air", "pm1"),
        ("PMS_P1", "air", "pm10"),
        ("HPM_P2", "air", "pm2_5"),
        ("NPM_N25", "air", "pm2_5_number"),
        ("SPS30_P4", "air", "pm4"),
        ("SPS30_N05", "air", "pm0_5_number"),
        ("SPS30_TS", "air", "typical_size"),
        ("IPS_P2", "air", "pm2_5"),
        ("SHT3X_humidity", "air", "humidity"),
        ("DS18B20_temperature", "air", "temperature"),
        ("SCD30_co2_ppm", "air", "co2"),
        ("DNMS_noise_LAeq", "noise", "laeq"),
        ("GPS_lat", "gnss", "latitude"),
        ("P1", "air", "pm10"),
        ("something_new", "reading", "something_new"),
    ],
)
def test_value_types_have_their_fields(kind: str, measurement: str, field: str) -> None:
    (reading,) = _decode({kind: "12.5"}).readings
    assert (reading.measurement, dict(reading.fields)) == (measurement, {field: 12.5})


def test_the_signal_of_old_firmware_has_its_unit_behind_it() -> None:
    decoded = _decode({"SDS_P1": "5.38", "signal": "-59 dBm"})
    assert [dict(one.fields) for one in decoded.readings] == [{"pm10": 5.38}, {"rssi": -59.0}]
    assert not decoded.refusals
    assert _decode({"SDS_P1": "5.38", "signal": "loud"}).refusals


@pytest.mark.parametrize(
    ("head", "options", "device"),
    [
        ({"esp8266id": "7332865"}, {}, "7332865"),
        ({"esp32id": 123}, {}, "123"),
        ({"esp8266id": "7332865"}, {"device_prefix": "esp8266-"}, "esp8266-7332865"),
        ({}, {"topic": "air/{device}"}, "d7"),
    ],
)
def test_the_device_is_the_id_or_the_topics(head: dict[str, object], options: dict[str, object], device: str) -> None:
    assert _decode({"SDS_P1": "1"}, "air/d7", head, **options).readings[0].tags["device"] == device


def test_a_value_that_is_no_number_is_refused_alone() -> None:
    decoded = _decode({"SDS_P1": "nan", "SDS_P2": "3.1"})
    assert decoded.readings[0].fields == {"pm2_5": 3.1}
    assert "pm10" in decoded.refusals[0].reason


def test_two_values_of_one_type_do_not_overwrite_each_other() -> None:
    items = [{"value_type": "SDS_P1", "value": "1"}, {"value_type": "SDS_P1", "value": "2"}]
    decoded = build_decoder("airrohr", {}).decode("", json.dumps({"sensordatavalues": items}).encode())
    assert decoded.readings[0].fields == {"pm10": 1.0}
    assert "two values" in decoded.refusals[0].reason


def test_a_body_without_its_list_is_refused() -> None:
    with pytest.raises(RejectedError, match="sensordatavalues"):
        build_decoder("airrohr", {}).decode("", b'{"esp8266id": "1"}')


def test_bodies_are_recognised_and_nothing_else() -> None:
    assert recognise("", b'{"sensordatavalues":[{"value_type":"P1","value":"1"}]}')
    assert not recognise("", b'{"values":[]}')


_ITEM = st.fixed_dictionaries(
    {},
    optional={
        "value_type": st.sampled_from(["SDS_P1", "GPS_time", "BME280_pressure", "", "x_y"]) | st.none() | st.lists(st.integers()),
        "value": st.none() | st.text(max_size=6) | st.floats() | st.lists(st.integers()),
    },
)


@given(
    items=st.lists(_ITEM | st.integers() | st.none(), max_size=6), device=st.none() | st.booleans() | st.integers() | st.text(max_size=5)
)
def test_any_items_decode_or_are_refused(items: list[object], device: object) -> None:
    check(build_decoder("airrohr", {}), json.dumps({"esp8266id": device, "sensordatavalues": items}).encode())


# An SPS30 kit's /data.json as a collector's source shows it (values cut), and the names of the firmware's sensors.
_SPS30_AGED = (
    b'{"software_version": "NRZ-2020-133", "age":"72", "sensordatavalues":[{"value_type":"SPS30_P0","value":"20.39"},'
    b'{"value_type":"SPS30_N05","value":"138.40"},{"value_type":"SPS30_TS","value":"0.66"},{"value_type":"signal","value":"-61"}]}'
)


def test_a_page_that_says_how_old_it_is_gives_readings_of_that_age() -> None:
    decoded = build_decoder("airrohr", {}).decode("", _SPS30_AGED)
    assert [(one.fields, one.age_ns) for one in decoded.readings] == [
        ({"pm1": 20.39, "pm0_5_number": 138.4, "typical_size": 0.66}, 72_000_000_000),
        ({"rssi": -61.0}, 72_000_000_000),
    ]


@pytest.mark.parametrize("age", ["-1", "nan", "1e9", "x", None, [], True * 90_000])
def test_an_age_that_makes_no_sense_refuses_the_page(age: object) -> None:
    message = {"age": age, "sensordatavalues": [{"value_type": "SDS_P1", "value": "4.87"}]}
    with pytest.raises(RejectedError, match="age"):
        build_decoder("airrohr", {}).decode("", json.dumps(message).encode())


def test_a_sen5x_is_a_sensor_like_the_others() -> None:
    values = [("SEN5X_P2", "3.1"), ("SEN5X_P4", "3.3"), ("SEN5X_temperature", "21.5"), ("SEN5X_VOC", "101"), ("SEN5X_NOX", "1")]
    message = {"sensordatavalues": [{"value_type": kind, "value": value} for kind, value in values]}
    readings = build_decoder("airrohr", {}).decode("", json.dumps(message).encode()).readings
    assert {(one.measurement, one.tags["sensor"]): dict(one.fields) for one in readings} == {
        ("air", "SEN5X"): {"pm2_5": 3.1, "pm4": 3.3, "temperature": 21.5, "voc_index": 101.0},
        ("reading", "SEN5X"): {"NOX": 1.0},
    }


@pytest.mark.parametrize("age", [{}, {"age": "5"}])
def test_counts_of_a_ppd42ns_are_no_mass(age: dict[str, str]) -> None:
    values = [("durP1", "100"), ("ratioP1", "0.5"), ("P1", "260.1"), ("P2", "10.5"), ("BME280_humidity", "50")]
    message = {**age, "sensordatavalues": [{"value_type": kind, "value": value} for kind, value in values]}
    decoder = build_decoder("airrohr", {})
    for _ in range(2):
        readings = decoder.decode("", json.dumps(message).encode()).readings
        assert {(one.measurement, one.tags.get("sensor")): dict(one.fields) for one in readings} == {
            ("reading", None): {"durP1": 100.0, "ratioP1": 0.5},
            ("reading", "PPD42NS"): {"ppd_p1": 260.1, "ppd_p2": 10.5},
            ("air", "BME280"): {"humidity": 50.0},
        }
