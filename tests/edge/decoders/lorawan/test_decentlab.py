"""Decentlab's devices against published samples: thingsboard/data-converters, VENDORS/Decentlab/<model>/LORIOT/uplink; for DL-LPW
vendor/decentlab of the LoRaWAN device repository. Values are in the catalogue's units (hPa, m).
"""

from typing import Any

import pytest

from tests.edge.decoders.lorawan.reading import fields

SAMPLES: list[tuple[str, str, dict[str, Any]]] = [
    ("DL-ATM41", "02035a0003800a8000800080008009812b8014810880b4a57c820c810980027fe88056800880040bf5", {
        "solar_radiation": 10.0, "rainfall": 0.0, "lightning_count": 0.0, "lightning_distance": 0.0, "wind_speed": 0.09,
        "wind_direction": 29.9,
        "wind_gust": 0.2, "temperature": 26.4, "vapour_pressure": 18.0, "pressure": 959.6, "humidity": 52.4, "sensor_temperature": 26.5,
        "tilt_x": 0.2, "tilt_y": -2.4, "compass_heading": 86.0, "wind_north": 0.08, "wind_east": 0.04, "battery": 3.061,
    }),
    ("DL-BLG", "0230c50003a40c00810c60", {
        "voltage_ratio": 0.006409406661987305, "thermistor_resistance": 115020.68221552655, "globe_temperature": 22.028848392450755,
        "battery": 3.168,
    }),
    ("DL-DLR2-003", "02199b000300010c8d", {"input": 1.0, "battery": 3.213}),
    ("DL-DLR2-004", "0208b200038bb80c60", {"current": 13.73291015625, "battery": 3.168}),
    ("DL-DLR2-008", "0207df000317de008d0c60", {"temperature": 20.031064968287208, "battery": 3.168}),
    ("DL-DLR2-012", "0217830003162e00870c33", {"strain": 1713.0065082323433, "battery": 3.123}),
    ("DL-DS18", "02023d0003815e0c15", {"temperature": 21.875, "battery": 3.093}),
    ("DL-IAM", "020bbd007f0b926a515d48bc4e0262006981c7000093d4000b0111", {
        "battery": 2.962, "temperature": 27.67833981841764, "humidity": 36.438544289311054, "pressure": 964.12,
        "light_visible_infrared": 610.0,
        "light_infrared": 105.0, "illuminance": 678.76512, "co2": 455.0, "co2_sensor_status": 0.0, "co2_raw": 37844.0,
        "activity_count": 11.0,
        "tvoc": 273.0,
    }),
    ("DL-ISD", "0256e100030b520c52", {"stem_size_mm": 2.898, "battery": 3.154}),
    ("DL-ISF", "023d0100030c290bab0c3e79707a1d78437991490845997e4cacdeaa6e00000000457e415a0b59", {
        "sap_flow": -0.192, "heat_velocity_outer": -2.208, "heat_velocity_inner": 0.144, "alpha_outer": -0.05184, "alpha_inner": 0.00352,
        "beta_outer": -0.14816, "beta_inner": -0.04128, "tmax_outer": 37.392, "tmax_inner": 35.634, "temperature_outer": -4.36,
        "max_voltage": 11.486, "min_voltage": 10.862, "diagnostic": 0.0, "upstream_tmax_outer": 35.58, "upstream_tmax_inner": 33.46,
        "battery": 2.905,
    }),
    ("DL-LID", "0211c90003119b117611bc119e118a119411a811a81194006401990abd", {
        "distance": 4.507, "distance_minimum_mm": 4470.0, "distance_maximum_mm": 4540.0, "distance_median_mm": 4510.0,
        "distance_percentile_10_mm": 4490.0, "distance_percentile_25_mm": 4500.0, "distance_percentile_75_mm": 4520.0,
        "distance_percentile_90_mm": 4520.0, "distance_most_frequent_mm": 4500.0, "samples": 100.0, "acquisition_time": 399.4140625,
        "battery": 2.749,
    }),
    ("DL-LP8P", "020578000f67bd618d1cedbd1081d981f4895b0bd80bb50000959895390c25", {
        "temperature": 24.35660461425781, "humidity": 41.63221740722656, "barometer_temperature": 24.05, "pressure": 968.0, "co2": 473.0,
        "co2_filtered": 500.0, "co2_sensor_temperature": 23.95, "capacitor_voltage_1": 3.032, "capacitor_voltage_2": 2.997,
        "co2_sensor_status": 0.0, "co2_raw": 38296.0, "co2_raw_filtered": 38201.0, "battery": 3.109,
    }),
    ("DL-LPW", "0211110003409a00860c54", {"position_percent": 4.884648323059082, "battery": 3.156}),
    ("DL-NTU", "022332000300008885013e013e02330b10", {
        "status": 0.0, "water_temperature": 21.81, "turbidity": 31.8, "turbidity_fnu": 31.8, "turbidity_mg_l": 56.3, "battery": 2.832,
    }),
    ("DL-OPTOD", "02186c000300008862a618836583650c60", {
        "status": 0.0, "water_temperature": 21.46, "oxygen_saturation": 97.52, "dissolved_oxygen": 8.69, "dissolved_oxygen_ppm": 8.69,
        "battery": 3.168,
    }),
    ("DL-PHEHT", "0252b800030000884282c77f637ff60c5c", {
        "status": 0.0, "water_temperature": 21.14, "ph": 7.11, "redox": -15.7, "ph_mv": -1.0, "battery": 3.164,
    }),
    ("DL-PM", "021b50000f0c25002500270027002701f50107012c012d012d012d67bd618dbd10", {
        "battery": 3.109, "pm1": 3.7, "pm2_5": 3.9, "pm4": 3.9, "pm10": 3.9, "typical_particle_size": 0.501, "n0_5": 26.3, "n1": 30.0,
        "n2_5": 30.1, "n4": 30.1, "n10": 30.1, "temperature": 24.35660461425781, "humidity": 41.63221740722656, "pressure": 968.0,
    }),
    ("DL-PR21", "02016700034e8060170c7f", {"hydrostatic_pressure": 246.09375, "water_temperature": 25.671875, "battery": 3.199}),
    ("DL-PR26", "02016700033e8060170c7f", {"hydrostatic_pressure": -11.71875, "water_temperature": 25.671875, "battery": 3.199}),
    ("DL-PR36", "02032b0003806797810c2b", {"hydrostatic_pressure": 12.5732421875, "water_temperature": 23.50390625, "battery": 3.115}),
    ("DL-RHC", "0202e00003a9fd01341ca285f30c60", {"sensor_id": 20228605.0, "humidity": 73.3, "temperature": 15.23, "battery": 3.168}),
    ("DL-SMTP", "020b50000309018a8c09438a9809278a920b3c8aa50c9c8a8c11e08aa500000000000000000b3b", {  # 2 of the 8 depths have no sensor
        "moisture_0": -0.39, "temperature_0": 27.0, "moisture_1": -0.258, "temperature_1": 27.12, "moisture_2": -0.314,
        "temperature_2": 27.06,
        "moisture_3": 0.752, "temperature_3": 27.25, "moisture_4": 1.456, "temperature_4": 27.0, "moisture_5": 4.152,
        "temperature_5": 27.25,
        "battery": 2.875,
    }),
    ("DL-TBRG", "0202f8000300040258409a00000c54", {"rainfall": 0.4, "interval": 600.0, "rain_total": 1653.8, "battery": 3.156}),
    ("DL-TRS11", "0210d50003463f810b0c79", {
        "dielectric_permittivity": 1.0259018697121183, "moisture": 0.196057, "temperature": 26.7, "battery": 3.193,
    }),
    ("DL-TRS21", "0201920003007580a10c25", {"water_potential": -11.7, "temperature": 16.1, "battery": 3.109}),
    ("DL-ZN2", "0211110003409a00863039003e0c54", {
        "dendrometer_a_position": 976.9296646118164, "dendrometer_b_position": 11259.996891021729, "battery": 3.156,
    }),
]  # fmt: skip


@pytest.mark.parametrize(("model", "payload", "expected"), SAMPLES)
def test_a_published_sample_gives_what_is_published_with_it(model: str, payload: str, expected: dict[str, Any]) -> None:
    assert fields(model, payload) == pytest.approx(expected, rel=1e-9)
