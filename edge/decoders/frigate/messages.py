"""Topics of Frigate, below `frigate/`.

    events                        a tracked object: {"type": "new|update|end", "before": {…}, "after": {…}}
    reviews                       a span worth looking at, of the same form
    tracked_object_update         a face, a number plate, a class that was recognised
    stats                         frames a second, inference times
    available                     online, offline: the last will
    <camera>/<object>             how many are in view; <camera>/<object>/active: how many of them move; <zone>/<object> too
    <camera>/motion               ON, OFF
    <camera>/audio/dBFS           level of its microphone

One reading a message: what `after` says. The time is the frame's, or the end's where the object is gone. A list (the events API) gives a
reading an element. Without a topic the form of the message decides. Pictures (…/snapshot) and switches (…/state) are understood.
"""

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from edge.decoders.decoder import Decoded, Refusals, shown
from edge.decoders.frigate.events import read_event, read_recognition, read_review
from edge.decoders.frigate.stats import read_stats
from edge.decoders.gathering import Gathering, target
from edge.decoders.json_mapping.payload import parse_payload
from edge.decoders.presence import Presence, is_online
from telemetry.errors import RejectedError
from telemetry.point import Reading

_MAX_PAYLOAD_BYTES = 4 * 1024 * 1024  # pictures come by MQTT too, but are not parsed
_MAX_EVENTS = 1_000  # of one answer of the events API
_COUNT = re.compile(rb"\d{1,6}")
_COUNTS = {"": target("camera", "objects"), "active": target("camera", "objects_active")}
_MOTION = target("camera", "motion")
_AUDIO = {"dBFS": target("camera", "audio_dbfs"), "rms": target("camera", "audio_rms")}
_SELF = "frigate"


class Options(BaseModel):
    """Options of decoder `frigate`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    topic_prefix: str = Field("frigate", description="mqtt.topic_prefix in Frigate's configuration", min_length=1)
    names: bool = Field(default=False, description="store names of people and number plates too; they are personal data")


class FrigateDecoder:
    """Decoder `frigate`."""

    framing: Literal["message"] = "message"

    def __init__(self, options: Options) -> None:
        self._base = options.topic_prefix.strip("/") + "/"
        self._with_names = options.names
        self._presence = Presence()

    def decode(self, topic: str, payload: bytes) -> Decoded:
        if topic and not topic.startswith(self._base):
            raise RejectedError(f"topic {shown(topic)} is not below {self._base}; is topic_prefix right?")
        what = topic[len(self._base) :]
        if what == "available":
            return self._last_will(payload)
        if what in {"", "events", "reviews", "stats", "tracked_object_update"}:
            return self._of_message(payload)
        return _of_camera(what, payload)

    def _of_message(self, payload: bytes) -> Decoded:
        if len(payload) > _MAX_PAYLOAD_BYTES:
            raise RejectedError(f"{len(payload)} bytes; {_MAX_PAYLOAD_BYTES} are taken")
        root, refusals = parse_payload(payload), Refusals()
        if isinstance(root, list):
            return self._of_list(root, refusals)
        if not isinstance(root, dict):
            raise RejectedError(f"{shown(root)} where an object is expected")
        after = root.get("after")
        if isinstance(after, dict):
            is_review = "severity" in after
            change = root.get("type")
            readings = (
                read_review(change, after, refusals) if is_review else read_event(change, after, refusals, with_names=self._with_names)
            )
        elif "camera" in root and "label" in root:
            readings = read_event(None, root, refusals, with_names=self._with_names)
        elif "timestamp" in root or "type" in root:
            return Decoded(read_recognition(root, refusals, with_names=self._with_names), refusals.listed(), is_understood=True)
        else:
            readings = read_stats(root, refusals)
        return Decoded(readings, refusals.listed())

    def _of_list(self, events: list[object], refusals: Refusals) -> Decoded:
        readings: list[Reading] = []
        for number, event in enumerate(events):
            if number >= _MAX_EVENTS:
                refusals.add(f"{len(events)} events in one message; {_MAX_EVENTS} are taken")
                break
            try:
                if not isinstance(event, dict):
                    raise RejectedError(f"{shown(event)} is no event")  # noqa: TRY301
                readings += read_event(None, event, refusals, with_names=self._with_names)
            except RejectedError as error:
                refusals.add(f"event {number}: {error.reason}")
        return Decoded(readings, refusals.listed())

    def _last_will(self, payload: bytes) -> Decoded:
        known = is_online(payload[:20].decode("ascii", "replace"))
        if known is None:
            raise RejectedError(f"{shown(payload)} is neither online nor offline")
        return Decoded((), is_understood=True, missed=self._presence.told(_SELF, is_online=known))


def _of_camera(what: str, payload: bytes) -> Decoded:
    """Counters and states of one camera or zone; pictures and switches are understood."""
    camera, _, rest = what.partition("/")
    name, _, more = rest.partition("/")
    tags, refusals = {"device": camera}, Refusals()
    gathering = Gathering(refusals)
    if rest == "motion" and payload in {b"ON", b"OFF"}:
        gathering.put(_MOTION, payload.decode())
    elif name == "audio" and more in _AUDIO:
        gathering.put(_AUDIO[more], payload[:40].decode("ascii", "replace"))
    elif name and more in _COUNTS and _COUNT.fullmatch(payload.strip()):
        tags["label"] = name
        gathering.put(_COUNTS[more], payload.decode())
    return Decoded(gathering.readings(tags, None), refusals.listed(), is_understood=True)


def recognise(topic: str, payload: bytes) -> str:
    """Return the evidence that this is a message of Frigate, "" if there is none."""
    if topic.startswith("frigate/"):
        return "topic below frigate/"
    head = payload[:4_000]
    if b'"before"' in head and b'"after"' in payload and b'"camera"' in head:
        return "before and after of a camera"
    return "events with camera and has_clip" if b'"camera"' in head and b'"has_clip"' in head and b'"label"' in head else ""


def build(options: Options) -> FrigateDecoder:
    """Return the decoder for checked options."""
    return FrigateDecoder(options)
