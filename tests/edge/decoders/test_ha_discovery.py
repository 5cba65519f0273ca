"""Home Assistant discovery and ESPHome: what a device says of itself decides names, units and series."""

import gc
import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.decoders import esphome
from edge.decoders.decoder import Decoded
from edge.decoders.ha_discovery import recognise
from edge.decoders.ha_discovery.entities import MAX_ENTITIES
from edge.decoders.table import build_decoder
from telemetry.errors import RejectedError
from telemetry.point import Reading
from tests.edge.decoders.contract import check
from tests.edge.decoders.ha_told import fresh, tell, told_sensor, values

_BMP180 = {
    "unit_of_measurement": "hPa",
    "name": "BMP180 Pressure",
    "state_topic": "nodemcu/bmp180_pres",
    "availability_topic": "nodemcu/status",
    "expire_after": 675,
    "device": {"identifiers": "5ccf7fdc3c1d", "name": "nodemcu"},
}


def test_a_discovered_sensor_has_its_name_unit_and_device() -> None:
    decoder = fresh()
    assert tell(decoder, "sensor/nodemcu/bmp180_pressure", _BMP180).is_understood
    assert decoder.decode("nodemcu/bmp180_pres", b"1009.3").readings == [
        Reading("air", {"device": "nodemcu", "sensor": "bmp180_pressure"}, {"pressure": 1009.3})
    ]


@pytest.mark.parametrize(
    ("config", "payload", "field", "value"),
    [
        ({"device_class": "temperature", "unit_of_measurement": "°F"}, "77", "air.temperature", 25.0),
        ({"device_class": "power", "unit_of_measurement": "kW"}, "1.5", "power.active_power", 1500.0),
        ({"device_class": "energy", "unit_of_measurement": "kWh"}, "3.2", "power.energy", 3200.0),
        ({"device_class": "pressure", "unit_of_measurement": "inHg"}, "29.92", "air.pressure", pytest.approx(1013.2075, abs=1e-3)),
        ({"device_class": "pm25", "unit_of_measurement": "µg/m³"}, "8", "air.pm2_5", 8.0),
        ({"device_class": "power_factor", "unit_of_measurement": "%"}, "95", "power.power_factor", 0.95),
        ({"device_class": "power_factor"}, "0.95", "power.power_factor", 0.95),
        ({"device_class": "battery", "unit_of_measurement": "%"}, "95", "device.battery_percent", 95.0),
        ({"device_class": "signal_strength", "unit_of_measurement": "dBm"}, "-61", "device.rssi", -61.0),
        ({"device_class": "carbon_monoxide", "unit_of_measurement": "ppm"}, "2", "air.co", pytest.approx(2289.8, abs=0.1)),
        ({"device_class": "voltage", "unit_of_measurement": "mV", "entity_category": "diagnostic"}, "3000", "device.battery", 3.0),
        ({"device_class": "voltage", "unit_of_measurement": "V"}, "230", "power.voltage", 230.0),
        ({"unit_of_measurement": "lx"}, "410", "weather.illuminance", 410.0),
        ({"unit_of_measurement": "m³"}, "4139.079", "reading.s1", 4139.079),
        ({"state_class": "measurement"}, "7", "reading.s1", 7.0),
    ],
)
def test_class_and_unit_decide_field_and_value(config: dict[str, object], payload: str, field: str, value: float) -> None:
    assert values(told_sensor(**config), payload) == {field: value}


# Each device class that the catalogue knows, in the units that Home Assistant allows for it (homeassistant/components/sensor/const.py); the
# expected numbers are those of its own unit converters' definitions.
@pytest.mark.parametrize(
    ("device_class", "field", "stored"),
    [
        ("apparent_power", "power.apparent_power", {"mVA": 0.001, "VA": 1.0, "kVA": 1000.0}),
        ("reactive_power", "power.reactive_power", {"mvar": 0.001, "var": 1.0, "kvar": 1000.0, "VAr": 1.0}),
        ("reactive_energy", "power.reactive_energy", {"varh": 1.0, "kvarh": 1000.0}),
        ("power", "power.active_power", {"mW": 0.001, "W": 1.0, "kW": 1e3, "MW": 1e6, "GW": 1e9, "TW": 1e12, "BTU/h": 0.293071}),
        ("energy", "power.energy", {"J": 1 / 3600, "kJ": 1 / 3.6, "MJ": 1e3 / 3.6, "GJ": 1e6 / 3.6, "mWh": 1e-3, "Wh": 1.0, "kWh": 1e3}),
        ("energy", "power.energy", {"MWh": 1e6, "GWh": 1e9, "TWh": 1e12, "cal": 1.1622222e-3, "kcal": 1.1622222, "Mcal": 1162.2222}),
        ("energy", "power.energy", {"Gcal": 1162222.2}),
        ("current", "power.current", {"A": 1.0, "mA": 0.001, "µA": 1e-6}),
        ("voltage", "power.voltage", {"V": 1.0, "mV": 0.001, "μV": 1e-6, "µV": 1e-6, "kV": 1e3, "MV": 1e6}),
        ("frequency", "power.frequency", {"mHz": 1e-3, "Hz": 1.0, "kHz": 1e3, "MHz": 1e6, "GHz": 1e9}),
        ("atmospheric_pressure", "air.pressure", {"Pa": 0.01, "hPa": 1.0, "kPa": 10.0, "bar": 1e3, "cbar": 10.0, "mbar": 1.0}),
        ("atmospheric_pressure", "air.pressure", {"mmHg": 1.333224, "inHg": 33.86389, "psi": 68.94757, "inH₂O": 2.490889}),
        ("temperature", "air.temperature", {"°C": 1.0, "°F": -155 / 9, "K": -272.15}),
        ("illuminance", "weather.illuminance", {"lx": 1.0, "lux": 1.0}),
        ("irradiance", "weather.solar_radiation", {"W/m²": 1.0, "BTU/(h⋅ft²)": 3.154591}),
        ("wind_speed", "weather.wind_speed", {"m/s": 1.0, "km/h": 1 / 3.6, "kn": 0.5144444, "mph": 0.44704, "ft/s": 0.3048}),
        ("wind_speed", "weather.wind_speed", {"mm/s": 0.001, "in/s": 0.0254, "m/min": 1 / 60}),
        ("wind_direction", "weather.wind_direction", {"°": 1.0}),
        ("precipitation", "weather.rainfall", {"mm": 1.0, "cm": 10.0, "in": 25.4}),
        ("precipitation_intensity", "weather.rain_rate", {"mm/h": 1.0, "mm/d": 1 / 24, "in/h": 25.4, "in/d": 25.4 / 24}),
        ("distance", "water_level.distance", {"mm": 1e-3, "cm": 0.01, "m": 1.0, "km": 1e3, "in": 0.0254, "ft": 0.3048, "yd": 0.9144}),
        ("distance", "water_level.distance", {"mi": 1609.344, "nmi": 1852.0}),
        ("conductivity", "soil.conductivity", {"S/cm": 1e6, "mS/cm": 1e3, "µS/cm": 1.0, "μS/cm": 1.0}),
        ("moisture", "soil.moisture", {"%": 1.0}),
        ("carbon_dioxide", "air.co2", {"ppm": 1.0}),
        ("carbon_monoxide", "air.co", {"ppm": 1144.9, "ppb": 1.1449, "mg/m³": 1e3, "µg/m³": 1.0}),
        ("nitrogen_dioxide", "air.no2", {"ppb": 1.88048, "µg/m³": 1.0, "μg/m³": 1.0}),
        ("ozone", "air.o3", {"ppm": 1961.905, "µg/m³": 1.0}),
        ("pm25", "air.pm2_5", {"µg/m³": 1.0, "μg/m³": 1.0}),
        ("volatile_organic_compounds_parts", "air.tvoc", {"ppb": 1.0, "ppm": 1e3}),
        ("sound_pressure", "noise.laeq", {"dBA": 1.0}),
        ("water", "water_flow.volume", {"m³": 1.0, "L": 1e-3, "gal": 3.785412e-3, "ft³": 0.02831685, "CCF": 2.831685, "MCF": 28.31685}),
        (
            "volume_flow_rate",
            "water_flow.flow",
            {"m³/s": 1.0, "m³/h": 1 / 3600, "m³/min": 1 / 60, "L/min": 1 / 6e4, "L/h": 1 / 3.6e6, "L/s": 1e-3},
        ),
        ("volume_flow_rate", "water_flow.flow", {"mL/s": 1e-6, "ft³/min": 4.719474e-4, "gal/min": 6.309020e-5, "gal/h": 1.051503e-6}),
        ("ph", "water_quality.ph", {"": 1.0}),
        ("signal_strength", "device.rssi", {"dBm": 1.0}),
    ],
)
def test_every_unit_of_a_device_class_is_converted(device_class: str, field: str, stored: dict[str, float]) -> None:
    for unit, value in stored.items():
        decoder = told_sensor(device_class=device_class, unit_of_measurement=unit)
        assert values(decoder, "1") == {field: pytest.approx(value, rel=2e-5)}, unit


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"unit_of_measurement": "UV index"}, "weather.uv_index"),
        ({"unit_of_measurement": "dBA"}, "noise.laeq"),
        ({"device_class": "pressure", "unit_of_measurement": "bar"}, "reading.s1"),
        ({"device_class": "temperature_delta", "unit_of_measurement": "°C"}, "reading.s1"),
        ({"device_class": "signal_strength", "unit_of_measurement": "dB"}, "reading.s1"),
        ({"device_class": "weight", "unit_of_measurement": "kg"}, "reading.s1"),
        ({"device_class": "speed", "unit_of_measurement": "km/h"}, "reading.s1"),
    ],
)
def test_what_may_be_mistaken_for_another_quantity_is_not(config: dict[str, object], field: str) -> None:
    assert values(told_sensor(**config), "1.5") == {field: 1.5}


# As rtl_433_mqtt_hass.py (github.com/merbanan/rtl_433, examples) maps what it receives: no class, or one that Home Assistant does not have.
@pytest.mark.parametrize(
    ("key", "suffix", "config", "payload", "field", "value"),
    [
        (
            "wind_avg_m_s",
            "WS",
            {"unit_of_measurement": "km/h", "value_template": "{{ (float(value|float) * 3.6) | round(2) }}"},
            "2",
            "wind_speed",
            2.0,
        ),
        ("wind_avg_mi_h", "WS", {"device_class": "weather", "unit_of_measurement": "mi/h"}, "10", "wind_speed", 4.4704),
        ("wind_max_m_s", "GS", {"unit_of_measurement": "km/h"}, "36", "wind_gust", 10.0),
        ("gust_speed_km_h", "GS", {"device_class": "wind_speed", "unit_of_measurement": "km/h"}, "36", "wind_gust", 10.0),
        ("wind_dir_deg", "WD", {"unit_of_measurement": "°"}, "182", "wind_direction", 182.0),
        ("rain_mm", "RT", {"unit_of_measurement": "mm", "state_class": "total_increasing"}, "12.5", "rain_total", 12.5),
        (
            "rain_in",
            "RT",
            {"unit_of_measurement": "mm", "value_template": "{{ (float(value|float) * 25.4) | round(2) }}"},
            "1",
            "rainfall",
            25.4,
        ),
        ("rain_mm_h", "RR", {"unit_of_measurement": "mm/h"}, "3", "rain_rate", 3.0),
        (
            "light_lux",
            "lux",
            {"device_class": "weather", "unit_of_measurement": "lux", "value_template": "{{ value|int }}"},
            "300",
            "illuminance",
            300.0,
        ),
        ("uv", "uv", {"device_class": "weather", "unit_of_measurement": "UV Index"}, "3", "uv_index", 3.0),
    ],
)
def test_what_has_no_class_is_known_by_unit_and_name(
    key: str, suffix: str, config: dict[str, object], payload: str, field: str, value: float
) -> None:
    decoder = fresh()
    topic = f"rtl_433/P1/ID7/{key}"
    assert not tell(decoder, f"sensor/ID7/ID7-{suffix}", {"state_topic": topic, "state_class": "measurement", **config}).refusals
    assert values(decoder, payload, topic) == {f"weather.{field}": pytest.approx(value)}


@pytest.mark.parametrize(
    ("name", "unit"), [("drain_level", "mm"), ("window_angle", "°"), ("terrain", "in"), ("winding_speed", "m/s"), ("conveyor", "m/s")]
)
def test_a_part_of_a_word_says_nothing(name: str, unit: str) -> None:
    decoder = fresh()
    tell(decoder, f"sensor/box/{name}", {"state_topic": f"box/{name}", "unit_of_measurement": unit})
    assert values(decoder, "1.5", f"box/{name}") == {f"reading.{name}": 1.5}


def test_a_soils_moisture_is_not_the_airs_humidity() -> None:
    decoder = fresh()
    tell(decoder, "sensor/ID7/ID7-H", {"state_topic": "r/moisture", "device_class": "humidity", "unit_of_measurement": "%"})
    assert values(decoder, "44", "r/moisture") == {"soil.moisture": 44.0}
    tell(decoder, "sensor/ID7/ID7-D", {"state_topic": "r/depth_cm", "unit_of_measurement": "cm"})
    assert values(decoder, "44", "r/depth_cm") == {"water_level.depth": 0.44}


def test_a_discovery_of_openmqttgateway_is_read() -> None:  # as its documentation shows it, with the unit as it came there
    decoder = fresh()
    device = {"name": "A4C138C38EE5", "model": "LYWSD03MMC", "manufacturer": "OMG_community", "identifiers": ["A4C138C38EE5"]}
    topic = "home/OpenMQTTGateway_ESP32_BLE/BTtoMQTT/A4C138C38EE5"
    for name, more in {
        "tempc": {"dev_cla": "temperature", "unit_of_meas": "\u00c2\u00b0C"},
        "hum": {"dev_cla": "humidity", "unit_of_meas": "%"},
        "batt": {"dev_cla": "battery", "unit_of_meas": "%"},
    }.items():
        config = {"stat_t": topic, "name": f"LYWSD03MMC-{name}", "val_tpl": f"{{{{ value_json.{name} | is_defined }}}}", **more}
        assert not tell(decoder, f"sensor/A4C138C38EE5-LYWSD03MMC-{name}", {**config, "device": device}).refusals
    state = '{"id":"A4:C1:38:C3:8E:E5","name":"LYWSD03MMC","rssi":-76,"model":"LYWSD03MMC","tempc":21.5,"tempf":70.7,"hum":44.1,"batt":88}'
    assert values(decoder, state, topic) == {"air.temperature": 21.5, "air.humidity": 44.1, "device.battery_percent": 88.0}
    assert decoder.decode(topic, b'{"id":"A4:C1:38:C3:8E:E5","rssi":-80}') == Decoded([], (), is_understood=True)


def test_a_discovery_of_go_iotdevice_is_read() -> None:  # as its documentation shows it
    decoder = fresh()
    config = {
        "uniq_id": "my-device-ai1", "name": "my-device inputA", "avty_mode": "all", "stat_t": "go-iotdevice/real/my-device/AI1",
        "avty": [{"t": "go-iotdevice/avail/go-iotdevice"}, {"t": "go-iotdevice/avail/my-device"}],
        "val_tpl": "{{ value_json.NumVal }}", "unit_of_meas": "V",
    }  # fmt: skip
    assert not tell(decoder, "sensor/go-iotdevice/my-device-ai1", config).refusals
    assert values(decoder, '{"NumVal": 3.25}', "go-iotdevice/real/my-device/AI1") == {"power.voltage": 3.25}
    assert len(decoder.decode("go-iotdevice/avail/my-device", b"offline").missed) == 1


def test_what_a_thermostat_measures_is_read_and_what_it_is_told_is_not() -> None:
    decoder = fresh()
    config = {"~": "t/1", "curr_temp_t": "~/now", "curr_temp_tpl": "{{ value_json.t }}", "curr_hum_t": "~/now", "temp_unit": "F"}
    config |= {"curr_hum_tpl": "{{ value_json.h }}", "temp_stat_t": "~/set", "dev": {"name": "Hall"}, "modes": ["off", "heat"]}
    assert not tell(decoder, "climate/hall/room", config).refusals
    assert values(decoder, '{"t": 68, "h": 44}', "t/1/now") == {"air.temperature": 20.0, "air.humidity": 44.0}
    with pytest.raises(RejectedError, match="no discovery"):
        decoder.decode("t/1/set", b"21")
    assert tell(decoder, "climate/hall/room", b"").is_understood
    with pytest.raises(RejectedError, match="no discovery"):
        decoder.decode("t/1/now", b'{"t": 68}')


def test_an_uptime_is_seconds() -> None:
    decoder = fresh()
    tell(decoder, "sensor/box/uptime", {"state_topic": "u", "device_class": "duration", "unit_of_measurement": "d"})
    assert values(decoder, "2", "u") == {"device.uptime_s": 172_800.0}


def test_every_abbreviation_reads_like_the_whole_word() -> None:
    decoder = fresh()
    config = {"~": "ems-esp", "stat_t": "~/boiler", "val_tpl": "{{value_json.t}}", "dev_cla": "temperature", "unit_of_meas": "°C"}
    config |= {"dev": {"ids": ["ems-esp-boiler"]}, "avty_t": "~/status", "pl_not_avail": "gone", "uniq_id": "x"}
    assert not tell(decoder, "sensor/ems-esp/dhw", config).refusals
    assert decoder.decode("ems-esp/boiler", b'{"t": 55}').readings == [
        Reading("air", {"device": "ems-esp-boiler", "sensor": "dhw"}, {"temperature": 55.0})
    ]
    assert len(decoder.decode("ems-esp/status", b"gone").missed) == 1


def test_a_device_may_describe_all_its_entities_at_once() -> None:
    decoder = fresh()
    parts = {
        "t": {"p": "sensor", "dev_cla": "temperature", "unit_of_meas": "°C", "val_tpl": "{{ value_json.t }}"},
        "h": {"p": "sensor", "dev_cla": "humidity", "unit_of_meas": "%", "val_tpl": "{{ value_json.h }}"},
        "b": {"p": "button", "cmd_t": "box/b"},
    }
    tell(decoder, "device/abc", {"dev": {"ids": "abc", "name": "Box"}, "o": {"name": "x"}, "stat_t": "box/state", "cmps": parts})
    assert values(decoder, '{"t": 21, "h": 40}', "box/state") == {"air.temperature": 21.0, "air.humidity": 40.0}


def test_two_temperatures_of_one_device_are_two_series_in_any_order() -> None:
    configs = [
        (f"sensor/box/{name}", {"stat_t": f"box/{name}", "dev_cla": "temperature", "dev": {"name": "Box"}}) for name in ("in", "out")
    ]

    def tags(order: list[tuple[str, dict[str, object]]]) -> list[dict[str, str]]:
        decoder = fresh()
        for what, config in order:
            tell(decoder, what, config)
        return [dict(decoder.decode(f"box/{name}", b"20").readings[0].tags) for name in ("in", "out")]

    assert tags(configs) == tags(configs[::-1]) == [{"device": "Box", "sensor": "in"}, {"device": "Box", "sensor": "out"}]


def test_two_entities_that_would_share_a_field_are_refused_by_name() -> None:
    decoder = fresh()
    config = {"stat_t": "box/a", "dev_cla": "temperature", "dev": {"name": "Box", "ids": "1"}}
    assert not tell(decoder, "sensor/one/t", config).refusals
    (refusal,) = tell(decoder, "sensor/two/t", {**config, "stat_t": "box/b"}).refusals
    assert "homeassistant/sensor/one/t/config" in refusal.reason


def test_two_devices_of_one_name_are_told_apart() -> None:
    decoder = fresh()
    for number in (1, 2):
        config = {"stat_t": f"box{number}/t", "dev_cla": "temperature", "dev": {"name": "Box", "ids": f"id{number}"}}
        assert not tell(decoder, f"sensor/b{number}/t", config).refusals
    assert [decoder.decode(f"box{number}/t", b"20").readings[0].tags["device"] for number in (1, 2)] == ["Box", "Box id2"]


@pytest.mark.parametrize(
    ("config", "payload", "field", "value"),
    [
        ({"device_class": "motion"}, "ON", "state.occupancy", True),
        ({"device_class": "moisture", "payload_on": "wet", "payload_off": "dry"}, "dry", "state.water_leak", False),
        ({"device_class": "door"}, "ON", "state.contact", False),
        ({"device_class": "door"}, "OFF", "state.contact", True),
        ({"pl_on": True, "pl_off": False, "val_tpl": "{{ value_json.x }}"}, '{"x": true}', "reading.s1", True),
    ],
)
def test_what_is_on_or_off_is_true_or_false(config: dict[str, object], payload: str, field: str, value: object) -> None:
    decoder = fresh()
    tell(decoder, "binary_sensor/box/s1", {"state_topic": "box/s1", **config})
    assert values(decoder, payload) == {field: value}


@pytest.mark.parametrize(
    ("mode", "words", "offline_count"),
    [
        ("all", ["a online", "b online", "a offline", "b offline"], [0, 0, 1, 0]),
        ("all", ["a offline", "b online", "a online", "b offline"], [1, 0, 0, 1]),
        ("all", ["a offline", "b online", "a offline", "b offline", "a online", "b online", "b offline"], [1, 0, 0, 0, 0, 0, 1]),
        ("any", ["a online", "a offline", "b offline", "b online", "a online", "b offline"], [0, 1, 0, 0, 0, 0]),
        ("any", ["b online", "a offline", "b offline"], [0, 0, 1]),
        ("latest", ["a online", "b offline", "a online", "b offline"], [0, 1, 0, 1]),
        (None, ["a online", "b offline", "a offline"], [0, 1, 0]),
        (7, ["a gibberish", "a online", "a ", "a offline"], [0, 0, 0, 1]),
    ],
)
def test_availability_topics_go_together_as_their_mode_says(mode: object, words: list[str], offline_count: list[int]) -> None:
    decoder = fresh()
    config = {"stat_t": "box/s1", "dev": {"name": "Box"}, "avty_mode": mode, "~": "box"}
    tell(decoder, "sensor/box/s1", config | {"avty": [{"t": "~/a"}, {"topic": "~/b", "val_tpl": "{{ value_json.state }}"}]})
    counts = []
    for said in words:
        topic, _, word = said.partition(" ")
        payload = word if topic == "a" else json.dumps({"state": word})
        decoded = decoder.decode(f"box/{topic}", payload.encode())
        assert decoded.is_understood
        counts.append(len(decoded.missed))
    assert counts == offline_count


@pytest.mark.parametrize("payload", [b"", b"{}", b'{"migrate_discovery": true}', b'{"migr_discvry": true}'])
def test_what_moves_to_a_message_of_the_whole_device_is_forgotten_and_no_fault(payload: bytes) -> None:
    decoder = told_sensor(device_class="temperature")
    assert tell(decoder, "sensor/box/s1", payload) == Decoded((), is_understood=True)
    part = {"p": "sensor", "stat_t": "box/s1", "dev_cla": "temperature", "unit_of_meas": "°F"}
    config = {"dev": {"name": "Box"}, "o": {"name": "x"}, "cmps": {"s1": part, "s2": {"p": "sensor"}, "s3": {"platform": "binary_sensor"}}}
    assert not tell(decoder, "device/box", config).refusals
    assert decoder.decode("box/s1", b"50").readings == [Reading("air", {"device": "Box", "sensor": "s1"}, {"temperature": 10.0})]
    assert not tell(decoder, "device/box", config | {"cmps": {"s1": {"p": "sensor"}}}).refusals
    with pytest.raises(RejectedError, match="no discovery"):
        decoder.decode("box/s1", b"50")


def test_an_empty_discovery_forgets() -> None:
    decoder = told_sensor(device_class="temperature")
    assert tell(decoder, "sensor/box/s1", b"").is_understood
    with pytest.raises(RejectedError, match="no discovery"):
        decoder.decode("box/s1", b"20")


def test_a_discovery_that_comes_again_replaces_the_first() -> None:
    decoder = told_sensor(device_class="temperature", unit_of_measurement="°F")
    tell(decoder, "sensor/box/s1", {"state_topic": "box/s1", "device_class": "temperature", "unit_of_measurement": "°C"})
    assert values(decoder, "77") == {"air.temperature": 77.0}


def test_states_of_esphome_read_without_discovery() -> None:
    decoder = build_decoder("esphome", {})
    assert decoder.decode("weather/sensor/outside_temperature/state", b"21.5").readings == [
        Reading("reading", {"device": "weather", "sensor": "outside_temperature"}, {"outside_temperature": 21.5})
    ]
    assert decoder.decode("weather/binary_sensor/rain/state", b"ON").readings[0].fields == {"rain": True}
    assert decoder.decode("weather/text_sensor/version/state", b"1.2") == Decoded((), is_understood=True)
    assert decoder.decode("weather/sensor/x/state", b"nan").refusals[0].reason == "field 'x': 'nan' is not a number"
    assert len(decoder.decode("weather/status", b"offline").missed) == 1


def test_a_unit_that_does_not_fit_is_refused_by_entity() -> None:
    decoded = tell(fresh(), "sensor/box/s1", {"state_topic": "box/s1", "device_class": "temperature", "unit_of_measurement": "hPa"})
    assert "entity s1: cannot convert hPa to Cel" in decoded.refusals[0].reason


def test_a_flood_of_entities_stays_within_bounds() -> None:
    decoder = fresh()

    def flood(first: int) -> int:
        refused = 0
        for number in range(first, first + 3_000):
            config = {"stat_t": f"t/{number}", "dev_cla": "temperature", "dev": {"name": f"d{number}"}, "avty_t": f"a/{number}"}
            refused += len(tell(decoder, f"sensor/n/{number}", config).refusals)
        return refused

    assert flood(0) == 0
    assert flood(3_000) == 6_000 - MAX_ENTITIES
    tracemalloc.start()
    try:
        flood(6_000)
        flood(9_000)
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        assert flood(12_000) == 3_000
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 1_000_000  # 3,000 more of them would be several times that


def test_half_a_surrogate_pair_in_the_base_topic_is_refused_by_entity() -> None:
    decoded = tell(fresh(), "sensor/a/b", b'{"~": "\\ud800", "stat_t": "~/x", "unit_of_meas": "\\ud800"}')
    assert len(decoded.refusals) == 1


def test_messages_are_recognised() -> None:
    assert recognise("homeassistant/sensor/a/b/config", json.dumps(_BMP180).encode())
    of_esphome = json.dumps({**_BMP180, "device": {"sw_version": "esphome v2026.1"}}).encode()
    assert esphome.recognise("homeassistant/sensor/a/b/config", of_esphome)
    assert not recognise("homeassistant/sensor/a/b/config", of_esphome)
    assert esphome.recognise("weather/sensor/outside/state", b"1")
    assert not recognise("weather/sensor/outside/state", b"1")
    assert not recognise("zigbee2mqtt/d", b"{}")
    assert not recognise("tele/d/STATE", b"{}")


_VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.lists(st.text(max_size=3), max_size=2)
_CONFIG = st.fixed_dictionaries(
    {"stat_t": st.sampled_from(["t/1", "t/2", "~/1"]) | _VALUES},
    optional={
        "~": _VALUES,
        "val_tpl": st.sampled_from(["{{ value_json.x }}", "{{ value }}", "{{ x }}"]) | _VALUES,
        "dev_cla": st.sampled_from(["temperature", "door", "enum"]) | _VALUES,
        "unit_of_meas": st.sampled_from(["°C", "hPa"]) | _VALUES,
        "dev": st.dictionaries(st.sampled_from(["ids", "name", "cns"]), _VALUES) | _VALUES,
        "avty": st.lists(st.dictionaries(st.sampled_from(["t", "val_tpl"]), st.sampled_from(["a/1", "{{ value_json.x }}"]))) | _VALUES,
        "pl_on": _VALUES,
        "cmps": st.dictionaries(st.text(max_size=3), st.dictionaries(st.sampled_from(["p", "stat_t"]), st.just("sensor"))) | _VALUES,
    },
)
_STEP = st.tuples(st.sampled_from(["sensor/n/1", "sensor/n/2", "binary_sensor/1", "device/d"]), _CONFIG | st.just(None))


@given(steps=st.lists(st.tuples(_STEP, st.binary(max_size=12) | st.just(b'{"x": 1}')), max_size=12))
def test_any_order_of_discovery_and_states_decodes_or_is_rejected(steps: list[tuple[tuple[str, object], bytes]]) -> None:
    decoder = fresh()
    for (what, config), state in steps:
        check(decoder, b"" if config is None else json.dumps(config).encode(), f"homeassistant/{what}/config")
        for topic in ("t/1", "t/2", "sensor", "a/1", "n/status"):
            check(decoder, state, topic)
