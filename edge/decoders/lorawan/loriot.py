"""LORIOT application output: JSON with `cmd` "rx" (an uplink) or "gw" (with every gateway in `gws`), EUI, ts in ms, fcnt, port, data (hex).

Time: `ts`, of LORIOT's server. Other commands (downlink results, "txd", status) are understood; `decoded` is what LORIOT's decoder gave.
"""

import re
from collections.abc import Mapping
from typing import Any

from edge.decoders.decoder import Refusals, shown
from edge.decoders.lorawan.core import Join, Status, UplinkDecoder
from edge.decoders.lorawan.options import UplinkOptions
from edge.decoders.lorawan.sensor import sensor_object
from edge.decoders.lorawan.uplink import Heard, Parts, Uplink, eui_of, f_cnt_of, from_hex
from telemetry.errors import RejectedError

_FULL = 254  # DevStatusAns: 1 to 254; 0 is an external supply, 255 unknown (LoRaWAN 1.0.4, section 5.5)
_SPREADING = re.compile(r"SF(\d{1,2})\b")


class Options(UplinkOptions):
    """Options of decoder `loriot`."""


def build(options: Options) -> UplinkDecoder:
    return UplinkDecoder(options, read)


def recognise(_topic: str, payload: bytes) -> str:
    if b'"cmd"' in payload and b'"EUI"' in payload and (b'"fcnt"' in payload or b'"port"' in payload):
        return "cmd, EUI and fcnt, as LORIOT writes them"
    return ""


def read(_topic: str, message: Mapping[str, Any], refusals: Refusals) -> Uplink | Join | Status | None:
    parts = Parts(message, refusals)
    command = parts.text("cmd")
    if command not in {"rx", "gw"}:
        if command:
            return None
        raise RejectedError("no cmd: a message of LORIOT has cmd rx or gw")
    eui = eui_of(parts.text("EUI"))
    if not eui:
        raise RejectedError(f"EUI: {shown(message.get('EUI'))} is not a DevEUI of 16 hex digits")
    heard = []
    for info in parts.tables("gws"):
        one = Parts(info, refusals)
        heard.append(Heard(one.text("gweui").lower(), one.number("rssi"), one.number("snr")))
    if not heard and ("rssi" in message or "snr" in message):
        heard = [Heard("", parts.number("rssi"), parts.number("snr"))]
    if "encdata" in message and "data" not in message:
        refusals.add("encdata: still encrypted; give LORIOT the AppSKey, or have it join devices itself")
    spreading = _SPREADING.match(parts.text("dr"))
    decoded = parts.table("decoded")
    return Uplink(
        eui=eui,
        name=eui,
        f_cnt=f_cnt_of(parts, "fcnt"),
        f_port=parts.whole("port", 255),
        data=parts.data("data", from_hex),
        decoded=sensor_object(decoded.get("data") if isinstance(decoded.get("data"), dict) else decoded),
        is_normalized=False,
        time_ns=parts.time("ts"),
        frequency_hz=parts.number("freq"),
        spreading_factor=int(spreading[1]) if spreading else None,
        heard=heard,
        hints=(),
        battery_percent=_battery(parts.number("bat")),
    )


def _battery(level: float | None) -> float | None:
    return round(level / _FULL * 100, 1) if level is not None and 1 <= level <= _FULL else None
