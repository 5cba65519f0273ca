"""Events, reviews and recognitions of Frigate → readings of `camera_event`, one a message.

Stored are numbers, zones, times and the event's id (to find the clip). Not stored: pictures, boxes, paths, descriptions. Names of people
and number plates are personal data: they are left out unless option `names` asks for them.
"""

from collections.abc import Mapping

from edge.decoders.decoder import Refusals, shown
from edge.decoders.gathering import Gathering, Target, target
from edge.decoders.timestamps import time_reader
from edge.decoders.values import as_float, as_tag
from telemetry.errors import RejectedError
from telemetry.point import Reading

_MAX_ZONES = 20
_LONGEST = 64

_NUMBERS = {
    "score": target("camera_event", "score"),
    "top_score": target("camera_event", "top_score"),
    "area": target("camera_event", "area"),
    "ratio": target("camera_event", "ratio"),
    "start_time": target("camera_event", "start_time"),
    "end_time": target("camera_event", "end_time"),
    "motionless_count": target("camera_event", "motionless_count"),
    "position_changes": target("camera_event", "position_changes"),
    "current_estimated_speed": target("camera_event", "speed"),
    "average_estimated_speed": target("camera_event", "average_speed"),
    "velocity_angle": target("camera_event", "direction"),
    "false_positive": target("camera_event", "false_positive"),
    "stationary": target("camera_event", "stationary"),
    "recognized_license_plate_score": target("camera_event", "plate_score"),
}
_ROWS = [(name, where.field, where.convert is as_float, where) for name, where in _NUMBERS.items()]
_CHANGE = target("camera_event", "change")
_EVENT = target("camera_event", "event_id")
_ZONES = target("camera_event", "zones")
_ENTERED = target("camera_event", "entered_zones")
_SEVERITY = target("camera_event", "severity")
_OBJECTS = target("camera_event", "objects")
_LABELS = target("camera_event", "labels")._replace(convert=_ZONES.convert)
_NAME = target("camera_event", "name")._replace(convert=_ZONES.convert)
_PLATE = target("camera_event", "plate")._replace(convert=_ZONES.convert)

_read_time = time_reader("unix", None)


def read_event(change: object, event: Mapping[str, object], refusals: Refusals, *, with_names: bool) -> list[Reading]:
    """Return the reading of one tracked object: of `after` in a message, or of an element of the events API."""
    gathering = Gathering(refusals)
    if isinstance(change, str):
        gathering.put(_CHANGE, change)
    _put_id(gathering, event)
    data = event.get("data")
    values = {**data, **event} if isinstance(data, dict) else event
    fields = gathering.fields("camera_event")
    for name, field, is_number, where in _ROWS:
        value = values.get(name)
        if value.__class__ is float and is_number:
            fields[field] = value
        elif value is not None:
            gathering.put(where, value)
    _put_zones(gathering, _ZONES, values.get("current_zones", values.get("zones")))
    _put_zones(gathering, _ENTERED, values.get("entered_zones"))
    _put_duration(gathering)
    if with_names:
        _put_names(gathering, values)
    moment = event.get("frame_time") if event.get("frame_time") and not event.get("end_time") else event.get("end_time")
    return gathering.readings(_tags(event, values.get("label")), _time(moment or event.get("start_time"), refusals))


def read_review(change: object, review: Mapping[str, object], refusals: Refusals) -> list[Reading]:
    """Return the reading of a review item: a span of time in which a camera saw something."""
    gathering = Gathering(refusals)
    if isinstance(change, str):
        gathering.put(_CHANGE, change)
    _put_id(gathering, review)
    if review.get("severity") is not None:
        gathering.put(_SEVERITY, review["severity"])
    for name in ("start_time", "end_time"):
        if review.get(name) is not None:
            gathering.put(_NUMBERS[name], review[name])
    data = review.get("data")
    if isinstance(data, dict):
        detections = data.get("detections")
        if isinstance(detections, list):
            gathering.put(_OBJECTS, len(detections))
        _put_zones(gathering, _LABELS, data.get("objects"))
        _put_zones(gathering, _ZONES, data.get("zones"))
    _put_duration(gathering)
    return gathering.readings(_tags(review, "review"), _time(review.get("end_time") or review.get("start_time"), refusals))


def read_recognition(update: Mapping[str, object], refusals: Refusals, *, with_names: bool) -> list[Reading]:
    """Return the reading of a recognition (`face`, `lpr`, `classification`); a description in words is none."""
    kind = update.get("type")
    if kind not in ("face", "lpr", "classification"):
        return []
    gathering = Gathering(refusals)
    gathering.put(_CHANGE, kind)
    _put_id(gathering, update)
    if update.get("score") is not None:
        gathering.put(_NUMBERS["score"], update["score"])
    if with_names:
        _put_names(gathering, update)
    return gathering.readings(_tags(update, kind), _time(update.get("timestamp"), refusals))


def _put_id(gathering: Gathering, message: Mapping[str, object]) -> None:
    identity = message.get("id")
    if isinstance(identity, str):
        gathering.put(_EVENT, identity[:_LONGEST])


def _put_zones(gathering: Gathering, where: Target, zones: object) -> None:
    if isinstance(zones, list) and zones:
        gathering.put(where, ",".join([zone[:_LONGEST] for zone in zones[:_MAX_ZONES] if isinstance(zone, str)]))


def _put_duration(gathering: Gathering) -> None:
    fields = gathering.fields("camera_event")
    start, end = fields.get("start_time"), fields.get("end_time")
    if isinstance(start, float) and isinstance(end, float):
        fields["duration_s"] = round(end - start, 6)


def _put_names(gathering: Gathering, values: Mapping[str, object]) -> None:
    label = values.get("sub_label", values.get("name"))
    name = label[0] if isinstance(label, list) and label else label
    plate = values.get("recognized_license_plate", values.get("plate"))
    for where, value in ((_NAME, name), (_PLATE, plate[0] if isinstance(plate, list) and plate else plate)):
        if isinstance(value, str):
            gathering.put(where, value[:_LONGEST])


def _tags(event: Mapping[str, object], label: object) -> dict[str, str]:
    camera = event.get("camera")
    if not isinstance(camera, str) or not camera:
        raise RejectedError(f"camera: {shown(camera)} is no name")
    return {"device": as_tag(camera[:_LONGEST]), **({"label": as_tag(label[:_LONGEST])} if isinstance(label, str) and label else {})}


def _time(value: object, refusals: Refusals) -> int | None:
    if value is None:
        return None
    try:
        return _read_time(value)
    except ValueError as error:
        refusals.add(f"time: {error}; the arrival counts")
        return None
