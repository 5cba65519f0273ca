"""Shelly: components of Gen2 and later, topics of Gen1, Bluetooth sensors, who is online."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.decoders.decoder import Decoded, Decoder
from edge.decoders.shelly import recognise
from edge.decoders.table import build_decoder
from telemetry import quality
from telemetry.errors import RejectedError
from telemetry.point import Reading
from tests.edge.decoders.contract import check

_TS_NS = 1_736_603_810_490_000_000


def _decoder(**options: object) -> Decoder:
    return build_decoder("shelly", options)


def _notify(params: dict[str, object], method: str = "NotifyStatus", device: str = "shellypro3em-1", **options: object) -> Decoded:
    message = {"src": "shellypro3em-aabbcc", "dst": f"{device}/events", "method": method, "params": {"ts": 1736603810.49, **params}}
    return _decoder(**options).decode(f"{device}/events/rpc", json.dumps(message).encode())


def _gen1(what: str, payload: str) -> Decoded:
    return _decoder().decode(f"shellies/shellyem-1/{what}", payload.encode())


def test_a_plug_tells_output_power_energy_and_its_own_temperature() -> None:
    switch = {
        "id": 0,
        "source": "init",
        "output": True,
        "apower": 35.2,
        "voltage": 229.8,
        "current": 0.21,
        "pf": 0.73,
        "aenergy": {"total": 12345.6, "by_minute": [1, 2, 3], "minute_ts": 1736603809},
        "temperature": {"tC": 48.5, "tF": 119.3},
    }
    tags = {"device": "shellypro3em-1", "sensor": "switch:0"}
    power = {"active_power": 35.2, "voltage": 229.8, "current": 0.21, "power_factor": 0.73, "energy": 12345.6}
    assert _notify({"switch:0": switch}).readings == [
        Reading("state", tags, {"output": True}, _TS_NS),
        Reading("power", tags, power, _TS_NS),
        Reading("device", tags, {"chip_temperature": 48.5}, _TS_NS),
    ]


def test_a_meter_of_three_phases_has_a_field_a_phase() -> None:
    meter = {"id": 0, "a_current": 4.0, "b_current": 5.0, "c_current": 6.0, "a_voltage": 230.1, "b_act_power": -12.5, "n_current": None}
    meter |= {"total_act_power": 2484.8, "c_pf": 0.98, "a_freq": 50, "user_calibrated_phase": []}
    (reading,) = _notify({"em:0": meter}).readings
    assert reading.fields == {
        "current_l1": 4.0,
        "current_l2": 5.0,
        "current_l3": 6.0,
        "voltage_l1": 230.1,
        "active_power_l2": -12.5,
        "active_power": 2484.8,
        "power_factor_l3": 0.98,
        "frequency_l1": 50.0,
    }


def test_counters_of_a_meter_are_energy_in_both_directions() -> None:
    decoded = _notify({"emdata:0": {"a_total_act_energy": 10.5, "a_total_act_ret_energy": 0.5, "total_act": 31.0, "total_act_ret": 1.0}})
    assert decoded.readings[0].fields == {"energy_l1": 10.5, "energy_export_l1": 0.5, "energy": 31.0, "energy_export": 1.0}


def test_channels_of_one_device_do_not_overwrite_each_other() -> None:
    decoded = _notify({"temperature:100": {"id": 100, "tC": 21.3, "tF": 70.3}, "temperature:101": {"id": 101, "tC": 19.0}})
    assert [(one.tags["sensor"], dict(one.fields)) for one in decoded.readings] == [
        ("temperature:100", {"temperature": 21.3}),
        ("temperature:101", {"temperature": 19.0}),
    ]


@pytest.mark.parametrize(
    ("component", "values", "measurement", "fields"),
    [
        ("humidity:100", {"rh": 52.1}, "air", {"humidity": 52.1}),
        ("illuminance:0", {"lux": 410, "illumination": "bright"}, "weather", {"illuminance": 410.0}),
        ("voltmeter:100", {"voltage": 4.321}, "power", {"voltage": 4.321}),
        ("devicepower:0", {"battery": {"V": 5.9, "percent": 87}, "external": {"present": False}}, "device", {"battery": 5.9}),
        ("input:0", {"state": True}, "state", {"input": True}),
        ("smoke:0", {"alarm": False, "mute": False}, "state", {"smoke": False}),
        ("pm1:0", {"apower": 5.1, "aprtpower": 9.0, "freq": 50.0}, "power", {"active_power": 5.1, "apparent_power": 9.0}),
        ("em1:1", {"act_power": 5.1, "current": 0.1}, "power", {"active_power": 5.1, "current": 0.1}),
        ("wifi", {"rssi": -61, "ssid": "x", "sta_ip": "192.0.2.1"}, "device", {"rssi": -61.0}),
        ("sys", {"uptime": 1234, "ram_free": 120000, "time": "10:00"}, "device", {"uptime_s": 1234.0, "free_memory_bytes": 120000.0}),
    ],
)
def test_each_component_has_its_fields(component: str, values: dict[str, object], measurement: str, fields: dict[str, object]) -> None:
    (reading,) = _decoder().decode(f"d/status/{component}", json.dumps({"id": 0, **values}).encode()).readings
    assert reading.measurement == measurement
    assert fields.items() <= dict(reading.fields).items()
    assert reading.time_ns is None


def test_errors_of_a_component_mark_its_reading() -> None:
    (reading,) = _notify({"switch:0": {"output": False, "errors": ["overtemp"]}}).readings
    assert reading.quality == quality.DEVICE_ERROR


def test_a_topic_prefix_is_the_device_and_levels_in_front_are_an_option() -> None:
    decoded = _notify({"switch:0": {"output": True}}, device="site/bn01/bom-1", below="site/bn01")
    assert decoded.readings[0].tags == {"device": "bom-1", "sensor": "switch:0"}
    assert _notify({"switch:0": {"output": True}}, device="site/bn01/bom-1").readings[0].tags["device"] == "site/bn01/bom-1"


def test_answers_to_requests_are_named_by_their_source() -> None:
    answer = {"id": 1, "src": "shellyplus1-1", "dst": "me", "result": {"switch:0": {"output": True}, "cloud": {"connected": True}}}
    (reading,) = _decoder().decode("me/rpc", json.dumps(answer).encode()).readings
    assert reading.tags == {"device": "shellyplus1-1", "sensor": "switch:0"}


def test_a_push_of_a_button_is_an_action_and_other_events_are_understood() -> None:
    events = [{"component": "input:0", "event": "single_push", "ts": 1736603810.49}, {"component": "sys", "event": "config_changed"}]
    assert _notify({"events": events}, method="NotifyEvent").readings == [
        Reading("state", {"device": "shellypro3em-1", "sensor": "input:0"}, {"action": "single_push"}, _TS_NS)
    ]


def test_a_clock_that_was_never_set_is_no_time() -> None:
    assert _notify({"ts": 12.5, "switch:0": {"output": True}}).readings[0].time_ns is None


@pytest.mark.parametrize("component", ["cloud", "mqtt", "ws", "ht_ui", "script:1"])
def test_components_that_measure_nothing_are_understood(component: str) -> None:
    decoded = _decoder().decode(f"d/status/{component}", b'{"connected": true}')
    assert decoded.is_understood
    assert not decoded.readings


@pytest.mark.parametrize(
    ("what", "payload", "expected"),
    [
        ("relay/0", "on", ("state", "relay:0", {"output": True})),
        ("relay/0/power", "12.5", ("power", "relay:0", {"active_power": 12.5})),
        ("relay/0/energy", "600", ("power", "relay:0", {"energy": 10.0})),
        ("emeter/1/voltage", "231.2", ("power", "emeter:1", {"voltage": 231.2})),
        ("emeter/1/total", "4321.5", ("power", "emeter:1", {"energy": 4321.5})),
        ("emeter/1/total_returned", "21.5", ("power", "emeter:1", {"energy_export": 21.5})),
        ("ext_temperature/0", "21.3", ("air", "ext_temperature:0", {"temperature": 21.3})),
        ("ext_temperatures", '{"0":{"hwID":"28","tC":21.3,"tF":70.3}}', ("air", "ext_temperature:0", {"temperature": 21.3})),
        ("sensor/temperature", "21.3", ("air", "", {"temperature": 21.3})),
        ("sensor/battery", "97", ("device", "", {"battery_percent": 97.0})),
        ("sensor/flood", "true", ("state", "", {"water_leak": True})),
        ("sensor/state", "open", ("state", "", {"contact": False})),
        ("temperature", "48.1", ("device", "", {"chip_temperature": 48.1})),
    ],
)
def test_gen1_topics_have_their_fields(what: str, payload: str, expected: tuple[str, str, dict[str, object]]) -> None:
    (reading,) = _gen1(what, payload).readings
    assert (reading.measurement, reading.tags.get("sensor", ""), reading.fields) == expected
    assert reading.tags["device"] == "shellyem-1"


@pytest.mark.parametrize("what", ["announce", "info", "relay/0/command", "input_event/0", "temperature_f", "ext_temperature_f/0"])
def test_other_gen1_topics_are_understood(what: str) -> None:
    decoded = _gen1(what, "70.1")
    assert decoded.is_understood
    assert not decoded.readings


def test_a_gen1_motion_sensor_tells_everything_in_its_status() -> None:
    # a message of shellymotionsensor-60A423976594, with `tmp` of Motion 2
    decoded = _gen1(
        "status", '{"motion":true,"timestamp":1614416952,"active":true,"vibration":false,"lux":303,"bat":87,"tmp":{"value":68,"units":"F"}}'
    )
    assert {one.measurement: dict(one.fields) for one in decoded.readings} == {
        "state": {"occupancy": True, "vibration": False, "battery_percent": 87.0},
        "weather": {"illuminance": 303.0},
        "air": {"temperature": 20.0},
    }
    assert {one.time_ns for one in decoded.readings} == {None}  # `timestamp` is that of the last motion
    assert not _gen1("status", '{"tmp":{"value":999,"units":"C","is_valid":false}}').readings
    with pytest.raises(RejectedError, match="object is expected"):
        _gen1("status", "[1]")


def test_a_bluetooth_sensor_repeated_in_a_full_status_keeps_its_own_time() -> None:
    sensor = {"bthomesensor:200": {"id": 200, "value": 34.9, "last_updated_ts": 1706593991}, "wifi": {"rssi": -50}}
    repeated, wifi = _notify(sensor, "NotifyFullStatus").readings
    assert (repeated.fields, repeated.time_ns) == ({"value": 34.9}, 1_706_593_991_000_000_000)
    assert wifi.time_ns == _TS_NS


@pytest.mark.parametrize("topic", ["shellies/d/online", "d/online"])
def test_a_device_that_goes_away_is_told_once(topic: str) -> None:
    decoder = _decoder()
    said = [decoder.decode(topic, word).missed for word in (b"true", b"false", b"false")]
    assert [len(missed) for missed in said] == [0, 1, 0]


@pytest.mark.parametrize(
    ("payload", "fields"),
    [
        (
            '{"motion":true,"timestamp":1617710922,"active":true,"vibration":false,"lux":212,"bat":98}',
            {"state.occupancy": True, "state.vibration": False, "weather.illuminance": 212.0, "state.battery_percent": 98.0},
        ),
        (
            '{"target_t":{"enabled":true,"value":21.0,"units":"C"},"tmp":{"value":21.3,"units":"C","is_valid":true},"bat":99}',
            {"air.temperature": 21.3, "air.battery_percent": 99.0},
        ),
        ('{"tmp":{"value":68,"units":"F","is_valid":true}}', {"air.temperature": 20.0}),
        ('{"tmp":{"value":999,"units":"C","is_valid":false}}', {}),
    ],
)
def test_battery_devices_of_the_first_generation_send_a_status(payload: str, fields: dict[str, object]) -> None:
    decoded = _gen1("status", payload)
    assert not decoded.refusals
    assert {f"{one.measurement}.{name}": value for one in decoded.readings for name, value in one.fields.items()} == fields


# Values of a Shelly Pro 3EM and a Plug PM Gen3 in public tests of programs that read them, and of the API's own pages.
@pytest.mark.parametrize(
    ("component", "values", "expected"),
    [
        (
            "em1:0",
            '{"id":0,"current":3.705,"voltage":242.8,"act_power":598.9,"aprt_power":900.6,"pf":0.66,"freq":50.0,"calibration":"factory"}',
            {"power.current": 3.705, "power.voltage": 242.8, "power.active_power": 598.9, "power.apparent_power": 900.6}
            | {"power.power_factor": 0.66, "power.frequency": 50.0},
        ),
        (
            "em1data:0",
            '{"id":0,"total_act_energy":3458.24,"total_act_ret_energy":1605.24}',
            {"power.energy": 3458.24, "power.energy_export": 1605.24},
        ),
        (
            "pm1:0",
            '{"aenergy":{"by_minute":[0,0,0],"minute_ts":1783004880,"total":1},"apower":27,"current":0.123,"freq":50.01,'
            '"ret_aenergy":{"by_minute":[0,0,0],"minute_ts":1783004880,"total":0},"voltage":233.3}',
            {"power.energy": 1.0, "power.active_power": 27.0, "power.current": 0.123, "power.frequency": 50.01}
            | {"power.energy_export": 0.0, "power.voltage": 233.3},
        ),
        (
            "thermostat:0",
            '{"id":0,"enable":true,"target_C":23,"current_C":12.3,"output":true}',
            {"air.temperature": 12.3, "state.output": True, "reading.target_temperature": 23.0},
        ),
        (
            "voltmeter:100",
            '{"id":100,"voltage":4.321,"xvoltage":43.21}',
            {"power.voltage": 4.321, "reading.xvoltage": 43.21},
        ),
    ],
)
def test_components_have_the_catalogues_names(component: str, values: str, expected: dict[str, object]) -> None:
    decoded = _decoder().decode(f"shellypro/status/{component}", values.encode())
    assert not decoded.refusals
    assert {f"{one.measurement}.{name}": value for one in decoded.readings for name, value in one.fields.items()} == expected
    assert {one.tags["sensor"] for one in decoded.readings} == {component}


@pytest.mark.parametrize(
    ("component", "values", "fields"),
    [
        ("bthomedevice:200", {"rssi": -70, "battery": 100, "packet_id": 1, "paired": True}, {"rssi": -70.0, "battery_percent": 100.0}),
        ("blutrv:200", {"target_C": 17.1, "current_C": 17.5, "pos": 0, "rssi": -60, "battery": 100, "rpc": True}, {"temperature": 17.5}),
        ("bthomesensor:200", {"value": 24.3}, {"value": 24.3}),
    ],
)
def test_what_a_gateway_heard_has_the_time_at_which_it_heard_it(
    component: str, values: dict[str, object], fields: dict[str, object]
) -> None:
    heard = {"id": 200, "last_updated_ts": 1_734_967_725, **values}
    message = {"src": "gw", "method": "NotifyFullStatus", "params": {"ts": 1_783_004_880.01, component: heard}}
    decoded = _decoder().decode("gw/events/rpc", json.dumps(message).encode())
    assert {one.time_ns for one in decoded.readings} == {1_734_967_725_000_000_000}
    assert fields.items() <= {name: value for one in decoded.readings for name, value in one.fields.items()}.items()
    never = heard | {"last_updated_ts": 0}
    assert {one.time_ns for one in _decoder().decode(f"gw/status/{component}", json.dumps(never).encode()).readings} == {None}


@pytest.mark.parametrize("capital", [False, True])
def test_a_weather_station_by_bluetooth_is_weather(capital: bool) -> None:
    values = {"temperature": 22.1, "dewpoint": 18.1, "speed": 3.2, "gust_speed": 5.5, "direction": 182.1, "uv_index": 2.1}
    values |= {"precipitation": 12.3, "battery": 97}
    message = {"BTHome_version": 2, "address": "7c:c6"} | {(name.capitalize() if capital else name): one for name, one in values.items()}
    decoded = _decoder().decode("shelly-blu/events/x", json.dumps(message).encode())
    assert {one.measurement: dict(one.fields) for one in decoded.readings} == {
        "air": {"temperature": 22.1, "dew_point": 18.1, "battery_percent": 97.0},
        "weather": {"wind_speed": 3.2, "wind_gust": 5.5, "wind_direction": 182.1, "uv_index": 2.1, "rain_total": 12.3},
    }


def test_bluetooth_sensors_are_named_by_address() -> None:
    message = b'{"encryption":false,"BTHome_version":2,"pid":149,"battery":100,"temperature":17,"rssi":-92,"window":0,"address":"7c:c6"}'
    assert _decoder().decode("shelly-blu/events/7c:c6", message).readings == [
        Reading("air", {"device": "7c:c6"}, {"temperature": 17.0, "battery_percent": 100.0, "rssi": -92.0}),
        Reading("state", {"device": "7c:c6"}, {"contact": True}),
    ]


def test_what_is_broken_is_refused_with_the_reason() -> None:
    with pytest.raises(RejectedError, match="not JSON"):
        _decoder().decode("d/status/switch:0", b'{"id": 0,')
    assert "active_power" in _gen1("relay/0/power", "twelve").refusals[0].reason


def test_messages_are_recognised() -> None:
    assert recognise("shellies/d/relay/0", b"on")
    assert recognise("shellyplus1-1/status/switch:0", b"{}")
    assert recognise("x/events/rpc", b'{"src":"s","method":"NotifyStatus"}')
    assert not recognise("tele/d/SENSOR", b"{}")


_VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.lists(st.integers(), max_size=2)
_NAMES = st.sampled_from(["id", "tC", "apower", "a_voltage", "aenergy", "temperature", "battery", "errors", "events", "ts", "x", "counts"])
_COMPONENT = st.dictionaries(_NAMES, _VALUES | st.dictionaries(_NAMES, _VALUES, max_size=3), max_size=5)
_COMPONENTS = st.sampled_from(["switch:0", "em:0", "temperature:0", "devicepower:0", "input:0", "sys", "wifi", "other:1", "ts", "events"])


@given(
    params=st.dictionaries(_COMPONENTS, _COMPONENT | st.lists(_COMPONENT, max_size=2) | _VALUES),
    method=_VALUES | st.sampled_from(["NotifyStatus", "NotifyEvent"]),
    what=st.sampled_from(["d/events/rpc", "d/rpc", "d/status/switch:0", "d/online", "shellies/d/ext_temperatures", "shelly-blu/events/x"]),
)
def test_any_json_decodes_or_is_rejected(params: dict[str, object], method: object, what: str) -> None:
    check(_decoder(), json.dumps({"src": "s", "method": method, "params": params, "result": params, **params}).encode(), what)
