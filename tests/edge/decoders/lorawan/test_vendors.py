"""Shipped codecs of vendors with few models, against the payloads that are published with their values."""

from typing import Any

import pytest

from edge.decoders.lorawan.codec.compile import Entry
from edge.decoders.lorawan.codec.library import load

Row = tuple[str, int, str, dict[str, Any]]

# thingsboard/data-converters, VENDORS/<vendor>/<model>/…/uplink: payload.json and result.json
CONVERTERS: list[Row] = [
    ("Air_Temperature_Humidity_Sensor", 2, "00041d018900f800", {"battery": 2.9, "humidity": 39.3, "temperature": 24.8}),
    ("Air_Temperature_Humidity_Sensor", 2, "00041d0189ffec00", {"battery": 2.9, "humidity": 39.3, "temperature": -2.0}),
    (
        "Positioning_Water_Leak_Sensor",
        2,
        "00031D00000200000003",
        {"battery": 2.9, "water_leak": False, "leak_count": 2.0, "leak_seconds": 3.0},
    ),
    ("Soil_Moisture_Sensor", 2, "000805C71E", {"battery": 3.0, "moisture_raw": 1479.0}),
    ("Parking_Lot_Sensor", 1, "01", {"occupied": True}),
    ("Parking_Lot_Sensor", 2, "0112", {"occupied": True, "temperature": 18.0}),
    ("Parking_Lot_Sensor", 2, "00fb", {"occupied": False, "temperature": -5.0}),
    ("Parking_Lot_Sensor", 2, "01", {"occupied": True}),  # older firmware, as the converter allows for
    (
        "Parking_Lot_Sensor",
        3,
        "00000000990200d100050000001d020200",
        {"occupied": False, "reset_cause": "power_on", "firmware_major": 2.0, "firmware_minor": 29.0, "firmware_patch": 0.0},
    ),
    ("TempHu", 2, "1A0B23031201F400", {"temperature": 26.11, "humidity": 35.0, "battery": 3.18}),
    ("Carbonless", 2, "03581a222b033a", {"co2": 856.0, "temperature": 26.34, "humidity": 43.0, "battery": 3.58}),
    ("Vocless", 2, "6505163223031E", {"voc": 101.5, "temperature": 22.5, "humidity": 35.0, "battery": 3.3}),
    ("Vapeless", 2, "1A0B23031201F400", {"temperature": 26.11, "humidity": 35.0, "battery": 3.18, "vape_index": 500.0}),
    (
        "VapelessPro",
        2,
        "172D22033500000029",
        {"temperature": 23.45, "humidity": 34.0, "battery": 3.53, "vape_index": 0.0, "violence": 0.0, "noise": 41.0},
    ),
    ("AmpSense", 2, "01FB01FA01FC0337", {"current_l1": 5.07, "current_l2": 5.06, "current_l3": 5.08, "battery": 3.55}),
    (
        "SensiLora2_0",
        207,
        "277f09a5160f0061ff5b03d3ee17fe5cfdadfd6900bbff60005b01a4",
        {
            "pressure": 1011.1,
            "temperature": 24.69,
            "humidity": 56.47,
            "acceleration_x": 0.95124505,
            "acceleration_y": -1.61809725,
            "acceleration_z": 9.60071035,
            "gyro_x": -0.080022005,
            "gyro_y": -0.00733026,
            "gyro_z": -0.010384535,
            "magnetic_x": -66.3,
            "magnetic_y": 18.7,
            "magnetic_z": -16.0,
            "illuminance": 91.0,
            "battery": 4.2,
        },
    ),
    (
        "Temperature-Humidity-Sensor",
        1,
        "20502000661122300000",
        {"battery_percent": 80.0, "device_rssi": -32.0, "device_snr": 1.02, "temperature": 17.34, "humidity": 48.0},
    ),
    ("Temperature-Humidity-Sensor", 1, "f002", {}),
    (
        "16A-Switch-Power-Meter",
        2,
        "011C034A241805D9E7195201",
        {
            "device_temperature": 28.0,
            "energy": 55190552.0,
            "active_power": 1497.0,
            "voltage": 231.0,
            "current": 6.482,
            "output": True,
        },
    ),
    (
        "CO2_Display_Lite",
        2,
        "010263870AAC39100117",
        {"temperature": 21.1, "humidity": 52.734375, "battery": 2.732, "co2": 569.0, "power_source": 0.0, "illuminance": 279.0},
    ),
    (
        "Vicki",
        1,
        "011D5A78FA2C01F080",
        {
            "target_temperature": 29.0,
            "temperature": 18.0078125,
            "humidity": 46.875,
            "valve_open_percent": 16.6666667,
            "battery": 3.5,
            "window_open": 0.0,
            "sensor_broken": 0.0,
            "child_lock": 1.0,
            "calibration_failed": 0.0,
        },
    ),
    (
        "CD10",
        127,
        "110fe700430719",
        {
            "status": 1.0,
            "button": 0.0,
            "co2_alarm": 1.0,
            "co2_calibrating": 0.0,
            "battery": 3.6,
            "temperature": 23.1,
            "humidity": 67.0,
            "co2": 6407.0,
        },
    ),
]


def entries(codec: str, payload: str, port: int) -> list[Entry]:
    out = load(codec).decode(bytes.fromhex(payload), port)
    assert not out.refusals.listed(), out.refusals.listed()
    return out.entries


def flat(entry: Entry) -> dict[str, Any]:
    return {name: value for group in entry.fields.values() for name, value in group.items()}


@pytest.mark.parametrize(("codec", "port", "payload", "expected"), CONVERTERS)
def test_published_payloads_give_the_published_values(codec: str, port: int, payload: str, expected: dict[str, Any]) -> None:
    (entry,) = entries(codec, payload, port)
    assert flat(entry) == pytest.approx(expected)


def test_an_answer_to_a_command_of_mclimate_has_a_keep_alive_at_its_end() -> None:
    alone, after_answer = (flat(entries("Vicki", answer + "011D5A78FA2C01F080", 2)[0]) for answer in ("", "0411220e1d05"))
    assert alone == after_answer
    refused = load("Vicki").decode(bytes.fromhex("041122"), 2).refusals.listed()
    assert [one.reason for one in refused] == ["payload of 3 bytes: shorter than the 9 that are read from its end"]


def test_the_second_hardware_of_the_valve_has_another_temperature_sensor() -> None:
    (entry,) = entries("Vicki", "811D5A78FA2C01F080", 2)
    assert entry.fields["air"]["temperature"] == pytest.approx((0x5A - 28.33333) / 5.66666)
