"""Decoders of MQTT devices, on all their topics: whatever comes where a device's own words stand is decoded or refused by name.

tests/edge/decoders/contract.py checks each decoder on one topic; here the names that the decoders look for are filled with anything.
"""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.decoders.table import build_decoder
from tests.edge.decoders.contract import NASTY, check

TOPICS = {
    "tasmota": ("tele/x/SENSOR", "tele/x/STATE", "stat/x/STATUS8", "stat/x/RESULT", "tele/x/LWT", "stat/x/POWER1", "tele/x/ENERGY"),
    "shelly": (
        "shellies/d/status", "shellies/d/ext_temperatures", "shellies/d/relay/0/power", "shellies/d/online", "d/events/rpc", "d/rpc",
        "d/status/em:0", "d/status/switch:0", "d/status/bthomesensor:200", "d/status/sys", "shelly-blu/events/x",
    ),
    "zigbee2mqtt": ("zigbee2mqtt/d", "zigbee2mqtt/d/temperature", "zigbee2mqtt/bridge/devices", "zigbee2mqtt/d/availability"),
    "frigate": (
        "frigate/events", "frigate/stats", "frigate/tracked_object_update", "frigate/available", "frigate/c/person", "frigate/c/audio/rms",
    ),
    "ha_discovery": ("homeassistant/sensor/a/b/config", "homeassistant/device/b/config", "t/1", "n/sensor/x/state", "n/status"),
    "airrohr": ("air/1",),
}  # fmt: skip
ODD_TOPICS = (
    "", "/", "a" * 70_000, "tele/\0/SENSOR", "tele//SENSOR", "+/#", "zigbee2mqtt/", "shellies/", "homeassistant//config", "\ud800",
    "\u202e/x",
)  # fmt: skip
_KEYS = st.sampled_from([
    "Time", "ENERGY", "Total", "Power", "TempUnit", "Wifi", "RSSI", "POWER1", "StatusSNS", "StatusSTS", "ZbReceived", "ANALOG",
    "Temperature1", "BME680", "Gas", "MGS", "CO", "Speed", "Dir", "Deg", "Uptime", "params", "result", "ts", "src", "method", "em:0",
    "a_current", "errors", "switch:0", "aenergy", "total", "temperature", "tC", "battery", "V", "percent", "sys", "wifi", "rssi", "tmp",
    "value", "units", "is_valid", "motion", "lux", "bat", "BTHome_version", "address", "last_updated_ts", "exposes", "property", "unit",
    "friendly_name", "definition", "features", "state", "last_seen", "voltage", "power_a", "action", "color", "before", "after",
    "camera", "id", "label", "start_time", "end_time", "data", "detections", "zones", "score", "severity", "type", "cameras",
    "detectors", "inference_speed", "service", "temperatures", "cpu_usages", "sensordatavalues", "value_type", "age", "esp8266id",
    "stat_t", "val_tpl", "dev", "ids", "name", "cmps", "p", "avty", "t", "avty_mode", "dev_cla", "unit_of_meas", "pl_on", "~",
    "bthomesensor:200", "events", "component", "event", "counts",
])  # fmt: skip
_WORDS = st.sampled_from([
    "", "x", "ON", "offline", "NaN", "{{ value_json.a }}", "sensor", "temperature", "°C", "\ud800", "a" * 300, "\0", "\u202e", "t/1",
    "~/x", "SDS_P1", "ratioP1", "new", "NotifyStatus", "NotifyEvent", "single_push", "mV", "all", "2026-01-01T00:00:00Z", "1" * 400,
])  # fmt: skip
_NUMBERS = st.sampled_from([0, 1, -1, 2**63, 10**400, 1e308, 5e-324, 1_700_000_000, -0.0, float("nan"), float("inf")])
_VALUES = st.recursive(
    _WORDS | _NUMBERS | st.none() | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=15,
)


@pytest.mark.parametrize("kind", TOPICS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_anything_where_a_devices_words_stand_is_decoded_or_refused(kind: str, data: st.DataObject) -> None:
    decoder = build_decoder(kind, {})
    messages = st.lists(st.tuples(st.sampled_from(TOPICS[kind]), _VALUES | st.dictionaries(_KEYS, _VALUES, max_size=6)), max_size=6)
    for topic, value in data.draw(messages):
        text = json.dumps(value)
        check(decoder, text.encode(), topic)
        check(decoder, (text[:-1] + "," + text[1:]).encode(), topic)  # the same keys twice


@pytest.mark.parametrize("kind", TOPICS)
@pytest.mark.parametrize("name", [name for name in NASTY if not name.startswith("10 MB")])
def test_what_is_nasty_on_one_topic_is_so_on_every_other(kind: str, name: str) -> None:
    for topic in TOPICS[kind]:
        check(build_decoder(kind, {}), NASTY[name], topic)


@pytest.mark.parametrize("kind", [*TOPICS, "sparkplug"])
def test_odd_topics_are_decoded_or_refused(kind: str) -> None:
    for topic in ODD_TOPICS:
        for payload in (b"1", b"ON", b"{}", b'{"temperature": 1}', b""):
            check(build_decoder(kind, {}), payload, topic)


@pytest.mark.parametrize("kind", TOPICS)
def test_a_megabyte_of_text_in_one_value_is_short_in_every_reason(kind: str) -> None:
    text = json.dumps({"temperature": "x" * 1_000_000, "ENERGY": {"Power": "y" * 60_000}, "em:0": {"voltage": "\u202e" * 1_000}})
    for topic in TOPICS[kind]:
        check(build_decoder(kind, {}), text.encode(), topic)
        check(build_decoder(kind, {}), json.dumps({"temperature": "x" * 50_000, "ENERGY": {"Power": "y" * 5_000}}).encode(), topic)
