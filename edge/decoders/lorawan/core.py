"""The core of the LoRaWAN decoders: envelope → readings of the sensor, a reading of the radio link, and what was missed.

The reading of the link (measurement `lorawan`) has the figures of the gateway that heard the uplink best. Its id is a field, `heard_by`:
as a tag it would break a device's series each time another gateway is nearer, and the tag `gateway` is ours.
"""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, Protocol

from edge.decoders.decoder import UNDERSTOOD, Decoded, Refusals
from edge.decoders.json_mapping.payload import parse_payload
from edge.decoders.lorawan.counters import FrameCounters
from edge.decoders.lorawan.options import UplinkOptions
from edge.decoders.lorawan.sensor import Sensor
from edge.decoders.lorawan.uplink import Uplink, best, message_of
from telemetry.errors import RejectedError
from telemetry.point import FieldValue, Reading
from telemetry.quality import SIMULATED

LINK_MEASUREMENT = "lorawan"


class Join(NamedTuple):
    """A device joined: its counter begins again."""

    device: str
    time_ns: int | None


class Status(NamedTuple):
    """What a device or network says beside uplinks: fields of the link."""

    eui: str
    name: str
    time_ns: int | None
    fields: Mapping[str, FieldValue]


class Envelope(Protocol):
    """What one network server's messages are."""

    def __call__(self, topic: str, message: Mapping[str, Any], refusals: Refusals, /) -> Uplink | Join | Status | None:
        """Return what `message` says; None: it is understood, and no reading is meant to be in it. RejectedError when it is refused."""
        ...


class UplinkDecoder:
    """A decoder of one network server's messages."""

    framing: Literal["message", "lines"] = "message"

    def __init__(self, options: UplinkOptions, envelope: Envelope) -> None:
        self._options = options
        self._envelope = envelope
        self._sensor = Sensor(options)
        self._counters = FrameCounters()

    def decode(self, topic: str, payload: bytes) -> Decoded:
        if len(payload) > self._options.max_payload_bytes:
            raise RejectedError(f"message of {len(payload)} bytes is larger than max_payload_bytes, {int(self._options.max_payload_bytes)}")
        refusals = Refusals()
        found = self._envelope(topic, message_of(parse_payload(payload)), refusals)
        if found is None:
            refused = refusals.listed()
            return Decoded((), refused) if refused else UNDERSTOOD
        if isinstance(found, Join):
            self._counters.joined(found.device, found.time_ns)
            return UNDERSTOOD
        if isinstance(found, Status):
            tags = self._tags(found.eui, found.name)
            readings = [Reading(LINK_MEASUREMENT, tags, found.fields, self._time(found.time_ns))] if found.fields else []
            return Decoded(readings, refusals.listed(), is_understood=not readings)
        return self._uplink(found, refusals)

    def _uplink(self, uplink: Uplink, refusals: Refusals) -> Decoded:
        time_ns = self._time(uplink.time_ns)
        tags = self._tags(uplink.eui, uplink.name)
        readings = self._sensor.readings(uplink, tags, time_ns, refusals)
        if self._options.link and (fields := _link(uplink)):
            readings.append(Reading(LINK_MEASUREMENT, tags, fields, time_ns))
        if uplink.is_simulated:
            readings = [reading._replace(quality=SIMULATED) for reading in readings]
        missed = None
        if uplink.f_cnt is not None:
            missed = self._counters.note(uplink.device, uplink.f_cnt, uplink.time_ns)
        return Decoded(readings, refusals.listed(), is_understood=not readings, missed=(missed,) if missed else ())

    def _tags(self, eui: str, name: str) -> dict[str, str]:
        return {"device": (name or eui) if self._options.device == "name" else (eui or name)}

    def _time(self, time_ns: int | None) -> int | None:
        return time_ns if self._options.time == "network" else None


def _link(uplink: Uplink) -> dict[str, FieldValue]:
    fields: dict[str, FieldValue] = {}
    nearest = best(uplink.heard)
    if nearest is not None:
        if nearest.rssi is not None:
            fields["rssi"] = nearest.rssi
        if nearest.snr is not None:
            fields["snr"] = nearest.snr
        if nearest.gateway:
            fields["heard_by"] = nearest.gateway
        fields["gateways"] = len({one.gateway for one in uplink.heard})
    if uplink.battery_percent is not None:
        fields["battery_percent"] = uplink.battery_percent
    if uplink.f_cnt is not None:
        fields["f_cnt"] = uplink.f_cnt
    if uplink.f_port is not None:
        fields["f_port"] = uplink.f_port
    if uplink.frequency_hz is not None:
        fields["frequency"] = uplink.frequency_hz
    if uplink.spreading_factor is not None:
        fields["spreading_factor"] = uplink.spreading_factor
    return fields
