"""Shipped codecs: examples of their vendors' documents, names, and any payload at all."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.decoders.lorawan.codec.compile import Codec
from edge.decoders.lorawan.codec.library import family_of_eui, load, model_named, names
from telemetry.identifiers import is_name
from tests.edge.decoders.contract import check_reason
from tests.edge.decoders.lorawan.reading import entries, fields, flat

# Payloads with the values that are printed beside them.
DOCUMENTED = [
    # Cayenne LPP 1.0: "Device with 2 temperature sensors", "… with temperature", "… with accelerometer", "… with GPS"
    ("cayenne", "03670110056700FF", {"temperature_3": 27.2, "temperature_5": 25.5}),
    ("cayenne", "0167FFD7", {"temperature_1": -4.1}),
    ("cayenne", "067104D2FB2E0000", {"acceleration_x_6": 1.234, "acceleration_y_6": -1.234, "acceleration_z_6": 0.0}),
    ("cayenne", "018806765FF2960A0003E8", {"latitude_1": 42.3519, "longitude_1": -87.9094, "altitude_1": 10.0}),
    # Milesight user guides of EM300-TH and EM500-UDL
    ("EM300-TH", "01755c03673401046865", {"battery_percent": 92.0, "temperature": 30.8, "humidity": 50.5}),
    ("EM500-UDL", "01756403821e00", {"battery_percent": 100.0, "distance": 0.03}),
    # thingsboard/data-converters, VENDORS/Elsys/ERS2_Sound
    (
        "elsys",
        "0100e202290400270506070d62150710",
        {"temperature": 22.6, "humidity": 41.0, "illuminance": 39.0, "motion_count": 6.0, "battery": 3.426, "lamax": 7.0, "laeq": 16.0},
    ),
    # Dragino LHT65 user manual, section 2.4
    ("LHT65", "cbf60b0d03760100ad7fff", {"battery": 3.062, "temperature": 28.29, "humidity": 88.6, "external_temperature": 1.73}),
    # Decentlab's published decoder of DL-DS18, with a payload made to its table
    ("DL-DS18", "0202df000381910c60", {"temperature": 25.0625, "battery": 3.168}),
]


@pytest.mark.parametrize(("codec", "payload", "expected"), DOCUMENTED)
def test_documented_payloads_give_the_documented_values(codec: str, payload: str, expected: dict[str, Any]) -> None:
    assert fields(codec, payload, 2) == expected


# Examples of the vendors' decoders: Milesight-IoT/SensorDecoders, README of each device; TheThingsNetwork/lorawan-devices, vendor/dragino,
# nwave, yobiiq and decentlab (…-codec.yaml, or a payload made to the decoder's table).
PUBLISHED: list[tuple[str, int, str, dict[str, Any]]] = [
    ("VS133", 85, "0fe302100709", {"region_1_count": 2.0, "region_2_count": 16.0, "region_3_count": 7.0, "region_4_count": 9.0}),
    (
        "VS133",
        85,
        "10e4010910112110e40275217533",
        {"region_1_dwell_avg": 4105.0, "region_1_dwell_max": 8465.0, "region_2_dwell_avg": 8565.0, "region_2_dwell_max": 13173.0},
    ),
    ("VS121", 85, "04c9030800a106cd05", {"people": 3.0, "regions": 8.0, "people_max": 5.0}),
    ("VS121", 85, "05cc02000100", {"people_in": 2.0, "people_out": 1.0}),
    ("VS121", 85, "09da0001000200000000", {"a_to_a": 256.0, "a_to_b": 512.0, "a_to_c": 0.0, "a_to_d": 0.0}),
    (
        "VS330",
        85,
        "01756202a5b80b800cb80b800c038e0104a80106a69080000008a801",
        {
            "battery_percent": 98.0,
            "distance_1_mm": 3000.0,
            "distance_2_mm": 3200.0,
            "distance_3_mm": 3000.0,
            "distance_4_mm": 3200.0,
            "occupancy": True,
            "first_learn_status": 1.0,
            "ambient_counts": 32912.0,
            "second_learn_status": 1.0,
        },
    ),
    ("TS301", 85, "0367f100040001", {"temperature": 24.1, "opened_2": True}),
    ("TS302", 85, "0467f7008467f70001", {"temperature_2": 24.7, "temperature_2_alarm": 1.0}),
    ("TS302", 85, "94d70401820002", {"temperature_2": 26.0, "temperature_2_change": 1.3, "temperature_2_alarm": 2.0}),
    ("EM300-DI", 85, "06e10a000a000000803f", {"water_per_pulse": 1.0, "pulses_per_unit": 1.0, "water_total": 1.0}),
    ("EM300-MLD", 85, "060001", {"water_leak": True}),
    ("EM500-SMTC", 85, "03671901046873057ff000", {"temperature": 28.1, "moisture": 57.5, "conductivity": 240.0}),
    ("EM500-SMTC", 85, "0367ffff04caffff057ffdff", {}),  # no probe
    ("EM500-PT100", 85, "83d7f400050002", {"temperature": 24.4, "temperature_change": 0.5, "temperature_alarm": 2.0}),
    ("LHT65", 2, "cbf60b0d0376010add7fff", {"battery": 3.062, "temperature": 28.29, "humidity": 88.6, "external_temperature": 27.81}),
    ("LHT65", 2, "cbf60b0d0376817fff7fff", {"battery": 3.062, "temperature": 28.29, "humidity": 88.6}),  # the probe is not connected
    ("LHT65", 2, "cbf60b0d03760700057fff", {"battery": 3.062, "temperature": 28.29, "humidity": 88.6, "pulse_total": 5.0}),
    ("LHT65", 2, "09c40898c1460960065f97", {"external_temperature": 25.0, "temperature": 22.0, "humidity": 32.6}),
    ("LHT65", 2, "cbf628ff11220f33445566", {"battery": 3.062}),  # the number of the probe, no temperature
    (
        "LSE01",
        2,
        "0d1801010e7409c4003200",
        {"battery": 3.352, "external_temperature": 25.7, "moisture": 37.0, "temperature": 25.0, "conductivity": 50.0},
    ),
    (
        "LSE01",
        2,
        "0d1801010e7409c4003290",
        {
            "battery": 3.352,
            "external_temperature": 25.7,
            "dielectric_permittivity": 370.0,
            "moisture_raw": 2500.0,
            "conductivity_raw": 50.0,
        },
    ),
    ("G4_NCC_FM", 1, "06aa", {"vehicle_count": 1706.0}),
    ("G4_NCC_SM", 3, "010d0002", {"firmware": "010d00", "reset_cause": "power_on"}),
    ("G4_NPS_FM", 10, "d1201f345678", {"occupied": True, "tag_battery": 3.2, "tag": "1f345678"}),
    ("G4_NPS_SM", 10, "d11f345678", {"occupied": True, "tag": "1f345678"}),
    ("SD1001", 8, "ff090100ff0a0100ff162401640000ff0f00ff0b00", {"mains_on": False}),
    ("DL-DLR2-011", 1, "021234000700010000 0c60", {"ch0_input": 1.0, "ch1_input": 0.0, "battery": 3.168}),
]


@pytest.mark.parametrize(("codec", "port", "payload", "expected"), PUBLISHED)
def test_examples_of_the_vendors_decoders_give_what_they_give(codec: str, port: int, payload: str, expected: dict[str, Any]) -> None:
    assert fields(codec, payload, port) == expected


# What a device kept, with the time it was taken at: the same sources.
KEPT: list[tuple[str, int, str, int, dict[str, Any]]] = [
    ("EM300-MCS", 85, "20ce9e74466310015d01", 1665561758, {"temperature": 27.2, "humidity": 46.5, "door_open": 1.0}),
    ("EM300-SLD", 85, "20ce9e74466310015d01", 1665561758, {"temperature": 27.2, "humidity": 46.5, "water_leak": True}),
    ("EM300-ZLD", 85, "20ce9e74466310015d01", 1665561758, {"temperature": 27.2, "humidity": 46.5, "water_leak": True}),
    ("EM300-MLD", 85, "20ce9e74466300000001", 1665561758, {"water_leak": True}),
    ("EM500-LGT", 85, "20ce9e74466350000000", 1665561758, {"illuminance": 80.0}),
    ("EM500-UDL", 85, "20ce9e7446631e00", 1665561758, {"distance": 0.03}),
    ("EM500-SWL", 85, "20ce9e7446630200", 1665561758, {"depth": 0.02}),
    ("EM500-PT100", 85, "20ce9e7446631901", 1665561758, {"temperature": 28.1}),
    ("EM500-SMTC", 85, "20ce9e744663f00019017616", 1665561758, {"conductivity": 240.0, "temperature": 28.1, "moisture": 57.5}),
    (
        "EM500-CO2",
        85,
        "20ce9e744663c4016b2704016d",
        1665561758,
        {"co2": 452.0, "pressure": 1009.1, "temperature": 26.0, "humidity": 54.5},
    ),
    (
        "EM300-DI",
        85,
        "21ce9e74466308015d0002000a000a000000803f",
        1665561758,
        {"temperature": 26.4, "humidity": 46.5, "water_alarm": 0.0, "water_per_pulse": 1.0, "pulses_per_unit": 1.0, "water_total": 1.0},
    ),
    ("LHT65", 2, "7fff089801464160065f97", 1611030423, {"temperature": 22.0, "humidity": 32.6}),  # asked for what it logged
]


@pytest.mark.parametrize(("codec", "port", "payload", "time_s", "expected"), KEPT)
def test_what_a_device_kept_has_the_time_it_was_taken_at(
    codec: str, port: int, payload: str, time_s: int, expected: dict[str, Any]
) -> None:
    now, *kept = entries(codec, payload, port)
    assert [(entry.time_ns, flat(entry)) for entry in kept or [now]] == [(time_s * 1_000_000_000, expected)]


def test_every_shipped_codec_has_valid_names_and_a_source() -> None:
    assert len(names()) > 100
    for name in names():
        load(name)


@pytest.mark.parametrize("name", names())
@settings(max_examples=25, deadline=None)
@given(payload=st.binary(max_size=60), port=st.none() | st.integers(0, 255))
def test_no_payload_breaks_a_shipped_codec(name: str, payload: bytes, port: int | None) -> None:
    out = _shipped(name).decode(payload, port)
    for refusal in out.refusals.listed():
        check_reason(refusal.reason)
    for entry in out.entries:
        assert all(is_name(field) for group in entry.fields.values() for field in group)


_loaded: dict[str, Codec] = {}


def _shipped(name: str) -> Codec:
    if name not in _loaded:
        _loaded[name] = load(name)
    return _loaded[name]


def test_models_are_recognised_as_words_and_vendors_by_their_euis() -> None:
    assert model_named("Milesight AM308 (indoor)") == "AM308"
    assert model_named("am308") == "AM308"
    assert model_named("AM3080") == ""
    assert model_named("AM308 AM319") == ""
    assert model_named("milesight") == ""
    assert model_named("MClimate Vicki") == "Vicki"
    assert model_named("Soil_Moisture_Sensor") == ""  # anybody's may be called so; a config may name it
    assert family_of_eui("24e124136b502217") == "milesight"
    assert family_of_eui("1000000000000001") == ""
