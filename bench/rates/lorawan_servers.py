"""LoRaWAN: an uplink of a Milesight AM103 as The Things Stack and LORIOT publish it, with the payload bytes, beside the json module and a
Python reading by hand (ChirpStack: lorawan.py)."""

import base64
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import orjson

from bench.rates.case import Case, Message, by_hand
from bench.rates.lorawan import AM103, WHY, am103
from edge.decoders.table import build_decoder

_MESSAGES = 1_000
_EUI = "24E124136B5{:05X}"
_SETTINGS = {"data_rate": {"lora": {"bandwidth": 125000, "spreading_factor": 7, "coding_rate": "4/5"}}, "frequency": "868100000"}
Found = list[tuple[object, ...]]


def cases() -> Iterator[Case]:
    """Yield a case a network server."""
    options = {"codec": "milesight"}
    stack = [_of_the_stack(number) for number in range(_MESSAGES)]
    yield by_hand("ttn, milesight codec", "json, by hand", build_decoder("ttn", options), stack, json.loads, _read_stack, WHY, orjson.loads)
    loriot = [_of_loriot(number) for number in range(_MESSAGES)]
    yield by_hand(
        "loriot, milesight codec", "json, by hand", build_decoder("loriot", options), loriot, json.loads, _read_loriot, WHY, orjson.loads
    )


def _of_the_stack(number: int) -> Message:
    heard = [
        {"gateway_ids": {"gateway_id": f"roof-{one}", "eui": f"0016C001F153A14{one}"}, "rssi": -40 - one - number % 50, "snr": 9.5 - one}
        for one in range(2)
    ]
    uplink = {
        "session_key_id": "AYfg8rhha5n+FWx0ZaAprA==",
        "f_port": 85,
        "f_cnt": 20 + number,
        "frm_payload": base64.b64encode(AM103).decode(),
        "rx_metadata": heard,
        "settings": _SETTINGS,
        "received_at": "2026-03-01T09:34:15.775023242Z",
        "consumed_airtime": "0.061696s",
    }
    ids = {"device_id": f"school-{number}", "application_ids": {"application_id": "air"}, "dev_eui": _EUI.format(number)}
    message = {"end_device_ids": ids, "received_at": "2026-03-01T09:34:15.985912741Z", "uplink_message": uplink}
    return f"v3/air@ttn/devices/school-{number}/up", json.dumps(message).encode()


def _read_stack(_: str, found: Any) -> Found:
    up = found["uplink_message"]
    best = max(up["rx_metadata"], key=lambda one: one["snr"])
    at = up["received_at"]
    at_ns = int(datetime.fromisoformat(at[:19] + "+00:00").timestamp()) * 1_000_000_000 + int(at[20:29])
    link = {
        "rssi": float(best["rssi"]),
        "snr": float(best["snr"]),
        "heard_by": best["gateway_ids"]["eui"].lower(),
        "gateways": len(up["rx_metadata"]),
        "f_cnt": up["f_cnt"],
        "f_port": up["f_port"],
        "frequency": float(up["settings"]["frequency"]),
        "spreading_factor": up["settings"]["data_rate"]["lora"]["spreading_factor"],
    }
    return _readings(found["end_device_ids"]["dev_eui"], base64.b64decode(up["frm_payload"]), link, at_ns)


def _of_loriot(number: int) -> Message:
    heard = [{"rssi": -40 - one - number % 50, "snr": 9.5 - one, "gweui": f"0016C001F153A14{one}", "ts": 1772357655775} for one in range(2)]
    message = {"cmd": "gw", "EUI": _EUI.format(number), "ts": 1772357655775 + number, "fcnt": 20 + number, "port": 85, "freq": 868100000}
    return "", json.dumps({**message, "dr": "SF7 BW125 4/5", "ack": False, "gws": heard, "bat": 255, "data": AM103.hex()}).encode()


def _read_loriot(_: str, found: Any) -> Found:
    best = max(found["gws"], key=lambda one: one["snr"])
    link = {
        "rssi": float(best["rssi"]),
        "snr": float(best["snr"]),
        "heard_by": best["gweui"].lower(),
        "gateways": len(found["gws"]),
        "f_cnt": found["fcnt"],
        "f_port": found["port"],
        "frequency": float(found["freq"]),
        "spreading_factor": int(found["dr"][2:].split()[0]),
    }
    return _readings(found["EUI"], bytes.fromhex(found["data"]), link, found["ts"] * 1_000_000)


def _readings(eui: str, data: bytes, link: dict[str, object], at_ns: int) -> Found:
    device = {"device": eui.lower()}
    return [("air", device, {name: float(value) for name, value in am103(data).items()}, at_ns), ("lorawan", device, link, at_ns)]
