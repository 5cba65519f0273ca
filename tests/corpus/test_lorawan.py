"""Uplinks of ChirpStack, The Things Stack, LORIOT and Milesight's HTTP push, and what ThingsBoard's converters make of them.

Each uplink is decoded with the codec of its model, as a config would name it. Every expected value is compared, or has its reason.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from edge.decoders.decoder import Decoded
from edge.decoders.lorawan.core import LINK_MEASUREMENT
from edge.decoders.table import build_decoder
from edge.decoders.timestamps import time_reader
from telemetry.errors import RejectedError
from telemetry.point import FieldValue, Reading
from tests.corpus.lorawan_names import LEFT_OUT, OF_MODEL, RENAMED, ROUNDED, WORDS
from tests.corpus.tally import CORPUS, Tally

FOLDER = CORPUS / "03_mqtt/lorawan"
FILES = {
    "ChirpStack_uplinks.jsonl": "chirpstack",
    "HTTP_uplinks.jsonl": "chirpstack",
    "LORIOT_uplinks.jsonl": "loriot",
    "ThingsStackCommunity_uplinks.jsonl": "ttn",
    "ThingsStackIndustries_uplinks.jsonl": "ttn",
}
EVENTS = FOLDER / "chirpstack_docs_events.jsonl"
_COMMENT = re.compile(r"(?<!:)//[^\n]*")
_rfc3339 = time_reader("rfc3339", None)

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="no corpus beside the repository")


def test_every_uplink_is_read_and_the_values_are_the_expected_ones() -> None:
    for tally in _uplinks():
        assert tally.rejected == (20 if tally.kind == "lorawan HTTP push" else 0)  # the time "2020-0327T…" of each
        assert tally.readings > tally.frames
        assert tally.checked > 5 * tally.frames
        unexplained = {reason for reason in tally.mismatches if reason.startswith("?")}
        assert not unexplained


def test_the_events_in_the_documentation_are_understood() -> None:
    tally = _events()
    assert (tally.frames, tally.rejected) == (4, 0)


def test_a_comment_in_an_event_is_no_json_and_the_reason_says_so() -> None:
    decoder = build_decoder("chirpstack", {})
    with pytest.raises(RejectedError, match="not JSON"):
        decoder.decode("", b'{"deviceInfo": {}, // the device\n "fCnt": 1}')


def test_the_best_gateway_of_several_is_told() -> None:
    for line in (FOLDER / "ThingsStackIndustries_uplinks.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        heard = [one for one in row["payload"]["uplink_message"]["rx_metadata"] if "snr" in one]
        link = _link(_decode("ttn", row))
        assert link["snr"] == max(one["snr"] for one in heard)


def tallies() -> Sequence[Tally]:
    return [*_uplinks(), _events()]


def _uplinks() -> Iterator[Tally]:
    for name, kind in FILES.items():
        label = name.removesuffix("_uplinks.jsonl").replace("ThingsStack", "TTS ").replace("HTTP", "HTTP push")
        tally = Tally(f"lorawan {label}", files=1)
        for line in (FOLDER / name).read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            decoded = _decode(kind, row)
            tally.frames += 1
            tally.readings += len(decoded.readings)
            tally.rejected += len(decoded.refusals)
            _compare(tally, row, decoded)
        yield tally


def _decode(kind: str, row: Mapping[str, Any]) -> Decoded:
    return build_decoder(kind, {"codec": row["model"]}).decode("", json.dumps(row["payload"]).encode())


def _link(decoded: Decoded) -> Mapping[str, FieldValue]:
    return next(reading.fields for reading in decoded.readings if reading.measurement == LINK_MEASUREMENT)


def _compare(tally: Tally, row: Mapping[str, Any], decoded: Decoded) -> None:
    entries = []
    for one in _listed(row["expected_thingsboard_result"]):
        if one.get("deviceType") == "Lora gateway" and one["attributes"]["eui"] != _link(decoded)["heard_by"]:
            tally.mismatches["a gateway that heard it worse than another"] += 1
        else:
            entries += _listed(one["telemetry"])
    link_time = next(reading.time_ns for reading in decoded.readings if reading.measurement == LINK_MEASUREMENT)
    for entry in entries:
        at_ms = _ms(entry.get("ts"))
        same = [reading for reading in decoded.readings if reading.time_ns is not None and reading.time_ns // 1_000_000 == at_ms]
        if not same:
            same = [reading for reading in decoded.readings if reading.time_ns in {link_time, None}]
            tally.mismatches[_why_other_time(row, entry)] += 1
        for name, expected in entry["values"].items():
            _compare_value(tally, row, name, expected, [*same, *decoded.readings])


def _compare_value(tally: Tally, row: Mapping[str, Any], name: str, expected: object, readings: Sequence[Reading]) -> None:
    if name in LEFT_OUT:
        tally.mismatches[LEFT_OUT[name]] += 1
        return
    field, factor = OF_MODEL.get((row["model"], name)) or RENAMED.get(name, (name, 1))
    tally.checked += 1
    for reading in readings:
        if field in reading.fields and (reading.measurement == LINK_MEASUREMENT) == (name in _OF_THE_LINK):
            given = reading.fields[field]
            break
    else:
        tally.mismatches[_why_absent(row, name, expected)] += 1
        return
    if not _is_same(name, given, expected, factor):
        tally.mismatches[_why_other(row, name, given, expected)] += 1


_OF_THE_LINK = {"fPort", "fCnt", "rssi", "snr", *(name for name in RENAMED if name.startswith("lora_"))}


def _is_same(name: str, given: FieldValue, expected: object, factor: float) -> bool:
    expected = WORDS.get(expected, expected) if isinstance(expected, str) else expected
    if isinstance(expected, str) or isinstance(given, str):
        return given == expected
    assert isinstance(expected, int | float)
    return math.isclose(given * factor, expected, rel_tol=1e-6, abs_tol=ROUNDED.get(name, 1e-9))


def _why_other_time(row: Mapping[str, Any], entry: Mapping[str, Any]) -> str:
    if "ts" not in entry:
        return "the converter gives no time"
    if row["payload"].get("time") == "2020-0327T12:39:05.547336Z":
        return "broken time 2020-0327T… in the sample, refused here"
    if "gws" in row["payload"]:
        return "the converter gives each gateway its own time"
    if "uplink_message" in row["payload"]:
        return "the converter takes the application server's time"
    return f"? {row['model']} {entry['ts']}"


def _why_absent(row: Mapping[str, Any], name: str, expected: object) -> str:
    if row["model"] == "DL-TP" and expected == -327.68:
        return "-327.68 °C of a probe that is not there: no reading here"
    return f"? {row['model']} {name} absent"


def _why_other(row: Mapping[str, Any], name: str, given: object, expected: object) -> str:
    if row["model"].startswith("AM3") and name == "temperature" and expected == 5760.0:
        return "the converter reads a negative temperature without its sign"
    if row["model"].startswith("AM3") and name == "trigger":
        return "history: the converter calls 1 idle, elsewhere trigger"
    if row["model"] == "G4_NPS_FM" and expected == 2.32:
        return "the converter reads a byte above 127 as negative"
    return f"? {row['model']} {name}: {given} is not {expected}"


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _ms(value: object) -> int | None:
    return _rfc3339(value) // 1_000_000 if isinstance(value, str) else value if isinstance(value, int) else None


def _events() -> Tally:
    tally = Tally("lorawan ChirpStack events", files=1)
    decoder = build_decoder("chirpstack", {"codec": {"values": [["value", "u8"]]}})
    for line in EVENTS.read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        topic = f"application/17c8/device/0101010101010101/event/{event['section'].partition('`')[0]}"
        decoded = decoder.decode(topic, _COMMENT.sub("", event["text"]).encode())
        tally.frames += 1
        tally.readings += len(decoded.readings)
        tally.rejected += len(decoded.refusals)
        tally.checked += 1
        if not (decoded.readings or decoded.is_understood):
            tally.mismatches[f"? {event['section']}"] += 1
    return tally
