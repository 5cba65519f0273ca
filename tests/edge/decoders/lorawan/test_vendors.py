"""Shipped codecs of vendors with few models, against the payloads that are published with their values."""

from typing import Any

import pytest

from edge.decoders.lorawan.codec.library import load
from tests.edge.decoders.lorawan.reading import entries, flat

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
    ("Asset-Management-Tracker", 1, "71000000000022223333B2", {"beacon_1": "22223333", "beacon_rssi_1": -78.0}),
    (
        "Macro-Tracker",
        34,
        "21315b044c000f00",  # beside it, result_01.json: 49 %, -91 dBm, 11 dB
        {
            "battery_percent": 49.0,
            "device_rssi": -91.0,
            "device_snr": 11.0,
            "gnss_state": "off",
            "move_state": 0.0,
            "charge_state": "unplugged",
        },
    ),
    ("Container-Tracker", 34, "71000000000022223333b2", {"beacon_1": "22223333", "beacon_rssi_1": -78.0}),
    (
        "Helmet-Sensor",
        1,
        "71000F549B030000010001D900101127C700990098B8",
        {
            "worn": True,
            "pressure": 1004.699,
            "beacon_1": "00010001",
            "beacon_rssi_1": -39.0,
            "beacon_2": "00101127",
            "beacon_rssi_2": -57.0,
            "beacon_3": "00990098",
            "beacon_rssi_3": -72.0,
        },
    ),
    (
        "Compact-Bluetooth-Gateway",
        1,
        "8301020304AF00990098B7001027DCAA",
        {
            "beacon_1": "01020304",
            "beacon_rssi_1": -81.0,
            "beacon_2": "00990098",
            "beacon_rssi_2": -73.0,
            "beacon_3": "001027dc",
            "beacon_rssi_3": -86.0,
        },
    ),
    (
        "Indoor-Bluetooth-Gateway",
        1,
        "21325E03E8000F00",
        {"battery_percent": 50.0, "device_rssi": -94.0, "device_snr": 10.0, "version": 15.0, "charge_state": "unplugged"},
    ),
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
    (
        "RS26x",
        1,
        "00c4001405",  # the sample's decoded_payload, rounded, says 20.02
        {"battery_state": "good", "sensor_fault": 0.0, "backlog_available": 1.0, "backlog_wrapped": 0.0, "temperature": 20.01953125},
    ),
    (
        "ioTracker",
        85,
        "1200f90b0afe008401802700",
        {
            "button": 0.0,
            "moved": 1.0,
            "battery_level": 249.0,
            "temperature": 28.14,
            "illuminance": 1.32,
            "acceleration_max_new": 0.384,
            "acceleration_max": 9.984,
        },
    ),
    ("ioButton", 85, "1000fd406627", {"button": 0.0, "moved": 0.0, "battery_level": 253.0, "button_state": "success", "clicks": 7.0}),
]

# TheThingsNetwork/lorawan-devices, vendor/browan, dingtek, dragino, ezurio, sensative and sensecap, the examples in …-codec.yaml
LORAWAN_DEVICES: list[Row] = [
    ("LHT52", 2, "08cd02207fff0161cd4edd", {"temperature": 22.53, "humidity": 54.4}),
    ("LHT52", 5, "0b880100250001", {"battery": 0.001}),
    (
        "LAQ4",
        2,
        "0d07050012020b00fb01b3",
        {"battery": 3.335, "alarm": 1.0, "tvoc": 18.0, "co2": 523.0, "temperature": 25.1, "humidity": 43.5},
    ),
    ("LTC2", 2, "0e550108620867" + "60e43cc6", {"battery": 3.669, "temperature_1": 21.46, "temperature_2": 21.51}),
    (
        "LSN50v2",
        2,
        "0b540000000000" + "00fc0205",
        {"battery": 2.9, "external_temperature": 0.0, "adc_0": 0.0, "contact": False, "temperature": 25.2, "humidity": 51.7},
    ),
    (
        "LLDS12",
        2,
        "0d5c00000b1801b1001e01",
        {"battery": 3.42, "external_temperature": 0.0, "distance": 2.84, "signal": 433.0, "interrupt": 0.0, "lidar_temperature": 30.0},
    ),
    (
        "RS26x",
        1,
        "00c000875a",
        {"battery_state": "good", "sensor_fault": 0.0, "backlog_available": 0.0, "backlog_wrapped": 0.0, "temperature": -120.6484375},
    ),
    ("RS26x", 1, "01c0022c", {}),
    (
        "TBHV110",
        103,
        "610b351ebf030100510036",
        {"battery": 3.6, "device_temperature": 21.0, "humidity": 30.0, "eco2": 959.0, "voc": 1.0, "iaq": 81.0, "temperature": 22.0},
    ),
    ("S2101", 1, "01011098530000010210a87a0000af51", {"temperature": 21.4, "humidity": 31.4}),
    ("S2105", 1, "0000000101000100070064003c00012001000000002890", {"battery_percent": 100.0}),
    ("S2104", 1, "010100010100010102006a01001501030030f1f72c010400090c13140105007f4d0000010600000000004cbe", {}),
    (
        "Strips",
        1,
        "ffff01500200ea03000d000e001000",
        {
            "battery_percent": 80.0,
            "temperature": 23.4,
            "temperature_alarm": 0.0,
            "wetness": 0.0,
            "water_leak": False,
            "switch_alarm": 0.0,
        },
    ),
    (
        "DF702",
        3,
        "800001011107d0001900000000000000" + "81",
        {
            "distance_mm": 2000.0,
            "device_temperature": 25.0,
            "angle": 0.0,
            "full": False,
            "fire": False,
            "tilted": False,
            "battery_low": False,
        },
    ),
    (
        "DF702",
        3,
        "800001011907d001cd03e942ef2720421900000000000000" + "81",
        {
            "distance_mm": 2000.0,
            "longitude": 116.5074234,
            "latitude": 40.0389977,
            "device_temperature": 25.0,
            "angle": 0.0,
            "full": False,
            "fire": False,
            "tilted": False,
            "battery_low": False,
        },
    ),
    ("DF702", 3, "80000103190104" + "18011e4b1e00000000000000000000000000" + "81", {}),
    (
        "DC410",
        3,
        "80000102110" + "6a4001601000000000100" + "81",
        {"distance_mm": 1700.0, "device_temperature": 22.0, "angle": 0.0, "full": False, "moved": False, "battery_low": False},
    ),
    (
        "DC500",
        3,
        "8000020115010101" + "00016f00000000000000010081",
        {"people_total": 257.0, "count_alarm": False, "battery_low": True, "battery": 3.67},
    ),
    ("TBHH100", 103, "08ab3522ffffffff", {"battery": 3.6, "temperature": 21.0, "humidity": 34.0}),
    ("TBSL100", 105, "000b3628", {"state": 0.0, "battery": 3.6, "device_temperature": 22.0, "level": 40.0}),
    (
        "TBWL100",
        106,
        "110b362836",
        {"water_leak": True, "battery": 3.6, "device_temperature": 22.0, "humidity": 40.0, "temperature": 22.0},
    ),
    (
        "TBMS100",
        102,
        "01bb340400dc7801",
        {"occupancy": True, "battery": 3.6, "device_temperature": 20.0, "state_minutes": 4.0, "motion_count": 96476.0},
    ),
    (
        "TBDW100",
        100,
        "00cb3500008a3a00",
        {"contact": True, "battery": 3.6, "device_temperature": 21.0, "state_minutes": 0.0, "open_count": 14986.0},
    ),
]

# Made to the table of the vendor's decoder in the same place, or of its user manual, where the example there is that of another device
MADE: list[Row] = [
    (
        "LDDS45",
        2,
        "0b4501f40000e701",
        {"battery": 2.885, "distance": 0.5, "interrupt": 0.0, "external_temperature": 23.1, "sensor_found": 1.0},
    ),
    (
        "S2120",
        1,
        "01ff9c37000012342000ff" + "02005a00000bb8277e" + "0364",
        {
            "temperature": -10.0,
            "humidity": 55.0,
            "illuminance": 4660.0,
            "uv_index": 3.2,
            "wind_speed": 25.5,
            "wind_direction": 90.0,
            "rain_rate": 3.0,
            "pressure": 1011.0,
            "battery_percent": 100.0,
        },
    ),
    ("S2105", 1, "01" + "0c10" + "f4010000" + "01" + "0610" + "18fcffff" + "0000", {"conductivity": 500.0, "temperature": -1.0}),
    ("SMC30", 1, "0009c413882774d2", {"temperature": 25.0, "humidity": 50.0, "pressure": 1010.0, "battery": 3.1}),
    ("SMC30", 3, "00", {}),
    (
        "Thermokon",
        1,
        "10ff9c" + "1137" + "120320" + "4103" + "85400bb8",
        {"temperature": -10.0, "humidity": 55.0, "co2": 800.0, "occupancy": True, "motion_count": 1.0, "battery": 3.0},
    ),
    (
        "DO201",
        3,
        "8000020117" + "00c8" + "10" + "00" + "016f" + "0010fff0ffff" + "e6" + "32" + "0001" + "0081",
        {
            "distance_mm": 200.0,
            "occupied": True,
            "level_alarm": False,
            "magnet_alarm": False,
            "battery_low": False,
            "battery": 3.67,
            "magnetic_x": 16.0,
            "magnetic_y": -16.0,
            "magnetic_z": -1.0,
            "device_temperature": -26.0,
            "device_humidity": 50.0,
        },
    ),
    ("MClimate-HT", 2, "01028a80f000" + "00", {"temperature": 25.0, "humidity": 50.0, "battery": 3.5}),
    ("MClimate-CO2", 2, "01" + "0320" + "028a" + "80" + "fa", {"co2": 800.0, "temperature": 25.0, "humidity": 50.0, "battery": 3.6}),
    ("MClimate-Flood", 2, "42d7", {"reason": "flood", "tamper": False, "water_leak": True, "battery": 3.44}),
    ("SN50v3-LB", 2, "0b5400fb000010" + "0102ffff", {"battery": 2.9, "external_temperature": 25.1, "adc_0": 0.0, "weight_g": -65278.0}),
    (
        "SN50v3-LB",
        2,
        "0b54" + "00fb" + "00fa" + "20" + "7fff" + "00000102" + "00000001",
        {
            "battery": 2.9,
            "external_temperature": 25.1,
            "external_temperature_2": 25.0,
            "contact": False,
            "pulse_total_1": 258.0,
            "pulse_total_2": 1.0,
        },
    ),
    (
        "SPH01-LB",
        2,
        "0d18" + "00fb" + "02bc" + "ff9c" + "000001",
        {"battery": 3.352, "external_temperature": 25.1, "ph": 7.0, "temperature": -10.0},
    ),
    (
        "LSNPK01",
        2,
        "0d18" + "00fb" + "0014" + "0015" + "0016" + "10",
        {"battery": 3.352, "external_temperature": 25.1, "nitrogen": 20.0, "phosphorus": 21.0, "potassium": 22.0},
    ),
    ("LWL03A", 2, "03" + "000102" + "00000a" + "61cd4edd", {"water_leak": True, "leak_count": 258.0, "last_leak_minutes": 10.0}),
    (
        "LMDS200",
        2,
        "0d18" + "00c8" + "012c" + "0a",
        {"battery": 3.352, "distance_1_cm": 200.0, "distance_2_cm": 300.0, "alarm_count": 2.0, "distance_alarm": True},
    ),
    (
        "DDS04-LB",
        2,
        "0d18" + "01f4" + "01f5" + "0000" + "01f7" + "01",
        {"battery": 3.352, "distance_1_mm": 500.0, "distance_2_mm": 501.0, "distance_4_mm": 503.0},
    ),
    ("CPL03-LB", 2, "01" + "000102" + "00000a" + "61cd4edd", {"contact": False, "pulse_total": 258.0, "last_open_minutes": 10.0}),
    ("CPL03-LB", 2, "08" + "000102" + "00000a" + "000001" + "00", {"pulse_total_1": 258.0, "pulse_total_2": 10.0, "pulse_total_3": 1.0}),
    ("TBAM100", 104, "130b36a0860100", {"battery": 3.6, "device_temperature": 22.0, "illuminance": 1000.0}),
    (
        "DDS75-LB",
        2,
        "0b45" + "00e7" + "01f4" + "01f5" + "0014" + "10",
        {"battery": 2.885, "external_temperature": 23.1, "distance_1_mm": 500.0, "distance_2_mm": 501.0},
    ),
    (
        "DDS75-LB",
        2,
        "0b4501f40000e701",
        {"battery": 2.885, "distance": 0.5, "interrupt": 0.0, "external_temperature": 23.1, "sensor_found": 1.0},
    ),
    ("LDDS45", 2, "0b450014007fff00", {"battery": 2.885, "interrupt": 0.0, "sensor_found": 0.0}),
    (
        "LDDS20",
        2,
        "0b45" + "00e6" + "00" + "ff9c" + "01",
        {"battery": 2.885, "level": 0.23, "interrupt": 0.0, "external_temperature": -10.0, "sensor_found": 1.0},
    ),
    (
        "LDS02",
        10,
        "8b88" + "01" + "000102" + "00000a" + "01",
        {"contact": False, "battery": 2.952, "open_count": 258.0, "last_open_minutes": 10.0, "alarm": True},
    ),
    (
        "LWL02",
        10,
        "4b88" + "02" + "000003" + "000010" + "00",
        {"water_leak": True, "battery": 2.952, "leak_count": 3.0, "last_leak_minutes": 16.0},
    ),
    ("LWL02", 10, "0b88" + "03" + "000000" + "000000" + "00", {"water_leak": False, "contact": True, "battery": 2.952, "alarm": False}),
    (
        "LSN50v2",
        2,
        "0b54" + "7fff" + "0000" + "84" + "0bb8" + "ffff",
        {"battery": 2.9, "adc_0": 0.0, "contact": True, "distance": 3.0},
    ),
    (
        "LSN50v2",
        2,
        "0b54" + "00fb" + "0000" + "00" + "0190" + "0000",
        {"battery": 2.9, "external_temperature": 25.1, "adc_0": 0.0, "contact": False, "illuminance": 400.0},
    ),
    (
        "LSN50v2",
        2,
        "0b54" + "00fb" + "0000" + "15" + "00000102",
        {"battery": 2.9, "external_temperature": 25.1, "adc_0": 0.0, "pulse_total": 258.0},
    ),
    ("PS-LB", 2, "0cf6" + "000a" + "2ee0" + "0102" + "00", {"battery": 3.318, "depth": 5.0, "loop_current": 12.0, "loop_voltage": 0.258}),
    ("PS-LB", 2, "0cf6" + "000a" + "0000" + "0102" + "00", {"battery": 3.318, "depth": 0.0, "loop_current": 0.0, "loop_voltage": 0.258}),
    (
        "PS-LB",
        2,
        "0cf6" + "0103" + "2ee0" + "0102" + "00",
        {"battery": 3.318, "water_pressure_kpa": 800.0, "loop_current": 12.0, "loop_voltage": 0.258},
    ),
    (
        "PS-LB",
        2,
        "0cf6" + "010c" + "2ee0" + "0102" + "00",
        {"battery": 3.318, "water_pressure_kpa": 50.0, "loop_current": 12.0, "loop_voltage": 0.258},
    ),
    ("PS-LB", 2, "0cf6" + "0109" + "2ee0" + "0102" + "00", {"battery": 3.318, "loop_current": 12.0, "loop_voltage": 0.258}),
    (
        "SE01-LB",
        2,
        "0d1801010e7409c4003200",
        {"battery": 3.352, "external_temperature": 25.7, "moisture": 37.0, "temperature": 25.0, "conductivity": 50.0},
    ),
    (
        "AQS01-L",
        2,
        "0cf6" + "0101" + "01f4" + "2774" + "0320" + "00",
        {"battery": 3.318, "temperature": 25.7, "humidity": 50.0, "pressure": 1010.0, "co2": 800.0},
    ),
    (
        "WSC1-L",
        2,
        "00020031" + "0103001f02" + "0203038402" + "0602ff3f" + "0802277e" + "0a020019" + "0b020100" + "0502028a",
        {
            "battery": 4.9,
            "wind_speed": 3.1,
            "wind_force": 2.0,
            "wind_direction": 90.0,
            "temperature": -19.3,
            "pressure": 1011.0,
            "pm2_5": 25.0,
            "pm10": 256.0,
            "co2": 650.0,
        },
    ),
]


@pytest.mark.parametrize(("codec", "port", "payload", "expected"), [*CONVERTERS, *LORAWAN_DEVICES, *MADE])
def test_payloads_give_the_values_of_the_documents(codec: str, port: int, payload: str, expected: dict[str, Any]) -> None:
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


# What a device kept, each with the time it was taken at: the examples in the same place, or made to the table there.
KEPT: list[tuple[str, int, str, list[tuple[int, dict[str, Any]]]]] = [
    (
        "RS26x",
        1,
        "00c0001480" + "01687e48b60519" + "01687e496afe80",
        [(1753106614, {"temperature": 5.09765625}), (1753106794, {"temperature": -1.5})],
    ),
    (
        "LHT52",
        3,
        "08cd02207fff0161cd4edd" + "ff9c022000640161cd4f19",
        [
            (1640845021, {"temperature": 22.53, "humidity": 54.4}),
            (1640845081, {"temperature": -1.0, "humidity": 54.4, "external_temperature": 1.0}),
        ],
    ),
    (
        "LHT65N",
        2,
        "7fff0898014641" + "60065f97" + "0ad7ff9c014641" + "60065fd3",
        [
            (1611030423, {"temperature": 22.0, "humidity": 32.6}),
            (1611030483, {"temperature": -1.0, "humidity": 32.6, "external_temperature": 27.75}),
        ],
    ),
    ("LHT65N", 2, "00050898014645" + "60065f97", [(1611030423, {"temperature": 22.0, "humidity": 32.6})]),
    ("LWL03A", 3, "0100010200000a" + "61cd4edd", [(1640845021, {"water_leak": True, "leak_count": 258.0, "last_leak_minutes": 10.0})]),
    ("DDS20-LB", 3, "0b4500e600e70061cd4edd", [(1640845021, {"battery": 2.885, "level": 0.23, "external_temperature": 23.1})]),
    ("LDDS45", 3, "0b4501f400e70061cd4edd", [(1640845021, {"battery": 2.885, "distance": 0.5, "external_temperature": 23.1})]),
    ("AQS01-L", 3, "032001f400fb0061cd4edd", [(1640845021, {"co2": 800.0, "humidity": 50.0, "temperature": 25.1})]),
]


@pytest.mark.parametrize(("codec", "port", "payload", "expected"), KEPT)
def test_what_was_kept_is_apart_each_with_its_time(codec: str, port: int, payload: str, expected: list[tuple[int, dict[str, Any]]]) -> None:
    kept = [entry for entry in entries(codec, payload, port) if entry.time_ns is not None]
    assert [(entry.time_ns, flat(entry)) for entry in kept] == [(seconds * 1_000_000_000, pytest.approx(one)) for seconds, one in expected]


def test_an_iotracker_tells_sensors_and_then_its_position() -> None:
    position = "01" + "0c8b9500" + "3f192780" + "00fa" + "0305" + "0032" + "0708" + "0a" + "09"
    out = load("ioTracker").decode(bytes.fromhex("1800f9" + "81" + "06" + "0afe" + "1388" + "018b66" + position), 1)
    assert not out.refusals.listed()
    assert out.fields["air"]["temperature"] == 28.14
    assert out.fields["air"]["humidity"] == 50.0
    assert out.fields["air"]["pressure"] == pytest.approx(1012.22)
    assert out.fields["gnss"] == pytest.approx(
        {
            "latitude": 21.047424,
            "longitude": 105.861312,
            "altitude": 25.0,
            "horizontal_error": 3.0,
            "vertical_error": 5.0,
            "sog": 5.0,
            "course": 180.0,
            "hdop": 1.0,
            "satellites_used": 9.0,
        }
    )


def test_a_list_of_access_points_ends_the_reading_and_what_came_before_stays() -> None:
    out = load("ioTracker").decode(bytes.fromhex("1000f9" + "11" + "0afe" + "21aabbccddeeffc4"), 1)
    assert out.fields["air"]["temperature"] == 28.14
    assert [one.reason for one in out.refusals.listed()] == ["group 4: its length is not known; the 8 bytes from there are left out"]


def test_a_meter_reader_tells_the_meter_and_refuses_values_behind_obis_codes() -> None:
    out = load("iOKE868").decode(
        bytes.fromhex("1003B000E4B26846FFF7DAFE200005B030BDC04663"), 5
    )  # the sample of the converter, as broken as it is
    assert out.fields == {"meter": {"meter": "b000e4"}}
    assert [one.reason for one in out.refusals.listed()] == [
        "item b268 at byte 5: unknown to the codec; the 16 bytes from there are left out"
    ]


def test_an_answer_of_ltc2_to_a_question_for_its_history_is_refused_and_not_read_as_new() -> None:
    out = load("LTC2").decode(bytes.fromhex("0e5541086208676" + "0e43cc6"), 2)
    assert out.fields == {}
    assert [one.reason for one in out.refusals.listed()] == ["byte 2 65: the codec has no layout for it"]
