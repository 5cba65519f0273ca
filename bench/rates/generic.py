"""The decoders that a table of names configures, beside what a technician would write with csv, re and json for exactly these messages.

Both sides give the same reading of each message: measurement, device, fields as floats and the device's time.
"""

import csv
import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import orjson

from bench.rates.case import Case, Parse, by_hand
from edge.decoders.table import build_decoder
from telemetry.point import Reading

_MESSAGES = 2_000
_TOPIC = "site/bn01/air/yard"
_COLUMNS = ("time", "temperature", "humidity", "pressure", "pm2_5", "note")
_PATTERN = r"T=(?P<temperature>[-\d.]+) C H=(?P<humidity>[\d.]+) % P=(?P<pressure>[\d.]+) hPa"
_WHY_CSV = "the reference gives texts to float() and nothing else: no missing value, no wrong count of cells, no header among the rows"
_WHY_REGEX = "the reference searches without a time limit, which a pattern that runs away needs and which takes ten times as long"
_WHY_JSON = "the reference takes what it gets: no text, truth or NaN among the numbers, no second form of the message"

Options = dict[str, object]


def cases() -> Iterator[Case]:
    """Yield csv, regex and json (keys at the top, and paths with a time)."""
    common: Options = {"topic": "site/{site}/air/{device}", "measurement": "air"}
    numbers = range(_MESSAGES)
    rows = [f"{_time(n)},{_temperature(n)},60.5,1009.3,{n % 90},dry".encode() for n in numbers]
    yield _case(
        "csv", "csv by hand", {**common, "columns": _COLUMNS, "skip": ["note"], "time": {"columns": "time"}}, rows, _read_row, _WHY_CSV
    )
    lines = [f"T={_temperature(n)} C H=60.5 % P=1009.3 hPa".encode() for n in numbers]
    yield _case("regex", "re by hand", {**common, "patterns": _PATTERN}, lines, _read_line, _WHY_REGEX)
    flat = [json.dumps({"temperature": _temperature(n), "humidity": 60.5, "pressure": 1009.3, "pm2_5": n % 90}).encode() for n in numbers]
    fields = {name: name for name in ("temperature", "humidity", "pressure", "pm2_5")}
    yield _case("json, keys", "json by hand", {**common, "fields": fields}, flat, _read_flat, _WHY_JSON, json.loads)
    deep = [
        json.dumps({"at": _time(n), "air": {"t": _temperature(n), "h": 60.5}, "dust": [{"size": "2.5", "value": n % 90}]}).encode()
        for n in numbers
    ]
    paths = {"temperature": "air.t", "humidity": "air.h", "pm2_5": "dust[0].value"}
    yield _case("json, paths", "json by hand", {**common, "fields": paths, "time": {"path": "at"}}, deep, _read_deep, _WHY_JSON, json.loads)


def _time(number: int) -> str:
    return f"2026-03-01T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}+07:00"


def _temperature(number: int) -> float:
    return 21 + number % 50 / 10


def _case(
    kind: str,
    peer: str,
    options: Options,
    messages: list[bytes],
    read: Callable[[str, Any], Reading],
    why: str,
    parse: Parse = bytes.decode,
) -> Case:
    decoder = build_decoder(kind.partition(",")[0], options)
    given = [(_TOPIC, message) for message in messages]
    quick_parse = orjson.loads if parse is json.loads else None
    return by_hand(kind, peer, decoder, given, parse, lambda topic, value: [read(topic, value)], why, quick_parse)


def _tags(topic: str) -> dict[str, str]:
    _, site, _, device = topic.split("/")
    return {"site": site, "device": device}


def _ns(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * 1_000_000_000


def _read_row(topic: str, line: str) -> Reading:
    cells = dict(zip(_COLUMNS, next(csv.reader([line])), strict=True))
    fields = {name: float(cells[name]) for name in ("temperature", "humidity", "pressure", "pm2_5")}
    return Reading("air", _tags(topic), fields, _ns(cells["time"]))


_COMPILED = re.compile(_PATTERN)


def _read_line(topic: str, line: str) -> Reading:
    found = _COMPILED.search(line)
    return Reading("air", _tags(topic), {name: float(text) for name, text in found.groupdict().items()} if found else {})


def _read_flat(topic: str, root: Any) -> Reading:
    return Reading("air", _tags(topic), {name: float(root[name]) for name in ("temperature", "humidity", "pressure", "pm2_5")})


def _read_deep(topic: str, root: Any) -> Reading:
    air = root["air"]
    fields = {"temperature": float(air["t"]), "humidity": float(air["h"]), "pm2_5": float(root["dust"][0]["value"])}
    return Reading("air", _tags(topic), fields, _ns(root["at"]))
