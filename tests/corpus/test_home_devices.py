"""Messages of consumer and street systems: Zigbee2MQTT, Tasmota, Shelly, airRohr, Frigate, Home Assistant discovery.

No decoded values lie beside these captures, so each number in a message is looked for among the readings: by its key, in the unit of the
catalogue (EXPECTED), or under its own name. What is no measurement is listed by name (NOT_MEASURED), so that nothing is dropped unseen.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any

import pytest

from edge.decoders.decoder import Decoder
from edge.decoders.table import DECODERS, build_decoder
from edge.names import lower_snake
from telemetry.errors import RejectedError
from telemetry.point import Reading
from tests.corpus.tally import CORPUS, Tally

_MQTT = CORPUS / "03_mqtt"

EXPECTED: dict[str, dict[str, tuple[str, float]]] = {  # key: (field, factor to the unit of the catalogue)
    "zigbee2mqtt": {
        "voc": ("tvoc", 1),
        "battery": ("battery_percent", 1),
        "voltage": ("battery", 0.001),
        "linkquality": ("link_quality", 1),
    },
    "tasmota": {
        "Battery": ("battery_percent", 1),
        "Fertility": ("conductivity", 1),
        "Vcc": ("supply_voltage", 1),
        "Heap": ("free_memory_bytes", 1024),
        "UptimeSec": ("uptime_s", 1),
        "Uptime": ("uptime_s", 3600),
        "LinkCount": ("reconnect_count", 1),
        "Wifi.RSSI": ("wifi_percent", 1),
        "Total": ("energy", 1000),
        "Today": ("energy_today", 1000),
        "Yesterday": ("energy_yesterday", 1000),
        "Period": ("energy_period", 1),
        "Power": ("active_power", 1),
        "Factor": ("power_factor", 1),
        "Distance[]": ("distance_{}", 1),
        "Energy[]": ("energy_{}", 1),
    },
    "shelly": {"tC": ("temperature", 1), "battery": ("battery_percent", 1)},
    "airrohr": {
        "SDS_P1": ("pm10", 1),
        "SDS_P2": ("pm2_5", 1),
        "BME280_temperature": ("temperature", 1),
        "BME280_humidity": ("humidity", 1),
        "BME280_pressure": ("pressure", 0.01),
        "signal": ("rssi", 1),
    },
}
NOT_MEASURED: dict[str, set[str]] = {
    "zigbee2mqtt": {"last_seen", "elapsed", "update", "device"},
    "tasmota": {"Sleep", "AP", "Channel", "Endpoint"},
    "shelly": {"ts", "id", "tF", "cfg_rev", "BTHome_version", "pid", "code", "restart_required", "encryption", "connected"},
    "airrohr": set(),
}
_ANSWERS = {"RESULT", "INFO1", "INFO2", "INFO3"}  # of Tasmota: answers to commands and start-up texts
_FOREIGN_TOPIC = "topic is another system's (homebridge-mi-aqara)"
_BROKEN_JSON = "JSON broken in the original"


def _lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (_MQTT / name).read_text(encoding="utf-8").splitlines()]


def _numbers(kind: str, value: object, key: str = "") -> Iterator[tuple[str, float]]:
    """Yield (key, number) of every leaf that is measured; a number as text counts where every value is text."""
    if isinstance(value, dict):
        for name, one in value.items():
            if name not in NOT_MEASURED[kind]:
                yield from _numbers(kind, one, f"Wifi.{name}" if key == "Wifi" and name == "RSSI" else name)
    elif isinstance(value, list):
        for number, one in enumerate(value):
            if not isinstance(one, dict):
                yield from ((f"{key}[]{number}", leaf) for _, leaf in _numbers(kind, one, key))
    elif isinstance(value, int | float):
        yield key, float(value)


def _expected(kind: str, key: str) -> tuple[str, float]:
    plain, _, index = key.partition("[]")
    field, factor = EXPECTED[kind].get(f"{plain}[]" if index else plain) or (lower_snake(plain), 1.0)
    return field.format(index), factor


def _compare(kind: str, numbers: Sequence[tuple[str, float]], readings: Sequence[Reading], tally: Tally) -> None:
    found = Counter(
        (name, round(float(value), 6)) for one in readings for name, value in one.fields.items() if isinstance(value, bool | int | float)
    )
    for key, number in numbers:
        field, factor = _expected(kind, key)
        place = (field, round(number * factor, 6))
        tally.checked += 1
        if found[place]:
            found[place] -= 1
        else:
            tally.mismatches[f"{key} {number} is not {field} {place[1]}"] += 1


def _decode(decoder: Decoder, topic: str, payload: str, tally: Tally) -> Sequence[Reading]:
    tally.frames += 1
    try:
        decoded = decoder.decode(topic, payload.encode())
    except RejectedError as error:
        tally.rejected += 1
        is_foreign = "is not below" in error.reason
        tally.mismatches[_FOREIGN_TOPIC if is_foreign else _BROKEN_JSON if "not JSON" in error.reason else error.reason] += 1
        return ()
    tally.readings += len(decoded.readings)
    tally.rejected += len(decoded.refusals)
    return decoded.readings


def zigbee2mqtt() -> Tally:
    tally, decoder = Tally("zigbee2mqtt", files=1), build_decoder("zigbee2mqtt", {})
    for line in _lines("zigbee2mqtt_messages.jsonl"):
        readings = _decode(decoder, line["topic"], line["payload"], tally)
        if readings:
            message = json.loads(line["payload"])
            _compare(tally.kind, list(_numbers(tally.kind, message)), readings, tally)
            assert all(reading.tags["device"] == line["topic"].removeprefix("zigbee2mqtt/") for reading in readings)
    return tally


def tasmota() -> Tally:
    tally, decoder = Tally("tasmota", files=1), build_decoder("tasmota", {})
    for line in _lines("tasmota_payloads.jsonl"):
        readings = _decode(decoder, line["topic"], line["payload"], tally)
        is_answer = line["topic"].rpartition("/")[2] in _ANSWERS and '"Time":' not in line["payload"]
        if line["valid_json"] and not is_answer and "IrReceived" not in line["payload"] and "RfReceived" not in line["payload"]:
            _compare(tally.kind, list(_numbers(tally.kind, json.loads(line["payload"]))), readings, tally)
    return tally


def shelly() -> Tally:
    tally, decoder = Tally("shelly", files=1), build_decoder("shelly", {})
    for line in _lines("shelly_messages.jsonl"):
        readings = _decode(decoder, line["topic"], line["payload"], tally)
        _compare(tally.kind, list(_numbers(tally.kind, json.loads(line["payload"]))), readings, tally)
    return tally


def airrohr() -> Tally:
    tally, decoder = Tally("airrohr", files=1), build_decoder("airrohr", {})
    for line in _lines("airrohr_push.jsonl"):
        readings = _decode(decoder, "", line["payload"], tally)
        values = json.loads(line["payload"])["sensordatavalues"]
        _compare(tally.kind, [(one["value_type"], float(one["value"])) for one in values], readings, tally)
    return tally


def frigate() -> Tally:
    tally, decoder = Tally("frigate", files=2), build_decoder("frigate", {})
    events = json.loads((_MQTT / "frigate/events_front_door.json").read_text(encoding="utf-8"))
    tally.frames += 1
    decoded = decoder.decode("", json.dumps(events).encode())
    tally.rejected += len(decoded.refusals)
    tally.readings += len(decoded.readings)
    for event, reading in zip(events, decoded.readings, strict=True):
        want = {name: event[name] for name in ("start_time", "end_time", "false_positive")} | {"top_score": event["data"]["top_score"]}
        _same(want | {"event_id": event["id"]}, reading, tally)
        assert reading.tags == {"device": event["camera"], "label": event["label"]}
        assert reading.time_ns is not None
        assert abs(reading.time_ns - event["end_time"] * 1e9) < 1_000
    for line in _lines("frigate/docs_mqtt_messages.jsonl"):
        (reading,) = _decode(decoder, "", json.dumps(line["json"]), tally)
        after = line["json"].get("after", line["json"])
        names = ("score", "top_score", "area", "ratio", "start_time", "severity", "stationary", "position_changes")
        _same({name: after[name] for name in names if name in after}, reading, tally)
    return tally


def _same(want: dict[str, object], reading: Reading, tally: Tally) -> None:
    for name, value in want.items():
        tally.checked += 1
        if reading.fields.get(name) != value:
            tally.mismatches[f"{name} {reading.fields.get(name)!r} is not {value!r}"] += 1


def ha_discovery() -> Tally:
    """The captures are discovery and one topic; a state is sent to each entity that they describe."""
    tally, decoder = Tally("ha_discovery, esphome", files=1), build_decoder("ha_discovery", {})
    for line in _lines("esphome_and_ha_discovery.jsonl"):
        if line["payload"] is not None:
            _decode(decoder, line["topic"], line["payload"], tally)
    states = [
        ("nodemcu/bmp180_pres", "1009.3", {"device": "nodemcu", "sensor": "bmp180_pressure"}, {"pressure": 1009.3}),
        ("zigbee2mqtt/détecteur_pir", '{"voltage":3000}', {"device": "détecteur_pir", "sensor": "voltage"}, {"battery": 3.0}),
        ("ems-esp/boiler_data_ww", '{"ww3wayvalve":1}', {"device": "ems-esp-boiler", "sensor": "boiler_dhw"}, {"boiler_dhw": 1.0}),
        ("weather-sensor/number/temperature_offset/state", "-1.5", {"device": "weather-sensor"}, {"temperature_offset": -1.5}),
    ]
    for topic, payload, tags, fields in states:
        (reading,) = _decode(decoder, topic, payload, tally)
        tally.checked += 1
        if reading.fields != fields or not tags.items() <= dict(reading.tags).items():
            tally.mismatches[f"{topic}: {reading}"] += 1
    return tally


KINDS = (zigbee2mqtt, tasmota, shelly, airrohr, frigate, ha_discovery)
_STATED = {"zigbee2mqtt": {_FOREIGN_TOPIC: 1}, "tasmota": {_BROKEN_JSON: 1}}
_AT_LEAST_CHECKED = {"zigbee2mqtt": 39, "tasmota": 100, "shelly": 6, "airrohr": 43, "frigate": 260, "ha_discovery, esphome": 4}


def tallies() -> list[Tally]:
    return [kind() for kind in KINDS]


@pytest.mark.skipif(not _MQTT.is_dir(), reason="no ../shared/data/03_mqtt: the messages are not on this machine")
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_number_of_every_message_is_found_or_its_absence_is_stated(kind: Any) -> None:
    tally = kind()
    assert dict(tally.mismatches) == _STATED.get(tally.kind, {})
    assert tally.rejected == sum(_STATED.get(tally.kind, {}).values())
    assert tally.checked >= _AT_LEAST_CHECKED[tally.kind]


@pytest.mark.skipif(not _MQTT.is_dir(), reason="no ../shared/data/03_mqtt: the messages are not on this machine")
def test_the_documentations_text_with_comments_is_refused_with_the_reason() -> None:
    decoder = build_decoder("frigate", {})
    texts = [line["text"] for line in _lines("frigate/docs_mqtt_messages.jsonl") if "//" in line["text"]]
    assert texts
    for text in texts:
        with pytest.raises(RejectedError, match="not JSON"):
            decoder.decode("frigate/events", text.encode())


@pytest.mark.skipif(not _MQTT.is_dir(), reason="no ../shared/data/03_mqtt: the messages are not on this machine")
def test_one_decoder_at_most_recognises_a_message() -> None:
    messages = [
        (line.get("topic", ""), line["payload"] or "")
        for name in ("zigbee2mqtt_messages", "tasmota_payloads", "shelly_messages", "airrohr_push", "esphome_and_ha_discovery")
        for line in _lines(f"{name}.jsonl")
    ]
    messages += [("", json.dumps(line["json"])) for line in _lines("frigate/docs_mqtt_messages.jsonl")[-1:]]
    modules = {row.module: import_module(row.module) for row in DECODERS.values()}
    recognised = 0
    for topic, payload in messages:
        claims = [name for name, module in modules.items() if hasattr(module, "recognise") and module.recognise(topic, payload.encode())]
        assert len(claims) <= 1, (topic, claims)
        recognised += len(claims)
    assert recognised / len(messages) > 0.9
