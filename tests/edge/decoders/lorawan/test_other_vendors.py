"""Devices of other vendors than Milesight against published samples: thingsboard/data-converters, VENDORS/<vendor>/<model>/<server>."""

from typing import Any

import pytest

from edge.decoders.lorawan.codec.library import load
from tests.edge.decoders.lorawan.reading import fields

Fields = dict[str, Any]
OK, LOW = {"battery": 3.6, "battery_low": False}, {"battery": 3.1, "battery_low": True}
NETVOX: list[tuple[str, int, str, Fields]] = [
    ("R311A", 6, "0102011c01000000000000", {"battery": 2.8, "battery_low": False, "opened": True}),
    ("R311A", 7, "8202003c003c0100000000", {}),
    ("R716S", 20, "810100000000", {}),
    ("R716S", 20, "8200000e1003", {}),
    ("R718A", 6, "010b012406701a9e000000", {**OK, "temperature": 16.48, "humidity": 68.14}),
    ("R718AB", 6, "0113012406701a9e000000", {**OK, "temperature": 16.48, "humidity": 68.14}),
    ("R718H", 6, "011f012400c80000000000", {**OK, "pulse_count": 200.0}),
    ("R718H", 7, "861f010000000000000000", {}),
    ("R718KA", 6, "01220123074e0000000000", {"battery": 3.5, "battery_low": False, "current_ma": 7.0, "current_fine_ma": 7.8}),
    ("R718WB", 6, "0112012401000000000000", {**OK, "water_leak": True}),
    ("R719A", 6, "0159012401000000000000", {**OK, "occupied": True}),
    ("RA0715A", 6, "010507002134ffffffff00", {"battery": 0.0, "co2": 850.0}),
    ("RA0723", 6, "01050278ffff000effff00", {"battery": 12.0, "pm2_5": 14.0}),
    ("RA0723", 6, "01050778ffffffff025800", {"battery": 12.0, "noise": 60.0}),
    ("RA0723", 6, "01050c7809c41b58ffff00", {"battery": 12.0, "temperature": 25.0, "humidity": 70.0}),
    ("RA0723", 14, "8104000000000000000000", {}),
    # user manuals of RA08B and R718UBD, chapter "Example of ReportDataCmd"; report 4 of RA08D
    ("RA08B", 6, "01a0019f097a151f020c01", {**LOW, "temperature": 24.26, "humidity": 54.07, "co2": 524.0, "occupancy": True}),
    ("RA08B", 6, "01a0029f0001870f000032", {**LOW, "pressure": 1001.11, "illuminance": 50.0}),
    ("RA08B", 6, "01a0039fffffffff000007", {**LOW, "tvoc": 7.0}),
    ("RA08B", 6, "01a00400000affffffff00", {"battery": 0.0, "battery_low": False, "hcho": 12.2730431228}),
    ("netvox", 6, "01bb030000110011ffff00", {"battery": 0.0, "battery_low": False, "pm2_5": 17.0, "pm10": 17.0}),
    ("R718N3", 6, "014a000a02202007060000", {}),
    ("R718N3", 6, "014a032405dd05d41b5836", {**OK, "current_1_ma": 15010.0, "current_2_ma": 7460.0, "current_3_ma": 700000.0}),
    (
        "R718N3",
        6,
        "014a019f03e800c81b5801" + "014a029f030a0000000000" + "014a049f39000000000000",
        {
            **LOW,
            "current_1_ma": 1000.0,
            "current_2_unscaled_ma": 200.0,  # the converter holds the reports together: 600 and 70,000
            "current_3_unscaled_ma": 7000.0,
            "multiplier_1": 1.0,
            "multiplier_2": 3.0,
            "multiplier_3": 10.0,
            "current_1_too_low": True,
            "current_1_too_high": False,
            "current_2_too_low": False,
            "current_2_too_high": True,
            "current_3_too_low": True,
            "current_3_too_high": True,
        },
    ),
]
OTHERS: list[tuple[str, int, str, Fields]] = [
    (
        "ERS2_CO2",
        85,
        "0100e202290400270506060308070d62",
        {"temperature": 22.6, "humidity": 41.0, "illuminance": 39.0, "motion_count": 6.0, "co2": 776.0, "battery": 3.426},
    ),
    ("Comfort", 10, "036700e104684d00ba0b9e", {"temperature": 22.5, "humidity": 38.5, "battery": 2.974}),
    ("G4_NCC_FM", 2, "a86661", {"health_status": 40.0, "battery": 2.908, "battery_mean_24h": 2.888}),
    ("RM200", 50, "ff050200ff040200ff038f3c1740ff025031303032303033ff01594f42494951ff1102ff0700ff0800ff0601", {}),
    ("RM200", 100, "ff1201ff1305ff1401ff1502d0ff6402ff6502ff6601ff6700", {}),
    (
        "RM200",
        1,
        "ddfd6735d060dd9501dd9700000005dd9802dd9a00000004dd710753dd7238",
        {
            "channel_1_on": True,
            "channel_1_manual": False,
            "channel_1_count": 5.0,
            "channel_2_on": False,
            "channel_2_manual": True,
            "channel_2_count": 4.0,
            "temperature": 18.75,
            "humidity": 56.0,
        },
    ),
    ("EM2101", 50, "ff3c0064ff3d00faff3e0e10ff3f003cff40003cff41003cff42003cff430258ff4403", {}),
    ("EM2101", 11, "010101020200", {"relay_closed": True, "input_closed": False}),
    ("EM2101", 60, "fd0101fd0202fd0801", {"relay_off_reason": 1.0, "relay_on_reason": 2.0, "reset_amount_status": 1.0}),
]


@pytest.mark.parametrize(("model", "port", "payload", "expected"), [*NETVOX, *OTHERS])
def test_a_published_sample_gives_what_is_published_with_it(model: str, port: int, payload: str, expected: Fields) -> None:
    assert fields(model, payload, port) == expected


def test_what_a_relay_logged_has_its_time() -> None:
    out = load("RM200").decode(bytes.fromhex("aafe6735d830aa0101aa9700000005aa0203aa9a00000005"), 11)
    assert (out.time_ns, out.refusals.listed()) == (1_731_582_000_000_000_000, ())
    assert out.fields["state"] == {
        "channel_1_on": True,
        "channel_1_manual": False,
        "channel_1_count": 5.0,
        "channel_2_on": True,
        "channel_2_manual": True,
        "channel_2_count": 5.0,
    }
