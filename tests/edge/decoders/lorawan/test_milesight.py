"""Milesight's devices against published samples: payload, what it says now, what the device kept.

Sources: thingsboard/data-converters, VENDORS/Milesight/<model>/<server>/uplink (payload.json and result.json); the README of each device in
Milesight-IoT/SensorDecoders. VS373: the converter reads big-endian what the vendor's decoder reads little-endian (4320 s, not 57360).
"""

from typing import Any

import pytest

from tests.edge.decoders.lorawan.reading import entries, fields, flat

Fields = dict[str, Any]
SAMPLES: list[tuple[str, str, Fields]] = [
    ("AM107", "01755c03673401046865056a490006651c0079001400077de704087d070009733f27", {
        "battery_percent": 92.0, "temperature": 30.8, "humidity": 50.5, "activity": 73.0, "illuminance": 28.0,
        "light_visible_infrared": 121.0, "light_infrared": 20.0, "co2": 1255.0, "tvoc": 7.0, "pressure": 1004.7,
    }),
    ("AM300", "0175550367ee0004687c05000106cb02077da803087d2500097366270a7d04000b7d20000c7d3000", {
        "battery_percent": 85.0, "temperature": 23.8, "humidity": 62.0, "pir": 1.0, "light_level": 2.0, "co2": 936.0, "iaq_index": 0.37,
        "pressure": 1008.6, "hcho_mg_m3": 0.04, "pm2_5": 32.0, "pm10": 48.0,
    }),
    ("AM307", "0175550367ee0004687c05000106cb02077da803087d250009736627", {
        "battery_percent": 85.0, "temperature": 23.8, "humidity": 62.0, "pir": 1.0, "light_level": 2.0, "co2": 936.0, "iaq_index": 0.37,
        "pressure": 1008.6,
    }),
    ("CT101", "ff0bffff0101ff166746d38802580000ff090101ff0a0101ff0f00", {}),
    ("CT103", "0498b80b00000000", {"current": 30.0}),
    ("CT101||CT103", "0498ffff", {}),
    ("CT105", "8498b80bd007c40905", {"current_max": 30.0, "current_min": 20.0, "current": 25.0, "current_alarm": 5.0}),
    ("CT305", "0397102700000499b80b", {"charge_l1_ah": 100.0, "current_l1": 300.0}),
    ("CT310", "8499b80bd007c40905", {"current_l1_max": 300.0, "current_l1_min": 200.0, "current_l1": 250.0, "current_l1_alarm": 5.0}),
    ("EM300-CL", "01756403ed00", {"battery_percent": 100.0, "liquid": "uncalibrated"}),
    ("EM300-CL", "83ed0201", {"liquid": "empty", "liquid_alarm": True}),
    ("EM300-CL", "04ee01", {"calibrated": True}),
    ("EM300-MCS", "01755c03673401046865060001", {"battery_percent": 92.0, "temperature": 30.8, "humidity": 50.5, "door_open": 1.0}),
    ("EM300-SLD-ZLD", "01755c03673401046865050000", {"battery_percent": 92.0, "temperature": 30.8, "humidity": 50.5, "water_leak": False}),
    ("EM310-TILT", "03cf00000000282305", {
        "angle_x": 0.0, "angle_y": 0.0, "angle_z": 90.0, "angle_x_alarm": 1.0, "angle_y_alarm": 0.0, "angle_z_alarm": 1.0,
    }),
    ("EM310-UDL", "01755c03824408040001", {"battery_percent": 92.0, "distance": 2.116, "tilted": True}),
    ("EM320-TH", "01755c0367ccff046865", {"battery_percent": 92.0, "temperature": -5.2, "humidity": 50.5}),
    ("EM400-MUD", "01755c0367010104824408050001", {"battery_percent": 92.0, "temperature": 25.7, "distance": 2.116, "tilted": True}),
    ("EM400-TLD", "8367e800018482410601", {"temperature": 23.2, "temperature_alarm": 1.0, "distance": 1.601, "distance_alarm": 1.0}),
    ("EM410-RDL", "ff0bffff0101fffeffff166862e21141780013ff090100ff0a0101ff0f00ffff0100", {}),
    ("EM500-CO2", "01756403671901046873057d670406736827", {
        "battery_percent": 100.0, "temperature": 28.1, "humidity": 57.5, "co2": 1127.0, "pressure": 1008.8,
    }),
    ("EM500-LGT", "017564039450000000", {"battery_percent": 100.0, "illuminance": 80.0}),
    ("EM500-PP", "017564037b0a00", {"battery_percent": 100.0, "pipe_pressure_kpa": 10.0}),
    ("GS101", "058e00060101070100", {"gas_alarm": False, "valve_open": True, "relay_open": False}),
    ("TS101", "0175640367f900", {"battery_percent": 100.0, "temperature": 24.9}),
    ("TS201", "8367340101", {"temperature": 30.8, "temperature_alarm": 1.0}),
    ("TS201", "93673401640002", {"temperature": 30.8, "temperature_change": 10.0, "temperature_alarm": 2.0}),
    ("VS121", "ff0101ff086600b0940976ff090100ff1f1f07004b", {}),
    ("VS34x", "017564030000", {"battery_percent": 100.0, "occupancy": False}),
    ("VS341", "017564030001", {"battery_percent": 100.0, "occupancy": True}),
    ("VS360", "01756402756303f40101", {"battery_percent": 100.0, "battery_node_percent": 99.0, "event": "node_lost", "event_active": True}),
    ("VS370", "017564030001040000", {"battery_percent": 100.0, "occupancy": True, "bright": False}),
    ("VS373", "03f80100e010504604f90101010105fab004000000000000", {
        "detection": "vacant", "target": "normal", "use_now": 4320.0, "use_today": 18000.0,
        **{f"region_{number}_vacant": True for number in range(1, 5)},
        "region_1_out_of_bed_s": 1200.0, **{f"region_{number}_out_of_bed_s": 0.0 for number in range(2, 5)},
    }),
    ("WS201", "01756403823e0004d645", {"battery_percent": 100.0, "distance_mm": 62.0, "fill_percent": 69.0}),
    ("WS202", "017510030001040000", {"battery_percent": 16.0, "occupancy": True, "bright": False}),
    ("WS203", "01756403673401046865050000", {"battery_percent": 100.0, "temperature": 30.8, "humidity": 50.5, "occupancy": False}),
    ("WS301", "017564030001040001", {"battery_percent": 100.0, "door_open": True, "tamper": True}),
    ("WS303", "017564030000", {"battery_percent": 100.0, "water_leak": False}),
    ("WS502", "ff2931", {"switch_1": True, "switch_2": False, "switch_3": False}),
    ("WT201", "036702010467a60005e70006e80007bc00", {
        "temperature": 25.8, "temperature_target": 16.6, "control_mode": "heat", "control_status": "standby", "fan_mode": "auto",
        "fan_status": "standby", "plan": "none",
    }),
    ("WT201", "03671101088e0109684a0a6e72", {
        "temperature": 27.3, "system_on": True, "humidity": 37.0, "relay_y1": False, "relay_y2_gl": True, "relay_w1": False,
        "relay_w2_aux": False, "relay_e": True, "relay_g": True, "relay_ob": True,
    }),
    ("WT201", "ffcb0d1101ffca158004ffc900000000b302ffc80303014e36fff600b36701b96802", {
        "temperature_exception": 1.0, "humidity_exception": 2.0,
    }),
]  # fmt: skip


@pytest.mark.parametrize(("model", "payload", "expected"), SAMPLES)
def test_a_published_sample_gives_what_is_published_with_it(model: str, payload: str, expected: Fields) -> None:
    assert fields(model, payload, 85) == expected


KEPT: list[tuple[str, str, list[tuple[int, Fields]]]] = [
    (  # 21ce: VOC as a mass, what the devices with item 08e6 send
        "AM308L",
        "21ce9e744663ee007c000102a8032500662720003000",
        [
            (
                1665561758,
                {
                    "temperature": 23.8,
                    "humidity": 62.0,
                    "pir": 1.0,
                    "light_level": 2.0,
                    "co2": 936.0,
                    "tvoc_ug_m3": 37.0,
                    "pressure": 1008.6,
                    "pm2_5": 32.0,
                    "pm10": 48.0,
                },
            )
        ],
    ),
    ("EM300-DI", "20ce9e74466310015d020000010000", [(1665561758, {"temperature": 27.2, "humidity": 46.5, "pulse_total": 256.0})]),
    ("EM300-TH", "20ce9e74466310015d00", [(1665561758, {"temperature": 27.2, "humidity": 46.5})]),  # with a byte that is reserved
    ("EM300-TH", "20ce9e74466310015d20ce9e74466310015d", [(1665561758, {"temperature": 27.2, "humidity": 46.5})] * 2),
    (
        "EM300-DI_Hall",
        "21cedff40b650000000102010a000a000080ec44",
        [(1695282399, {"water_alarm": 1.0, "water_per_pulse": 1.0, "pulses_per_unit": 1.0, "water_total": 1892.0})],
    ),
    ("EM300-DI_Hall", "21ce9e74466308015d0001010000000000000000", [(1665561758, {"water_alarm": 0.0, "input": 1.0})]),
    ("EM320-TH", "20ce9e74466310015d", [(1665561758, {"temperature": 27.2, "humidity": 46.5})]),
    ("EM500-PP", "20ce9e7446630a00", [(1665561758, {"pipe_pressure_kpa": 10.0})]),
    ("TS301", "20cec79afa6444bdfff600", [(1694145223, {"temperature": -6.7, "temperature_2": 24.6})]),
    ("TS302", "20cec79afa64154dff0100", [(1694145223, {"temperature": -17.9, "temperature_alarm": 1.0, "opened_2": True})]),
    ("TS302", "20cec79afa64630100f600", [(1694145223, {"opened_1": True, "temperature_2": 24.6, "temperature_2_alarm": 2.0})]),
    ("TS201", "20cec79afa6402bdff20cec79afa6412ffff", [(1694145223, {"temperature": -6.7}), (1694145223, {})]),
    ("TS201_v2", "20cec79afa6401bdff2e01", [(1694145223, {"temperature": -6.7})]),
    ("TS201_v2", "20cec79afa64020a014e01", [(1694145223, {"temperature": 26.6, "humidity": 39.0})]),
    ("TS101", "20cec79afa64bdff", [(1694145223, {"temperature": -6.7})]),
    (
        "WS203",
        "20ceae5ba664040024016520ce5c5ca6640301340165",
        [
            (1688624046, {"occupancy": False, "temperature": 29.2, "humidity": 50.5}),
            (1688624220, {"occupancy": True, "temperature": 30.8, "humidity": 50.5}),
        ],
    ),
    (
        "WT201",
        "20ce5c470a65d09ec09120ce7b843865c6a516b9",
        [
            (
                1695172444,
                {
                    "temperature": 27.0,
                    "temperature_target": 16.6,
                    "control_mode": "heat",
                    "control_status": "standby",
                    "fan_mode": "auto",
                    "fan_status": "standby",
                    "system_on": True,
                },
            ),
            (
                1698202747,
                {
                    "temperature": 32.6,
                    "temperature_target": 48.0,
                    "control_mode": "cool",
                    "control_status": "emergency_heat",
                    "fan_mode": "circulate",
                    "fan_status": "high",
                    "system_on": False,
                },
            ),
        ],
    ),
]


@pytest.mark.parametrize(("model", "payload", "expected"), KEPT)
def test_what_a_device_kept_is_apart_and_has_its_own_time(model: str, payload: str, expected: list[tuple[int, Fields]]) -> None:
    now, *kept = entries(model, payload, 85)
    assert now.fields == {}
    assert [(entry.time_ns, flat(entry)) for entry in kept] == [(time_s * 1_000_000_000, told) for time_s, told in expected]
