"""ChirpStack events: v4 (application/<id>/device/<DevEUI>/event/<up|join|…>, JSON), and the shape of v3 with devEUI at the top, which
gateways with a network server of their own send too (Milesight UG series).

Time: `time` of an uplink is what ChirpStack settled on (a gateway's GPS time, else its own clock; chirpstack-docs, integrations/events);
without it the first `nsTime`, then `gwTime`, of rxInfo. A `log` event of level ERROR is refused with its words; `status` gives battery
and margin; a zero that protobuf leaves out (fCnt, fPort) is unknown here.
"""

from collections.abc import Mapping
from typing import Any

from edge.decoders.decoder import Refusals, shown
from edge.decoders.json_mapping.payload import parse_payload
from edge.decoders.lorawan.core import Join, Status, UplinkDecoder
from edge.decoders.lorawan.options import UplinkOptions
from edge.decoders.lorawan.sensor import sensor_object
from edge.decoders.lorawan.uplink import Heard, Parts, Uplink, eui_of, f_cnt_of, from_base64
from telemetry.errors import RejectedError
from telemetry.point import FieldValue

EVENTS = ("up", "join", "ack", "txack", "log", "status", "location", "integration", "error")
_BATTERY_NOT_KNOWN = 255  # LoRaWAN 1.0.4, DevStatusAns


class Options(UplinkOptions):
    """Options of decoder `chirpstack`."""


def build(options: Options) -> UplinkDecoder:
    return UplinkDecoder(options, read)


def recognise(topic: str, payload: bytes) -> str:
    if b'"deviceInfo"' in payload and b'"devEui"' in payload:
        where = f", on a topic of event {topic.rpartition('/')[2]}" if "/event/" in topic else ""
        return f"deviceInfo with devEui, as ChirpStack v4 writes it{where}"
    if b'"devEUI"' in payload and b'"fCnt"' in payload and b'"rxInfo"' in payload:
        return "devEUI, fCnt and rxInfo, as ChirpStack v3 and Milesight gateways write them"
    return ""


def read(topic: str, message: Mapping[str, Any], refusals: Refusals) -> Uplink | Join | Status | None:
    parts = Parts(message, refusals)
    about = Parts(parts.table("deviceInfo"), refusals) if "deviceInfo" in message else parts
    eui = eui_of(about.text("devEui")) or eui_of(about.text("devEUI")) or eui_of(_topic_eui(topic))
    if not eui:
        raise RejectedError(f"no DevEUI in deviceInfo.devEui: {shown(about.text('devEui') or about.text('devEUI') or None)}")
    event = _event(topic, message)
    if event == "up":
        return _uplink(parts, about, eui, refusals)
    time_ns = parts.time("time")
    if event == "join":
        return Join(eui, time_ns)
    if event == "status":
        return Status(eui, about.text("deviceName"), time_ns, _status(parts, message))
    if event in {"log", "error"} and (event == "error" or parts.text("level").upper() == "ERROR"):
        code = parts.text("code") or parts.text("type")
        text = parts.line("description") or parts.line("error") or "no description"
        refusals.add(f"ChirpStack reports of {eui}: {code + ': ' if code else ''}{text}")
    return None


def _event(topic: str, message: Mapping[str, Any]) -> str:
    """Return the event: the last level of the topic if it names one, else what the members tell."""
    last = topic.rpartition("/")[2]
    if "/event/" in topic and last in EVENTS:
        return last
    if "rxInfo" in message or "data" in message or "fPort" in message or "object" in message:
        return "up"
    if "margin" in message or "batteryLevel" in message:
        return "status"
    if "level" in message and "code" in message:
        return "log"
    if any(key in message for key in ("queueItemId", "downlinkId", "acknowledged", "location", "integrationName")):
        return "txack"
    return "join" if "devAddr" in message else "up"


def _uplink(parts: Parts, about: Parts, eui: str, refusals: Refusals) -> Uplink:
    heard, times = [], []
    for info in parts.tables("rxInfo"):
        one = Parts(info, refusals)
        snr = one.number("snr") if "snr" in info else one.number("loRaSNR")
        gateway = one.text("gatewayId") or one.text("gatewayID") or one.text("mac")
        heard.append(Heard(eui_of(gateway) or gateway.lower(), one.number("rssi"), snr))
        times.append(one)
    time_ns = parts.time("time")
    if time_ns is None:
        time_ns = next((found for one in times if (found := one.time("nsTime", "gwTime", "time")) is not None), None)
    radio = Parts(parts.table("txInfo"), refusals)
    return Uplink(
        eui=eui,
        name=about.text("deviceName"),
        f_cnt=f_cnt_of(parts, "fCnt"),
        f_port=parts.whole("fPort", 255),
        data=parts.data("data", from_base64),
        decoded=sensor_object(parts.table("object")) or _object_in_text(parts, refusals),
        is_normalized=False,
        time_ns=time_ns,
        frequency_hz=radio.number("frequency"),
        spreading_factor=_spreading_factor(radio, refusals),
        heard=heard,
        hints=(about.text("deviceProfileName"), about.text("deviceName")),
    )


def _object_in_text(parts: Parts, refusals: Refusals) -> Mapping[str, Any] | None:
    """ChirpStack v3 writes the decoded object as text."""
    text = parts.long_text("objectJSON")
    if not text:
        return None
    try:
        return sensor_object(parse_payload(text.encode("utf-8", "surrogatepass")))
    except RejectedError as error:
        refusals.add(f"objectJSON: {error.reason}")
        return None


def _spreading_factor(radio: Parts, refusals: Refusals) -> int | None:
    if radio.has_table("modulation"):  # v4
        return Parts(Parts(radio.table("modulation"), refusals).table("lora"), refusals).whole("spreadingFactor", 12)
    if radio.has_table("loRaModulationInfo"):  # v3
        return Parts(radio.table("loRaModulationInfo"), refusals).whole("spreadingFactor", 12)
    if radio.has_table("dataRate"):  # Milesight gateways
        return Parts(radio.table("dataRate"), refusals).whole("spreadFactor", 12)
    return None


def _status(parts: Parts, message: Mapping[str, Any]) -> dict[str, FieldValue]:
    fields: dict[str, FieldValue] = {}
    margin, level = parts.number("margin"), parts.number("batteryLevel")
    if margin is not None:
        fields["margin"] = margin
    is_unknown = message.get("batteryLevelUnavailable") is True or message.get("externalPowerSource") is True
    if level is not None and not is_unknown and level != _BATTERY_NOT_KNOWN:
        fields["battery_percent"] = level
    return fields


def _topic_eui(topic: str) -> str:
    levels = topic.split("/")
    return levels[3] if len(levels) > 4 and levels[0] == "application" and levels[2] == "device" else ""
