"""The Things Stack v3: v3/<application>@<tenant>/devices/<device>/<up|join|down/…>, JSON (The Things Stack data formats).

Time: `uplink_message.received_at`, when the network server had the uplink. The outer `received_at` is the application server's, later by
its way there; `rx_metadata[].time` is a gateway's own clock, which nobody checks. A device is its DevEUI; its `device_id` where it has
none.
"""

from collections.abc import Mapping
from typing import Any

from edge.decoders.decoder import Refusals, shown
from edge.decoders.lorawan.core import Join, Status, UplinkDecoder
from edge.decoders.lorawan.options import UplinkOptions
from edge.decoders.lorawan.sensor import sensor_object
from edge.decoders.lorawan.uplink import Heard, Parts, Uplink, eui_of, f_cnt_of, from_base64
from telemetry.errors import RejectedError

_WARNINGS_SHOWN = 5
_NO_READING = (
    "join_accept",
    "downlink_ack",
    "downlink_nack",
    "downlink_sent",
    "downlink_failed",
    "downlink_queued",
    "downlink_queue_invalidated",
    "location_solved",
    "service_data",
)


class Options(UplinkOptions):
    """Options of decoder `ttn`."""


def build(options: Options) -> UplinkDecoder:
    return UplinkDecoder(options, read)


def recognise(topic: str, payload: bytes) -> str:
    if b'"end_device_ids"' not in payload:
        return ""
    if b'"uplink_message"' in payload:
        return "end_device_ids and uplink_message, as The Things Stack v3 writes them"
    found = next((kind for kind in _NO_READING if f'"{kind}"'.encode() in payload), "a topic of a downlink" if "/down/" in topic else "")
    return f"end_device_ids and {found}, as The Things Stack v3 writes them" if found else ""


def read(topic: str, message: Mapping[str, Any], refusals: Refusals) -> Uplink | Join | Status | None:
    parts = Parts(message, refusals)
    ids = Parts(parts.table("end_device_ids"), refusals)
    eui, name = eui_of(ids.text("dev_eui")), ids.text("device_id")
    if not eui and not name:
        raise RejectedError(f"no dev_eui or device_id in end_device_ids: {shown(message.get('end_device_ids'))}")
    if "join_accept" in message:
        return Join(eui or name, parts.time("received_at"))
    if "uplink_message" not in message:
        if any(kind in message for kind in _NO_READING) or "/down/" in topic:
            return None
        raise RejectedError("no uplink_message, and no other message of The Things Stack that is known")
    return _uplink(parts, eui, name, refusals)


def _uplink(parts: Parts, eui: str, name: str, refusals: Refusals) -> Uplink:
    up = Parts(parts.table("uplink_message"), refusals)
    heard = []
    for data in up.tables("rx_metadata"):
        one = Parts(data, refusals)
        ids = Parts(one.table("gateway_ids"), refusals)
        heard.append(Heard(_gateway(one, ids, refusals), one.number("rssi"), one.number("snr")))
    settings = Parts(up.table("settings"), refusals)
    lora = Parts(Parts(settings.table("data_rate"), refusals).table("lora"), refusals)
    decoded, normalized = sensor_object(up.table("decoded_payload")), up.normalized()
    for warning in up.texts("decoded_payload_warnings")[:_WARNINGS_SHOWN]:
        refusals.add(f"the decoder of The Things Stack warns: {warning}")
    versions = Parts(up.table("version_ids"), refusals)
    return Uplink(
        eui=eui,
        name=name,
        f_cnt=f_cnt_of(up, "f_cnt"),
        f_port=up.whole("f_port", 255),
        data=up.data("frm_payload", from_base64),
        decoded=normalized[-1] if normalized else decoded,
        before=normalized[:-1],
        is_normalized=bool(normalized),
        time_ns=_time(up, parts),
        frequency_hz=settings.number("frequency"),
        spreading_factor=lora.whole("spreading_factor", 12),
        heard=heard,
        battery_percent=Parts(up.table("last_battery_percentage"), refusals).number("value"),
        is_simulated=parts.is_true("simulated"),
        hints=(versions.text("model_id"), versions.text("brand_id"), name),
    )


def _time(up: Parts, parts: Parts) -> int | None:
    inner = up.time("received_at")
    return inner if inner is not None else parts.time("received_at")


def _gateway(one: Parts, ids: Parts, refusals: Refusals) -> str:
    """Return the gateway; behind the packet broker, the one that forwarded."""
    broker = Parts(one.table("packet_broker"), refusals)
    return (broker.text("forwarder_gateway_eui") or ids.text("eui") or ids.text("gateway_id")).lower()
