"""Zigbee2MQTT: devices, endpoints, the bridge's own words, and times that must not look new."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.decoders.decoder import Decoded, Decoder
from edge.decoders.table import build_decoder
from edge.decoders.zigbee2mqtt import recognise
from telemetry.errors import RejectedError
from telemetry.point import Reading
from telemetry.units import gas_mass
from tests.edge.decoders.contract import check

_LAST_SEEN_NS = 1_646_563_955_000_000_000  # 2022-03-06T11:52:35+01:00


def _decoder(**options: object) -> Decoder:
    return build_decoder("zigbee2mqtt", options)


def _decode(name: str, message: object, decoder: Decoder | None = None) -> Decoded:
    payload = message if isinstance(message, bytes) else json.dumps(message).encode()
    return (decoder or _decoder()).decode(f"zigbee2mqtt/{name}", payload)


def _fields(decoded: Decoded) -> dict[str, object]:
    return {f"{one.measurement}.{name}": value for one in decoded.readings for name, value in one.fields.items()}


def test_a_message_gives_a_reading_per_measurement_in_the_units_of_the_catalogue() -> None:
    decoded = _decode(
        "plug", {"state": "ON", "power": 12.5, "current": 0.1, "voltage": 231, "energy": 3.17, "linkquality": 84, "child_lock": "UNLOCK"}
    )
    assert decoded.readings == [
        Reading("state", {"device": "plug"}, {"output": True, "link_quality": 84.0}),
        Reading("power", {"device": "plug"}, {"active_power": 12.5, "current": 0.1, "voltage": 231.0, "energy": 3170.0}),
    ]
    assert not decoded.refusals


def test_a_name_may_hold_slashes_spaces_and_any_letters() -> None:
    assert _decode("sân sau/cảm biến 1", {"temperature": 31}).readings[0].tags == {"device": "sân sau/cảm biến 1"}


@pytest.mark.parametrize(
    ("message", "field", "value"),
    [
        ({"battery": 100, "voltage": 3000}, "device.battery", 3.0),
        ({"battery": 97, "voltage": 2.9}, "device.battery", 2.9),
        ({"power": 4, "voltage": 229.7}, "power.voltage", 229.7),
        ({"voltage": 3005}, "device.battery", 3.005),
        ({"voltage": 230}, "power.voltage", 230.0),
    ],
)
def test_a_voltage_is_the_batterys_or_the_mains(message: dict[str, object], field: str, value: float) -> None:
    assert _fields(_decode("d", message))[field] == value


def test_the_bridges_list_of_devices_decides_units() -> None:
    decoder = _decoder()
    exposes = [{"type": "numeric", "property": "voltage", "unit": "V"}, {"type": "numeric", "property": "pressure", "unit": "kPa"}]
    assert _decode("bridge/devices", [{"friendly_name": "d", "definition": {"exposes": exposes}}], decoder).is_understood
    assert _fields(_decode("d", {"battery": 90, "voltage": 229.0, "pressure": 100.5}, decoder)) == {
        "power.voltage": 229.0,
        "power.battery_percent": 90.0,
        "air.pressure": 1005.0,
    }


def test_the_last_list_of_devices_counts_and_millivolts_are_a_battery() -> None:
    decoder = _decoder()
    exposes = [{"property": "voltage", "unit": "mV"}, {"property": "energy", "unit": "Wh"}]
    _decode("bridge/devices", [{"friendly_name": "d", "definition": {"exposes": exposes}}], decoder)
    assert _fields(_decode("d", {"voltage": 900, "energy": 5}, decoder)) == {"power.battery": 0.9, "power.energy": 5.0}
    _decode("bridge/devices", [], decoder)
    assert _fields(_decode("d", {"energy": 5}, decoder)) == {"power.energy": 5000.0}


def test_carbon_monoxide_comes_in_ppm_and_is_stored_as_mass() -> None:
    assert _fields(_decode("d", {"co": 10})) == {"air.co": gas_mass(10_000, "co")}


# Units as zigbee-herdsman-converters states them, device by device: µg/m³ or ppb for VOC, mg/m³ or µg/m³ for formaldehyde, L or m³.
@pytest.mark.parametrize(
    ("name", "unit", "value", "field", "stored"),
    [
        ("voc", "ppb", 120, "air.tvoc", 120.0),
        ("voc", "µg/m³", 120, "reading.voc", 120.0),
        ("gas", "%LEL", 12, "reading.gas", 12.0),
        ("formaldehyd", "mg/m³", 0.02, "air.hcho", 20.0),
        ("hcho", "µg/m³", 20, "air.hcho", 20.0),
        ("no2", "ppb", 100, "air.no2", pytest.approx(188.05, abs=0.01)),
        ("water_consumed", "L", 1500, "water_flow.volume", 1.5),
        ("flow", "m³/h", 3.6, "water_flow.flow", 0.001),
        ("ec", "µS/cm", 1200, "water_quality.conductivity", 1200.0),
        ("power_factor", "%", 98, "power.power_factor", 0.98),
        ("power_factor", "", 0.98, "power.power_factor", 0.98),
        ("temperature", "°F", 68, "air.temperature", 20.0),
    ],
)
def test_a_stated_unit_goes_before_what_a_name_seems_to_say(name: str, unit: str, value: float, field: str, stored: float) -> None:
    decoder = _decoder()
    exposes = [{"type": "climate", "features": [{"type": "numeric", "property": name, "unit": unit}]}]
    assert _decode("bridge/devices", [{"friendly_name": "d", "definition": {"exposes": exposes}}], decoder).is_understood
    assert _fields(_decode("d", {name: value}, decoder)) == {field: stored}


@pytest.mark.parametrize("name", ["formaldehyd", "hcho", "no2", "flow", "volume", "ec"])
def test_without_a_stated_unit_a_name_of_many_units_stays_raw(name: str) -> None:
    assert _fields(_decode("d", {name: 2})) == {f"reading.{name}": 2.0}


def test_two_channels_of_a_meter_are_two_readings() -> None:  # PJ-1203A: two clamps on one phase
    message = {
        "voltage": 231.5,
        "power_a": 250,
        "power_b": -20,
        "power_ab": 230,
        "energy_a": 3.3,
        "energy_produced_b": 0.2,
        "power_factor_a": 98,
    }
    decoded = _decode("d", message)
    assert {one.tags.get("sensor", ""): dict(one.fields) for one in decoded.readings if one.measurement == "power"} == {
        "": {"voltage": 231.5},
        "a": {"active_power": 250.0, "energy": 3300.0, "power_factor": 0.98},
        "b": {"active_power": -20.0, "energy_export": 200.0},
    }


def test_a_battery_beside_nothing_that_is_known_is_the_devices() -> None:
    assert _fields(_decode("d", {"volume": 12.345, "battery": 88})) == {"reading.volume": 12.345, "device.battery_percent": 88.0}


def test_null_is_absent_and_unknown_attributes_keep_their_names() -> None:
    message = {"occupancy": True, "update_available": None, "update": {"state": None}, "color": {"x": 0.3, "y": 0.4}, "formaldehyd": 2}
    assert _fields(_decode("d", message)) == {
        "state.occupancy": True,
        "reading.color_x": 0.3,
        "reading.color_y": 0.4,
        "reading.formaldehyd": 2.0,
    }


def test_an_action_that_is_over_is_no_action() -> None:
    decoded = _decode("btn", {"action": "", "linkquality": 100})
    assert _fields(decoded) == {"device.link_quality": 100.0}
    assert not decoded.refusals


def test_attributes_of_endpoints_do_not_overwrite_each_other() -> None:
    readings = _decode("wall", {"state_left": "ON", "state_right": "OFF", "power_left": 60}).readings
    assert [(dict(one.tags), dict(one.fields)) for one in readings] == [
        ({"device": "wall", "sensor": "left"}, {"output": True}),
        ({"device": "wall", "sensor": "left"}, {"active_power": 60.0}),
        ({"device": "wall", "sensor": "right"}, {"output": False}),
    ]


def test_three_phases_are_named_by_phase() -> None:
    fields = _fields(_decode("meter", {"power": 30, "voltage": 230, "power_phase_b": 10, "voltage_phase_b": 231, "current_phase_c": 2}))
    assert fields["power.active_power_l2"] == 10.0
    assert fields["power.voltage_l2"] == 231.0
    assert fields["power.current_l3"] == 2.0


@pytest.mark.parametrize("last_seen", ["2022-03-06T11:52:35+01:00", "2022-03-06T10:52:35.000Z", 1646563955000])
def test_last_seen_is_the_time_so_a_repeated_value_is_the_same_point(last_seen: object) -> None:
    decoder = _decoder()
    message = {"temperature": 23, "last_seen": last_seen}
    first, again = (_decode("d", message, decoder).readings for _ in range(2))
    assert first == again
    assert first[0].time_ns == _LAST_SEEN_NS


def test_a_last_seen_that_cannot_be_read_costs_only_the_time() -> None:
    decoded = _decode("d", {"temperature": 23, "last_seen": "yesterday"})
    assert decoded.readings[0].time_ns is None
    assert "last_seen" in decoded.refusals[0].reason


@pytest.mark.parametrize("offline", [b"offline", b'{"state":"offline"}', b'"offline"'])
@pytest.mark.parametrize("place", ["d/availability", "bridge/state"])
def test_a_device_that_goes_away_is_told_once(place: str, offline: bytes) -> None:
    decoder = _decoder()
    said = [_decode(place, word, decoder).missed for word in (b"online", offline, offline, b"online", offline)]
    assert [len(missed) for missed in said] == [0, 1, 0, 0, 1]
    assert said[1][0].reason == "device offline"


@pytest.mark.parametrize("topic", ["bridge/log", "bridge/event", "bridge/response/permit_join", "d/set", "d/get", "kitchen/d/set/state"])
def test_what_measures_nothing_is_understood(topic: str) -> None:
    decoded = _decode(topic, {"type": "pairing", "state": "ON"})
    assert decoded.is_understood
    assert not decoded.readings


def test_one_attribute_a_topic_is_read_too() -> None:
    decoded = _decode("kitchen/d/temperature", b"21.5")
    assert decoded.readings == [Reading("air", {"device": "kitchen/d"}, {"temperature": 21.5})]
    assert _decode("d/contact", b"true").readings == [Reading("state", {"device": "d"}, {"contact": True})]


def test_another_base_topic_is_an_option_and_others_are_refused() -> None:
    assert _decoder(base_topic="z2m/nha1").decode("z2m/nha1/d", b'{"co2": 400}').readings[0].tags == {"device": "d"}
    with pytest.raises(RejectedError, match="base_topic"):
        _decoder().decode("homebridge/report", b"{}")


def test_a_broken_value_does_not_cost_its_neighbours() -> None:
    decoded = _decode("d", {"temperature": "warm", "humidity": 50})
    assert _fields(decoded) == {"air.humidity": 50.0}
    assert "temperature" in decoded.refusals[0].reason


def test_messages_are_recognised_by_topic_or_by_link_quality() -> None:
    assert recognise("zigbee2mqtt/d", b"{}")
    assert recognise("other/d", b'{"linkquality": 4}')
    assert not recognise("tele/d/SENSOR", b'{"Time": "x"}')


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
_KEYS = st.sampled_from(["temperature", "voltage", "battery", "state", "state_l1", "last_seen", "device", "color", "x", "power_phase_b"])


@given(
    name=st.sampled_from(["d", "bridge/devices", "bridge/state", "d/availability", "d/temperature"]), message=st.dictionaries(_KEYS, _JSON)
)
def test_any_json_decodes_or_is_rejected(name: str, message: dict[str, object]) -> None:
    check(_decoder(), json.dumps(message).encode(), f"zigbee2mqtt/{name}")
    check(_decoder(), json.dumps([message]).encode(), f"zigbee2mqtt/{name}")
