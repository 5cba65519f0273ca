"""Frigate: one reading a change, counters, statistics; no pictures, and no names unless asked for."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.decoders.decoder import Decoded, Decoder
from edge.decoders.frigate import recognise
from edge.decoders.table import build_decoder
from telemetry.errors import RejectedError
from telemetry.point import Reading
from tests.edge.decoders.contract import check

_EVENT = {
    "id": "1607123955.475377-mxklsc",
    "camera": "front_door",
    "frame_time": 1607123962.082975,
    "label": "person",
    "sub_label": ["John Smith", 0.79],
    "top_score": 0.958984375,
    "false_positive": False,
    "start_time": 1607123955.475377,
    "end_time": None,
    "score": 0.87890625,
    "box": [432, 496, 544, 854],
    "current_zones": ["yard", "driveway"],
    "entered_zones": ["yard"],
    "thumbnail": "a" * 5000,
    "recognized_license_plate": "ABC12345",
}


def _decoder(**options: object) -> Decoder:
    return build_decoder("frigate", options)


def _decode(what: str, message: object, **options: object) -> Decoded:
    payload = message if isinstance(message, bytes) else json.dumps(message).encode()
    return _decoder(**options).decode(f"frigate/{what}" if what else "", payload)


def _changed(change: str = "update", **values: object) -> dict[str, object]:
    return {"type": change, "before": _EVENT, "after": {**_EVENT, **values}}


def test_a_change_is_one_reading_of_what_is_so_afterwards() -> None:
    (reading,) = _decode("events", _changed(score=0.5)).readings
    assert reading == Reading(
        "camera_event",
        {"device": "front_door", "label": "person"},
        {
            "change": "update",
            "event_id": "1607123955.475377-mxklsc",
            "score": 0.5,
            "top_score": 0.958984375,
            "start_time": 1607123955.475377,
            "false_positive": False,
            "zones": "yard,driveway",
            "entered_zones": "yard",
        },
        1_607_123_962_082_975_000,
    )


def test_an_end_has_its_duration_and_its_own_time() -> None:
    (reading,) = _decode("events", _changed("end", end_time=1607123965.475377)).readings
    assert reading.fields["duration_s"] == 10.0
    assert reading.fields["end_time"] == 1607123965.475377
    assert reading.time_ns == 1_607_123_965_475_377_000


def test_a_field_keeps_its_type_whatever_is_sent() -> None:
    decoded = _decode("events", _changed(score=True, false_positive=0.5))
    assert decoded.readings[0].fields["score"] == 1.0
    assert type(decoded.readings[0].fields["score"]) is float
    assert "false_positive" in decoded.refusals[0].reason


def test_names_and_plates_are_stored_only_when_asked_for() -> None:
    (plain,) = _decode("events", _changed()).readings
    assert not {"name", "plate"} & set(plain.fields)
    (named,) = _decode("events", _changed(), names=True).readings
    assert named.fields["name"] == "John Smith"
    assert named.fields["plate"] == "ABC12345"


def test_the_list_of_the_events_api_gives_a_reading_an_event_and_a_bad_one_is_refused_alone() -> None:
    event = {"camera": "yard", "label": "car", "id": "1", "start_time": 10.5, "end_time": 12.0, "data": {"top_score": 0.72}, "zones": []}
    decoded = _decode("", [event, {"label": "car"}, event])
    assert [reading.fields["top_score"] for reading in decoded.readings] == [0.72, 0.72]
    assert decoded.readings[0].fields["duration_s"] == 1.5
    assert [refusal.reason for refusal in decoded.refusals] == ["event 1: camera: None is no name"]


def test_a_review_counts_its_objects() -> None:
    after = {"id": "r1", "camera": "front", "start_time": 100.0, "end_time": 130.0, "severity": "alert"}
    after["data"] = {"detections": ["a", "b", "c"], "objects": ["person", "car"], "zones": ["yard"]}
    (reading,) = _decode("reviews", {"type": "end", "before": after, "after": after}).readings
    assert reading.fields["severity"] == "alert"
    assert reading.fields["objects"] == 3.0
    assert reading.fields["labels"] == "person,car"
    assert reading.fields["duration_s"] == 30.0


@pytest.mark.parametrize("kind", ["face", "lpr", "classification"])
def test_a_recognition_is_a_score_without_the_name(kind: str) -> None:
    message = {"type": kind, "id": "e", "camera": "front", "score": 0.9, "name": "John", "plate": "30A", "timestamp": 1607123958.748393}
    (reading,) = _decode("tracked_object_update", message).readings
    assert reading.fields == {"change": kind, "event_id": "e", "score": 0.9}
    assert reading.time_ns == 1_607_123_958_748_393_000


def test_a_description_in_words_is_understood() -> None:
    assert _decode("tracked_object_update", {"type": "description", "id": "e", "description": "A man"}) == Decoded([], is_understood=True)


@pytest.mark.parametrize(
    ("what", "payload", "tags", "fields"),
    [
        ("front/person", b"2", {"device": "front", "label": "person"}, {"objects": 2.0}),
        ("front/car/active", b"1", {"device": "front", "label": "car"}, {"objects_active": 1.0}),
        ("front/motion", b"ON", {"device": "front"}, {"motion": True}),
        ("front/audio/dBFS", b"-43.2", {"device": "front"}, {"audio_dbfs": -43.2}),
    ],
)
def test_counters_and_states_of_a_camera(what: str, payload: bytes, tags: dict[str, str], fields: dict[str, object]) -> None:
    assert _decode(what, payload).readings == [Reading("camera", tags, fields)]


@pytest.mark.parametrize("what", ["front/person/snapshot", "front/detect/state", "front/recordings/set", "onConnect", "camera_activity"])
def test_pictures_and_switches_are_understood(what: str) -> None:
    decoded = _decode(what, b"\xff\xd8\xff\xe0" + b"\0" * 100)
    assert decoded.is_understood
    assert not decoded.readings


def test_statistics_give_a_reading_a_camera_and_a_detector() -> None:
    stats = {
        "cameras": {"front": {"camera_fps": 5.1, "process_fps": 5.1, "skipped_fps": 0.0, "detection_fps": 1.2, "pid": 312}},
        "detectors": {"coral": {"inference_speed": 8.9, "pid": 300}},
        "service": {"uptime": 3600, "version": "0.14", "temperatures": {"apex_0": 45.5}},
        "cpu_usages": {"312": {"cpu": "5"}, "frigate.full_system": {"cpu": "17.1", "mem": "40.0"}},
    }
    assert _decode("stats", stats).readings == [
        Reading("camera", {"device": "front"}, {"camera_fps": 5.1, "process_fps": 5.1, "skipped_fps": 0.0, "detection_fps": 1.2}),
        Reading("camera", {"device": "frigate", "sensor": "coral"}, {"inference_ms": 8.9}),
        Reading("device", {"device": "frigate", "sensor": "apex_0"}, {"chip_temperature": 45.5}),
        Reading("device", {"device": "frigate"}, {"uptime_s": 3600.0, "cpu_percent": 17.1, "memory_percent": 40.0}),
    ]


def test_frigate_that_stops_is_told_once() -> None:
    decoder = _decoder()
    said = [decoder.decode("frigate/available", word).missed for word in (b"online", b"offline", b"offline")]
    assert [len(missed) for missed in said] == [0, 1, 0]


def test_what_is_broken_is_refused_with_the_reason() -> None:
    with pytest.raises(RejectedError, match="not JSON"):
        _decode("events", b'{"type": "new", // new\n}')
    with pytest.raises(RejectedError, match="topic_prefix"):
        _decoder().decode("other/events", b"{}")


def test_messages_are_recognised() -> None:
    assert recognise("frigate/stats", b"{}")
    assert recognise("", json.dumps(_changed()).encode())
    assert recognise("", b'[{"camera": "a", "has_clip": true, "label": "car"}]')
    assert not recognise("zigbee2mqtt/d", b'{"linkquality": 1}')


_VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.lists(st.text(max_size=3), max_size=3)
_OBJECT = st.dictionaries(st.sampled_from([*_EVENT, "severity", "data", "zones", "name", "plate", "timestamp", "type"]), _VALUES)


@given(
    what=st.sampled_from(["events", "reviews", "stats", "tracked_object_update", "", "a/b", "a/audio/rms", "available"]),
    after=_OBJECT,
    root=st.dictionaries(st.sampled_from(["type", "cameras", "detectors", "service", "camera", "label"]), _OBJECT | _VALUES),
)
def test_any_json_decodes_or_is_rejected(what: str, after: dict[str, object], root: dict[str, object]) -> None:
    topic = f"frigate/{what}" if what else ""
    for message in ({**root, "after": after, "before": {}}, {**root, **after}, [after, root]):
        check(_decoder(names=True), json.dumps(message).encode(), topic)
