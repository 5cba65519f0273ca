"""Tasmota: sensors side by side, meters, states, last wills, units and zones."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.decoders.decoder import Decoded, Decoder
from edge.decoders.table import build_decoder
from edge.decoders.tasmota import recognise
from edge.decoders.tasmota.topic import FullTopic
from telemetry.errors import ConfigError, RejectedError
from tests.edge.decoders.contract import check

_PREFIXES = ("cmnd", "stat", "tele")


def _decoder(**options: object) -> Decoder:
    return build_decoder("tasmota", options)


def _decode(topic: str, message: object, **options: object) -> Decoded:
    return _decoder(**options).decode(topic, json.dumps(message).encode())


def _by_sensor(decoded: Decoded) -> dict[tuple[str, str], dict[str, object]]:
    return {(one.tags.get("sensor", ""), one.measurement): dict(one.fields) for one in decoded.readings}


def test_two_sensors_of_a_kind_are_two_readings() -> None:
    decoded = _decode(
        "tele/lab/SENSOR",
        {
            "Time": "2026-01-01T10:00:00",
            "DS18B20-1": {"Id": "01144A0CB2AA", "Temperature": 20.6},
            "DS18B20-2": {"Id": "01144A0CB2AB", "Temperature": 21.9},
            "TempUnit": "C",
        },
    )
    assert _by_sensor(decoded) == {("DS18B20-1", "air"): {"temperature": 20.6}, ("DS18B20-2", "air"): {"temperature": 21.9}}
    assert all(one.tags["device"] == "lab" and one.time_ns is None for one in decoded.readings)


def test_sensors_by_address_keep_their_series_when_one_is_added() -> None:
    decoded = _decode("tele/lab/SENSOR", {"DS18B20-2": {"Id": "01144A0CB2AA", "Temperature": 20.6}}, sensor_by_id=True)
    assert decoded.readings[0].tags["sensor"] == "DS18B20-01144A0CB2AA"


def test_units_of_the_message_are_converted() -> None:
    message = {"BME280": {"Temperature": 77, "Humidity": 40, "Pressure": 29.92}, "TempUnit": "F", "PressureUnit": "inHg"}
    assert _by_sensor(_decode("tele/d/SENSOR", message)) == {
        ("BME280", "air"): {"temperature": 25.0, "humidity": 40.0, "pressure": pytest.approx(1013.2075, abs=1e-3)}
    }
    of_mm = _decode("tele/d/SENSOR", {"BMP180": {"Pressure": 760}, "PressureUnit": "mmHg"})
    assert _by_sensor(of_mm)[("BMP180", "air")] == {"pressure": 1013.25}


# Messages of devices in public: the first of the documentation of Sniffbot.jl, the second and third from comments of Tasmota's own drivers
# (xdrv_10_rules.ino, xdrv_10_scripter.ino), the fourth from a log of a current transformer; the others in the form of their drivers.
@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            '{"Time":"2026-03-07T12:54:34","PMS5003":{"CF1":22,"CF2.5":32,"CF10":49,"PM1":22,"PM2.5":32,"PM10":49,"PB0.3":4146,"PB0.5":934,'
            '"PB1":153,"PB2.5":48,"PB5":8,"PB10":2},"PressureUnit":"hPa","TempUnit":"C"}',
            {
                ("PMS5003", "air"): {
                    "pm1_cf1": 22.0,
                    "pm2_5_cf1": 32.0,
                    "pm10_cf1": 49.0,
                    "pm1": 22.0,
                    "pm2_5": 32.0,
                    "pm10": 49.0,
                    "n0_3": 41.46,
                    "n0_5": 9.34,
                    "n1_0": 1.53,
                    "n2_5": 0.48,
                    "n5_0": 0.08,
                    "n10_0": 0.02,
                }
            },
        ),
        (
            '{"INA219":{"Voltage":4.494,"Current":0.020,"Power":0.089}}',
            {("INA219", "power"): {"voltage": 4.494, "current": 0.02, "active_power": 0.089}},
        ),
        (
            '{"Time":"2019-04-20T19:00:40","SGP30":{"eCO2":584,"TVOC":263,"aHumidity":6.5717},"TempUnit":"C"}',
            {("SGP30", "air"): {"tvoc": 263.0}, ("SGP30", "reading"): {"e_co2": 584.0, "a_humidity": 6.5717}},  # reckoned, not measured
        ),
        (
            '{"Time":"2022-06-26T22:06:56","ANALOG":{"CTEnergy":{"Energy":2.882,"Power":49,"Voltage":230,"Current":0.215}}}',
            {("ANALOG", "power"): {"energy": 2882.0, "active_power": 49.0, "voltage": 230.0, "current": 0.215}},
        ),
        (
            '{"ANALOG":{"A0":345,"Temperature1":20.3,"Temperature2":68},"TempUnit":"C"}',
            {("ANALOG", "reading"): {"a0": 345.0}, ("ANALOG-1", "air"): {"temperature": 20.3}, ("ANALOG-2", "air"): {"temperature": 68.0}},
        ),
        (
            '{"SPS30":{"PM1_0":1.1,"PM2_5":2.2,"PM4_0":3.0,"PM10":3.1,"NCPM0_5":5.1,"NCPM1_0":6.0,"NCPM2_5":6.1,"NCPM4_0":6.2,"NCPM10":6.3,'
            '"TYPSIZ":0.6}}',
            {
                ("SPS30", "air"): {
                    "pm1": 1.1,
                    "pm2_5": 2.2,
                    "pm4": 3.0,
                    "pm10": 3.1,
                    "pm0_5_number": 5.1,
                    "pm1_number": 6.0,
                    "pm2_5_number": 6.1,
                    "pm4_number": 6.2,
                    "pm10_number": 6.3,
                    "typical_size": 0.6,
                }
            },
        ),
        (
            '{"WindMeter":{"Speed":{"Act":3.6,"Avg":7.2,"Min":0.0,"Max":10.8}},"SpeedUnit":"km/h"}',
            {("WindMeter", "weather"): {"wind_speed": 2.0, "wind_gust": 3.0}},
        ),
        ('{"BME680":{"Gas":123.45}}', {("BME680", "air"): {"gas_resistance": 123450.0}}),
        ('{"MAX31855":{"ProbeTemperature":212.9},"TempUnit":"F"}', {("MAX31855", "air"): {"temperature": 100.5}}),
        ('{"CHIRP1":{"Moisture":350,"Light":10}}', {("CHIRP1", "reading"): {"moisture": 350.0, "light": 10.0}}),  # raw capacitance
    ],
)
def test_sensors_of_many_kinds_have_the_catalogues_names(message: str, expected: dict[tuple[str, str], dict[str, object]]) -> None:
    decoder = _decoder()
    for _ in range(2):  # the second goes by the plan of the first
        decoded = decoder.decode("tele/d/SENSOR", message.encode())
        assert not decoded.refusals
        assert _by_sensor(decoded) == {place: pytest.approx(fields) for place, fields in expected.items()}


def test_carbon_monoxide_of_a_gas_sensor_is_no_alarm_and_that_of_zigbee_is() -> None:
    assert _by_sensor(_decode("tele/d/SENSOR", {"MGS": {"CO": 1.0, "NH3": 0.0}})) == {
        ("MGS", "air"): {"co": pytest.approx(1144.9, abs=0.1), "nh3": 0.0}
    }
    assert _by_sensor(_decode("tele/d/SENSOR", {"MQ7": {"CO": 1.0}})) == {("MQ7", "reading"): {"co": 1.0}}
    zigbee = {"ZbReceived": {"0x1": {"Device": "0x1", "CO": 1, "LinkQuality": 9}}}
    assert _by_sensor(_decode("tele/d/SENSOR", zigbee)) == {("0x1", "state"): {"co_alarm": True, "link_quality": 9.0}}


def test_an_unknown_unit_is_refused_by_name() -> None:
    with pytest.raises(RejectedError, match="TempUnit 'R'"):
        _decode("tele/d/SENSOR", {"BME280": {"Temperature": 77}, "TempUnit": "R"})


def test_a_meter_of_three_phases_has_a_field_a_phase() -> None:
    energy = {"Total": 12.5, "Power": [100, 200, 300], "Voltage": [230, 231, 232], "Factor": [0.9, 1, 0.8], "Frequency": 50, "Today": 0.5}
    fields = _by_sensor(_decode("tele/meter/SENSOR", {"ENERGY": energy}))[("ENERGY", "power")]
    assert fields["energy"] == 12_500.0
    assert fields["energy_today"] == 500.0
    assert [fields[f"active_power_l{phase}"] for phase in (1, 2, 3)] == [100.0, 200.0, 300.0]
    assert [fields[f"voltage_l{phase}"] for phase in (1, 2, 3)] == [230.0, 231.0, 232.0]
    assert fields["frequency"] == 50.0


def test_a_state_tells_uptime_memory_supply_radio_and_outputs() -> None:
    message = {"Uptime": "1T02:03:04", "Vcc": 3.4, "Heap": 28, "POWER1": "ON", "POWER2": "OFF", "Wifi": {"RSSI": 70, "Signal": -65}}
    assert _by_sensor(_decode("tele/d/STATE", message)) == {
        ("", "device"): {
            "uptime_s": 93_784.0,
            "supply_voltage": 3.4,
            "free_memory_bytes": 28_672.0,
            "wifi_percent": 70.0,
            "rssi": -65.0,
        },
        ("POWER1", "state"): {"output": True},
        ("POWER2", "state"): {"output": False},
    }


@pytest.mark.parametrize("message", ["STATUS8", "STATUS10"])
def test_sensors_that_were_asked_for_read_like_sensors_that_come_by_themselves(message: str) -> None:
    asked = _decode(f"stat/d/{message}", {"StatusSNS": {"SDS0X1": {"PM2.5": 8.2, "PM10": 11.3}}})
    assert asked.readings == _decode("tele/d/SENSOR", {"SDS0X1": {"PM2.5": 8.2, "PM10": 11.3}}).readings
    assert _by_sensor(asked) == {("SDS0X1", "air"): {"pm2_5": 8.2, "pm10": 11.3}}


def test_time_counts_only_with_a_zone() -> None:
    message = {"Time": "2026-03-07T16:19:23", "SHT3X": {"Temperature": 20.0}}
    without = _decode("tele/d/SENSOR", message)
    assert without.readings[0].time_ns is None
    assert not without.refusals
    assert _decode("tele/d/SENSOR", message, tz="Asia/Ho_Chi_Minh").readings[0].time_ns == 1_772_875_163_000_000_000
    with_zone = {**message, "Time": "2026-03-07T16:19:23+07:00"}
    assert _decode("tele/d/SENSOR", with_zone).readings[0].time_ns == 1_772_875_163_000_000_000


@pytest.mark.parametrize("moment", [{"Time": "2026-01-01T17:00:00", "Epoch": 1767261600}, {"Time": 1767261600}])
def test_seconds_since_1970_are_a_time_with_a_zone(moment: dict[str, object]) -> None:
    for topic in ("tele/d/SENSOR", "tele/d/STATE", "tele/d/ENERGY"):
        (reading,) = _decode(topic, {**moment, "UptimeSec": 5, "Power": 7}).readings[:1]
        assert reading.time_ns == 1_767_261_600_000_000_000
        assert "epoch" not in reading.fields


@pytest.mark.parametrize("moment", [{"Time": 62}, {"Time": 10**30}, {"Time": -1}, {"Time": True}, {"Time": 1.5}, {"Epoch": "x"}])
def test_a_number_that_is_no_moment_is_no_time(moment: dict[str, object]) -> None:
    (reading,) = _decode("tele/d/SENSOR", {**moment, "A": {"Temperature": 1}}).readings
    assert reading.time_ns is None


def test_a_clock_that_was_never_set_is_no_time() -> None:
    assert _decode("tele/d/SENSOR", {"Time": "1970-01-01T00:01:02", "A": {"Temperature": 1}}, tz="UTC").readings[0].time_ns is None


def test_a_wind_sensor_reads_as_weather() -> None:
    message = {"TX23": {"Speed": {"Act": 14.8, "Avg": 18.0, "Max": 36.0}, "Dir": {"Card": "WSW", "Deg": 247.5}}, "SpeedUnit": "km/h"}
    assert _by_sensor(_decode("tele/d/SENSOR", message)) == {
        ("TX23", "weather"): {"wind_speed": 5.0, "wind_gust": 10.0, "wind_direction": 247.5}
    }


@pytest.mark.parametrize(("name", "metres"), [("SR04", 0.1675), ("VL53L0X", 0.01675)])
def test_a_distance_is_in_the_unit_of_its_sensor(name: str, metres: float) -> None:
    assert _by_sensor(_decode("tele/d/SENSOR", {name: {"Distance": 16.75}})) == {(name, "water_level"): {"distance": metres}}


def test_beacons_are_told_apart_by_address() -> None:
    decoded = _decode("tele/d/SENSOR", {"IBEACON": {"MAC": "A4C1387FC1E1", "RSSI": -56, "STATE": "ON"}})
    assert decoded.readings[0].tags["sensor"] == "IBEACON-A4C1387FC1E1"
    assert decoded.readings[0].fields == {"presence": True, "rssi": -56.0}


def test_a_name_that_is_no_text_still_makes_a_tag() -> None:
    (reading,) = _decoder().decode("tele/d/SENSOR", b'{"A\\ud800": {"Temperature": 1}}').readings
    assert reading.tags["sensor"] == "A?"


def test_switches_inputs_and_zigbee_sensors_read_too() -> None:
    message = {"Switch1": "ON", "ANALOG": {"A0": 512}, "ZbReceived": {"0x5ADF": {"Name": "kho", "Temperature": 23.9, "LinkQuality": 70}}}
    assert _by_sensor(_decode("tele/d/SENSOR", message)) == {
        ("Switch1", "state"): {"input": True},
        ("ANALOG", "reading"): {"a0": 512.0},
        ("kho", "air"): {"temperature": 23.9, "link_quality": 70.0},
    }


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("tele/d/INFO1", b'{"Module":"Generic"}'),
        ("stat/d/RESULT", b'{"SetOption3":"ON"}'),
        ("tele/d/RESULT", b'{"SerialReceived":"1-0:1.8.1(005779.835*kWh)"}'),
        ("cmnd/d/POWER", b"TOGGLE"),
        ("tasmota/discovery/AABBCC/config", b'{"ip":"192.0.2.1"}'),
    ],
)
def test_what_measures_nothing_is_understood(topic: str, payload: bytes) -> None:
    decoded = _decoder().decode(topic, payload)
    assert decoded.is_understood
    assert not decoded.readings
    assert not decoded.refusals


def test_the_last_will_is_told_at_the_change() -> None:
    decoder = _decoder()
    said = [decoder.decode("tele/d/LWT", word).missed for word in (b"Online", b"Offline", b"Offline")]
    assert [len(missed) for missed in said] == [0, 1, 0]
    assert said[1][0].detail == "d is offline"


@pytest.mark.parametrize(
    ("full_topic", "topic", "device"),
    [
        ("%prefix%/%topic%/", "tele/nha/kho/SENSOR", "nha/kho"),
        ("%topic%/%prefix%/", "nha/kho/tele/SENSOR", "nha/kho"),
        ("tinh/%prefix%/%topic%/", "tinh/tele/d7/SENSOR", "d7"),
        ("%prefix%/home/%hostname%/%topic%/", "tele/home/esp-1/d7/SENSOR", "d7-esp-1"),
        ("%topic%", "d7/SENSOR", "d7"),
    ],
)
def test_any_full_topic_names_the_device(full_topic: str, topic: str, device: str) -> None:
    decoded = _decode(topic, {"SHT3X": {"Temperature": 20.0}}, full_topic=full_topic)
    assert decoded.readings[0].tags["device"] == device


@pytest.mark.parametrize("full_topic", ["%prefix%/", "%prefix%/%topic%/%topic%/", "%prefix%/%device%/"])
def test_a_full_topic_that_cannot_tell_devices_apart_is_refused(full_topic: str) -> None:
    with pytest.raises(ConfigError):
        _decoder(full_topic=full_topic)


def test_another_topic_is_refused_and_broken_json_says_where() -> None:
    with pytest.raises(RejectedError, match="full_topic"):
        _decode("site/d/SENSOR", {})
    with pytest.raises(RejectedError, match=r"not JSON.*column 47"):
        _decoder().decode("tele/d/SENSOR", b'{"Time":"2018-08-18T16:13:47","MCP230XX": "D0":0,"D1":0}}')


def test_messages_are_recognised() -> None:
    assert recognise("tele/d/SENSOR", b"{}")
    assert recognise("stat/d/STATUS8", b"{}")
    assert recognise("d/LWT", b"Online")
    assert not recognise("zigbee2mqtt/d", b"{}")
    assert not recognise("shellies/d/relay/0", b"on")


@given(topic=st.text(max_size=40), message=st.text(alphabet=st.characters(exclude_characters="/"), min_size=1, max_size=10))
def test_a_topic_is_read_back_whatever_the_device_is_called(topic: str, message: str) -> None:
    address = FullTopic("%prefix%/%topic%/", _PREFIXES).read(f"tele/{topic}/{message}")
    assert (address is None) == (topic == "")
    if address:
        assert address.device == topic
        assert address.message == message


_VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.lists(st.floats() | st.none(), max_size=5)
_SENSOR = st.dictionaries(st.sampled_from(["Temperature", "Power", "Id", "MAC", "Distance", "Speed", "Dir", "X", "CTEnergy"]), _VALUES)
_ROOT = st.dictionaries(
    st.sampled_from(["Time", "TempUnit", "ENERGY", "TX23", "SR04", "ZbReceived", "Switch1", "Wifi", "POWER", "Uptime", "StatusSNS"]),
    _SENSOR | _VALUES,
)


@given(root=_ROOT, message=st.sampled_from(["SENSOR", "STATE", "RESULT", "STATUS8", "ENERGY", "UPTIME", "LWT", "POWER1"]))
def test_any_json_decodes_or_is_rejected(root: dict[str, object], message: str) -> None:
    check(_decoder(tz="Asia/Ho_Chi_Minh"), json.dumps(root).encode(), f"tele/d/{message}")
    check(_decoder(), json.dumps({"StatusSNS": root, "StatusSTS": root}).encode(), f"stat/d/{message}")
