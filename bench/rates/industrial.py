"""SenML beside a parser and the plain resolving of RFC 8428, Sparkplug B beside pysparkplug."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import orjson

from bench.rates.case import Case, by_hand
from edge.decoders.table import build_decoder

_MESSAGES = 200
_RECORDS = 20
_WHY = (
    "the reference takes names apart, adds up bases and groups, and checks nothing; the same script with orjson is 1.5 times itself at most"
)
_WHY_CBOR = (
    "cbor2 is compiled, ours is pure Python, for the numbers and text of SenML only, and cannot be led to more than the message holds; the "
    "reference checks nothing"
)
_METRICS = 20
_AT_S = 1_700_000_000
_LABELS = {-1: "bver", -2: "bn", -3: "bt", -4: "bu", -5: "bv", -6: "bs", 0: "n", 1: "u", 2: "v", 3: "vs", 4: "vb", 5: "s", 6: "t", 7: "ut"}
_CODES = {label: code for code, label in _LABELS.items()}


def cases() -> Iterator[Case]:
    import cbor2

    packs = [_pack(number) for number in range(_MESSAGES)]
    as_json = [("site/a", json.dumps(pack).encode()) for pack in packs]
    decoder = build_decoder("senml", {})
    yield by_hand("senml (JSON)", "json, by hand", decoder, as_json, json.loads, _readings, _WHY, orjson.loads)
    as_cbor = [("site/a", cbor2.dumps([{_CODES[label]: value for label, value in record.items()} for record in pack])) for pack in packs]
    yield by_hand("senml (CBOR)", "cbor2, by hand", decoder, as_cbor, _load_cbor, _readings, _WHY_CBOR)
    yield _sparkplug()


def _pack(number: int) -> list[dict[str, object]]:
    """A logger that sends five quantities at four times."""
    head: dict[str, object] = {"bn": "urn:dev:ow:10e2073a01080063:", "bt": _AT_S + 60 * number, "bu": "Cel"}
    records: list[dict[str, object]] = [
        {"n": f"probe{row % 5}", "t": -15 * (3 - row // 5), "v": 20.0 + (number * 7 + row) % 90 / 10} for row in range(_RECORDS)
    ]
    records[0] = head | records[0]
    return records


def _load_cbor(data: bytes) -> list[dict[str, Any]]:
    import cbor2

    return [{_LABELS.get(code, code): value for code, value in record.items()} for record in cbor2.loads(data)]


def _readings(_: str, records: list[dict[str, Any]]) -> list[tuple[object, ...]]:
    """Resolve a pack (RFC 8428, section 4.6) without looking at what it gets: a reading for each device and time (whole seconds)."""
    bases: dict[str, Any] = {}
    found: dict[tuple[str, int], dict[str, float]] = {}
    for record in records:
        for label in ("bn", "bt", "bv"):
            if label in record:
                bases[label] = record[label]
        device, _, field = (bases.get("bn", "") + record.get("n", "")).rpartition(":")
        value = record["v"] + bases["bv"] if "bv" in bases else record["v"]
        found.setdefault((device, bases.get("bt", 0) + record.get("t", 0)), {})[field] = float(value)
    return [("senml", {"device": device}, fields, time * 1_000_000_000) for (device, time), fields in found.items()]


def _ours(kind: str, messages: list[bytes], topic: str = "site/a", birth: tuple[str, bytes] | None = None) -> Callable[[], int]:
    decoder = build_decoder(kind, {})
    if birth:
        decoder.decode(*birth)

    def run() -> int:
        return sum(len(reading.fields) for message in messages for reading in decoder.decode(topic, message).readings)

    return run


def _sparkplug() -> Case:
    import pysparkplug

    names = [f"Line {number % 4}/Current L{number}" for number in range(_METRICS)]
    kind = pysparkplug.DataType.FLOAT
    at_ms = _AT_S * 1000

    def metrics(number: int, *, is_birth: bool) -> tuple[Any, ...]:
        return tuple(
            pysparkplug.Metric(at_ms + number, name if is_birth else None, kind, alias=place, value=(number + place) % 900 / 10)
            for place, name in enumerate(names)
        )

    birth = pysparkplug.NBirth(timestamp=at_ms, seq=0, metrics=metrics(0, is_birth=True)).encode(include_dtypes=True)
    known = pysparkplug.NBirth.decode(birth)
    messages = [
        pysparkplug.NData(timestamp=at_ms + number, seq=number % 256, metrics=metrics(number, is_birth=False)).encode()
        for number in range(1, _MESSAGES + 1)
    ]

    def reference() -> int:
        return sum(len(pysparkplug.NData.decode(message, birth=known).metrics) for message in messages)

    ours = _ours("sparkplug", messages, "spBv1.0/g/NDATA/n", ("spBv1.0/g/NBIRTH/n", birth))
    return Case("sparkplug", "pysparkplug", _MESSAGES, ours, reference)
