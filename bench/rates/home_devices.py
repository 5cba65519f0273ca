"""Decoders of MQTT devices beside what a technician would write: the json module and a mapping by hand for exactly these messages."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import orjson

from bench.rates.case import Case, Message, by_hand
from edge.decoders.decoder import Decoder
from edge.decoders.table import build_decoder

_MESSAGES = 2_000
_WHY = (
    "json.loads is half to four fifths of the reference, and what is left of it checks nothing: no unit, no text or NaN among the numbers, "
    "no other message or device (docs/benchmarks.md, decoders)"
)
Found = list[tuple[str, dict[str, str], dict[str, object], int | None]]


def cases() -> Iterator[Case]:
    """Yield one case a decoder: the same messages, as the decoder and as the script read them."""
    yield _case("zigbee2mqtt", {}, [_zigbee(number) for number in range(_MESSAGES)], _read_zigbee)
    yield _case("tasmota", {"tz": "Asia/Ho_Chi_Minh"}, [_tasmota(number) for number in range(_MESSAGES)], _read_tasmota)
    yield _case("shelly", {}, [_shelly(number) for number in range(_MESSAGES)], _read_shelly)
    yield _case("airrohr", {}, [_airrohr(number) for number in range(_MESSAGES)], _read_airrohr)
    yield _case("frigate", {}, [_frigate(number) for number in range(_MESSAGES)], _read_frigate)
    yield _case("ha_discovery", {}, [_discovered(number) for number in range(_MESSAGES)], _read_discovered, prepare=_discover)


def _case(
    kind: str,
    options: dict[str, object],
    messages: list[Message],
    read: Callable[[str, Any], Found],
    prepare: Callable[[Decoder], None] = lambda _: None,
) -> Case:
    decoder = build_decoder(kind, options)
    prepare(decoder)
    return by_hand(kind, "json, by hand", decoder, messages, json.loads, read, _WHY, orjson.loads)


def _zigbee(number: int) -> Message:
    message = {"battery": 97, "humidity": 60 + number % 20 / 10, "last_seen": 1765292605895 + number, "linkquality": 84, "pressure": 1009.3}
    return "zigbee2mqtt/Air Sensor", json.dumps({**message, "temperature": 21 + number % 50 / 10, "voltage": 2985}).encode()


def _read_zigbee(topic: str, root: Any) -> Found:
    fields = {
        "temperature": float(root["temperature"]),
        "humidity": float(root["humidity"]),
        "pressure": float(root["pressure"]),
        "battery_percent": float(root["battery"]),
        "link_quality": float(root["linkquality"]),
        "battery": root["voltage"] / 1000,
    }
    return [("air", {"device": topic.removeprefix("zigbee2mqtt/")}, fields, root["last_seen"] * 1_000_000)]


def _tasmota(number: int) -> Message:
    energy = {
        "Total": round(6.294 + number, 3),
        "Yesterday": 5.34,
        "Today": 0.954,
        "Power": 2635,
        "ApparentPower": 2650,
        "ReactivePower": 282,
    }
    energy |= {"Factor": 0.99, "Voltage": 227, "Current": 11.661}
    time = f"2026-02-15T17:{number // 60 % 60:02}:{number % 60:02}"
    message = {"Time": time, "ENERGY": energy, "DS18B20": {"Id": "01144A0CB2AA", "Temperature": 20.6}, "TempUnit": "C"}
    return "tele/pow1/SENSOR", json.dumps(message).encode()


def _read_tasmota(topic: str, root: Any) -> Found:
    energy, device = root["ENERGY"], topic.split("/")[1]
    time_ns = int(datetime.fromisoformat(root["Time"] + "+07:00").timestamp()) * 1_000_000_000
    fields = {
        "energy": round(energy["Total"] * 1000, 6),
        "energy_today": round(energy["Today"] * 1000, 6),
        "energy_yesterday": round(energy["Yesterday"] * 1000, 6),
        "active_power": float(energy["Power"]),
        "apparent_power": float(energy["ApparentPower"]),
        "reactive_power": float(energy["ReactivePower"]),
        "power_factor": float(energy["Factor"]),
        "voltage": float(energy["Voltage"]),
        "current": float(energy["Current"]),
    }
    return [
        ("power", {"device": device, "sensor": "ENERGY"}, fields, time_ns),
        ("air", {"device": device, "sensor": "DS18B20"}, {"temperature": float(root["DS18B20"]["Temperature"])}, time_ns),
    ]


def _shelly(number: int) -> Message:
    switch = {
        "id": 0,
        "output": True,
        "apower": 35.2,
        "voltage": 229.8,
        "current": 0.21,
        "aenergy": {"total": 12345.6, "by_minute": [1, 2]},
    }
    params = {"ts": 1736603810.49 + number, "switch:0": {**switch, "temperature": {"tC": 48.5, "tF": 119.3}}}
    return "plug/events/rpc", json.dumps({"src": "plug", "dst": "plug/events", "method": "NotifyStatus", "params": params}).encode()


def _read_shelly(topic: str, root: Any) -> Found:
    params = root["params"]
    switch, tags = params["switch:0"], {"device": topic.split("/")[0], "sensor": "switch:0"}
    power = {
        "active_power": float(switch["apower"]),
        "voltage": float(switch["voltage"]),
        "current": float(switch["current"]),
        "energy": float(switch["aenergy"]["total"]),
    }
    time_ns = round(params["ts"] * 1000) * 1_000_000
    return [
        ("state", tags, {"output": switch["output"]}, time_ns),
        ("power", tags, dict(power), time_ns),
        ("device", tags, {"chip_temperature": float(switch["temperature"]["tC"])}, time_ns),
    ]


_AIRROHR = {
    "SDS_P1": ("SDS011", "pm10"),
    "SDS_P2": ("SDS011", "pm2_5"),
    "BME280_temperature": ("BME280", "temperature"),
    "BME280_humidity": ("BME280", "humidity"),
    "BME280_pressure": ("BME280", "pressure"),
    "samples": ("", "samples"),
    "signal": ("", "rssi"),
}


def _airrohr(number: int) -> Message:
    texts = ("27.65", "10.60", "33.87", "10.25", "99623.66", str(number), "-68")
    values = [{"value_type": kind, "value": text} for kind, text in zip(_AIRROHR, texts, strict=True)]
    return "air", json.dumps({"esp8266id": "7332865", "software_version": "NRZ-2020-129", "sensordatavalues": values}).encode()


def _read_airrohr(_: str, root: Any) -> Found:
    found: dict[str, dict[str, object]] = {}
    for item in root["sensordatavalues"]:
        sensor, field = _AIRROHR[item["value_type"]]
        value = float(item["value"])
        found.setdefault(sensor, {})[field] = round(value / 100, 6) if field == "pressure" else value
    device = {"device": root["esp8266id"]}
    return [("air", {**device, "sensor": one}, fields, None) if one else ("device", device, fields, None) for one, fields in found.items()]


def _frigate(number: int) -> Message:
    event = {"id": f"1607123955.475377-{number}", "camera": "front_door", "frame_time": 1607123962.082975, "label": "person", "score": 0.87}
    event |= {"top_score": 0.958984375, "false_positive": False, "start_time": 1607123955.475377, "end_time": None, "area": 40096}
    event |= {"box": [432, 496, 544, 854], "current_zones": ["yard", "driveway"], "entered_zones": ["yard"], "stationary": False}
    return "frigate/events", json.dumps({"type": "update", "before": event, "after": event}).encode()


def _read_frigate(_: str, root: Any) -> Found:
    after = root["after"]
    fields = {
        "change": root["type"],
        "event_id": after["id"],
        "score": after["score"],
        "top_score": after["top_score"],
        "area": float(after["area"]),
        "start_time": after["start_time"],
        "false_positive": after["false_positive"],
        "stationary": after["stationary"],
        "zones": ",".join(after["current_zones"]),
        "entered_zones": ",".join(after["entered_zones"]),
    }
    tags = {"device": after["camera"], "label": after["label"]}
    return [("camera_event", tags, fields, int(after["frame_time"] * 1_000_000) * 1000)]


def _discover(decoder: Decoder) -> None:
    for name, unit in (("temperature", "°C"), ("humidity", "%"), ("power", "kW")):
        config = {
            "stat_t": "box/state",
            "dev_cla": name,
            "unit_of_meas": unit,
            "val_tpl": f"{{{{ value_json.{name} }}}}",
            "dev": {"name": "Box"},
        }
        decoder.decode(f"homeassistant/sensor/box/{name}/config", json.dumps(config).encode())


def _discovered(number: int) -> Message:
    return "box/state", json.dumps({"temperature": 21 + number % 50 / 10, "humidity": 60.5, "power": 1.25, "uptime": number}).encode()


def _read_discovered(_: str, root: Any) -> Found:
    return [
        ("air", {"device": "Box", "sensor": "temperature"}, {"temperature": float(root["temperature"])}, None),
        ("air", {"device": "Box", "sensor": "humidity"}, {"humidity": float(root["humidity"])}, None),
        ("power", {"device": "Box", "sensor": "power"}, {"active_power": root["power"] * 1000}, None),
    ]
