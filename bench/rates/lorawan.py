"""LoRaWAN: an uplink as ChirpStack publishes it, decoded there or by our codecs, beside the json module and a Python reading by hand; and
Cayenne LPP beside pycayennelpp.

The payloads are made to the vendors' tables.
"""

import base64
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import orjson

from bench.rates.case import Case, Message, by_hand
from edge.decoders.lorawan.codec.library import load
from edge.decoders.table import build_decoder

_MESSAGES = 1_000
_EUI = "24e124136b5{:05x}"
_LPP = bytes.fromhex("0367011005680A02680B06730104" + "0171007FFF000000" + "018806765FF2960A0003E8")
WHY = (
    "the reference knows this one device and checks nothing; ours chooses the codec, converts units, counts frames and keeps each part's "
    "refusals apart. The same script with orjson is 2 times itself at most; a gateway of eight channels hears 160 uplinks a second at most"
)
AM103 = bytes.fromhex("0175640367180104686d077dc501")


def cases() -> Iterator[Case]:
    """Yield the cases of this family."""
    import cayennelpp

    decoded = [_message(number, {"object": {"temperature": 21.5, "humidity": 54.0, "co2": 453 + number}}) for number in range(_MESSAGES)]
    raw = [_message(number, {}) for number in range(_MESSAGES)]
    for name, options, messages in (
        ("chirpstack, decoded there", {"measurement": "air"}, decoded),
        ("chirpstack, milesight codec", {"codec": "milesight"}, raw),
    ):
        yield by_hand(name, "json, by hand", build_decoder("chirpstack", options), messages, json.loads, _by_hand, WHY, orjson.loads)
    codec = load("cayenne")

    def ours() -> int:
        return sum(len(fields) for _ in range(_MESSAGES) for fields in codec.decode(_LPP, 1).fields.values())

    def reference() -> int:
        return sum(len(one.value) for _ in range(_MESSAGES) for one in cayennelpp.LppFrame.from_bytes(_LPP).data)

    lpp = "both make an object of each value; ours also checks each number and keeps its own table of types in TOML"
    yield Case("cayenne codec", "pycayennelpp", _MESSAGES, ours, reference, lpp)


def _by_hand(_: str, found: Any) -> list[tuple[object, ...]]:
    """What a script for this one device does: two readings a message."""
    fields = found.get("object") or am103(base64.b64decode(found["data"]))
    best = max(found["rxInfo"], key=lambda one: one["snr"])
    at = found["time"]
    at_ns = int(datetime.fromisoformat(at[:19] + at[29:]).timestamp()) * 1_000_000_000 + int(at[20:29])
    device = {"device": found["deviceInfo"]["devEui"]}
    link = {
        "rssi": float(best["rssi"]),
        "snr": float(best["snr"]),
        "heard_by": best["gatewayId"],
        "gateways": len(found["rxInfo"]),
        "f_cnt": found["fCnt"],
        "f_port": found["fPort"],
        "frequency": float(found["txInfo"]["frequency"]),
        "spreading_factor": found["txInfo"]["modulation"]["lora"]["spreadingFactor"],
    }
    return [("air", device, {name: float(value) for name, value in fields.items()}, at_ns), ("lorawan", device, link, at_ns)]


def am103(data: bytes) -> dict[str, float]:
    fields: dict[str, float] = {}
    pos = 0
    while pos < len(data):
        kind = data[pos : pos + 2]
        if kind == b"\x01\x75":
            fields["battery_percent"], pos = data[pos + 2], pos + 3
        elif kind == b"\x03\x67":
            fields["temperature"], pos = int.from_bytes(data[pos + 2 : pos + 4], "little", signed=True) / 10, pos + 4
        elif kind == b"\x04\x68":
            fields["humidity"], pos = data[pos + 2] / 2, pos + 3
        elif kind == b"\x07\x7d":
            fields["co2"], pos = int.from_bytes(data[pos + 2 : pos + 4], "little"), pos + 4
        else:
            break
    return fields


def _message(number: int, more: dict[str, Any]) -> Message:
    message = {
        "deduplicationId": "3ac7e3c4-4401-4b8d-9386-a5c902f9202d",
        "time": "2026-03-01T09:34:15.775023242+00:00",
        "deviceInfo": {
            "tenantId": "52f14cd4-c6f1-4fbd-8f87-4025e1d49242",
            "applicationName": "air",
            "deviceProfileName": "AM103",
            "deviceName": f"school {number}",
            "devEui": _EUI.format(number),
            "tags": {},
        },
        "devAddr": "00189440",
        "adr": True,
        "dr": 5,
        "fCnt": 20 + number,
        "fPort": 85,
        "confirmed": False,
        "data": base64.b64encode(AM103).decode(),
        "rxInfo": [
            {"gatewayId": "0016c001f153a14c", "uplinkId": 4217106255, "rssi": -36 - number % 60, "snr": 10.5, "context": "E3OWOQ=="},
            {"gatewayId": "0016c001f153a14d", "uplinkId": 4217106256, "rssi": -56 - number % 60, "snr": 7.5, "context": "E3OWOQ=="},
        ],
        "txInfo": {"frequency": 867100000, "modulation": {"lora": {"bandwidth": 125000, "spreadingFactor": 7, "codeRate": "CR_4_5"}}},
        **more,
    }
    return "", json.dumps(message).encode()
