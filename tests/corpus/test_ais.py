"""gpsd's AIS samples, value for value beside the dump of gpsd (January 2020): raw numbers as they were sent, one row a message."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import pytest

from edge.decoders.table import build_decoder
from quanho.captures.capture import Fault, Piece
from quanho.captures.payloads import payloads
from quanho.captures.table import open_capture
from telemetry.errors import RejectedError
from telemetry.point import Reading
from tests.corpus.tally import CORPUS, Tally

SAMPLE = CORPUS / "02_serial/ais/sample.aivdm"
_KNOT = 1852 / 3600
_PLACES = {"lon": 6, "lat": 6}
_SHIP = "shipname|ship_type|to_bow|to_stern|to_port|to_starboard"
_MOVES = "speed|accuracy|lon|lat|course|heading"
_WEATHER = "dac|fid|lon|lat|time|wspeed|wgust|wdir|wgustdir|airtemp|humidity|dewpoint|pressure|tend|visibility|waterlevel|trend|cspeed"
ROWS = {  # behind type|repeat|mmsi
    **dict.fromkeys(("1", "2", "3"), f"status|turn|{_MOVES}"),
    **dict.fromkeys(("4", "11"), "time|accuracy|lon|lat"),
    "5": f"imo|version|callsign|{_SHIP}|epfd|eta|draught|destination",
    "8": _WEATHER,
    "9": "alt|speed|accuracy|lon|lat|course",
    "18": f"reserved|{_MOVES}",
    "19": f"reserved|{_MOVES}|second|regional|{_SHIP}",
    "21": "aid_type|shipname|accuracy|lon|lat|to_bow|to_stern|to_port|to_starboard",
    "24": "shipname|ship_type|vendor|model|serial|callsign|to_bow|to_stern|to_port|to_starboard",
    "27": "status|accuracy|lon|lat|speed|course",
}


def _linear(field: str, low: int, high: int, factor: float = 1.0, plus: float = 0.0) -> tuple[str, int, int, float, float]:
    return field, low, high, factor, plus


QUANTITIES = {  # of a row: our field, raw numbers that are available, value = raw * factor + plus
    "lat": _linear("latitude", -54_000_000, 54_000_000, 1 / 600_000),
    "lon": _linear("longitude", -108_000_000, 108_000_000, 1 / 600_000),
    "speed": _linear("speed", 0, 1022, _KNOT / 10),
    "course": _linear("course", 0, 3599, 0.1),
    "heading": _linear("heading", 0, 359),
    "alt": _linear("altitude", 0, 4094),
    "draught": _linear("draught", 1, 255, 0.1),
    "status": _linear("navigation_status", 0, 14),
    "imo": _linear("imo", 1, 2**30),
    "ship_type": _linear("ship_type", 1, 99),
    "aid_type": _linear("aid_type", 1, 31),
    "wspeed": _linear("wind_speed", 0, 120, _KNOT),
    "wgust": _linear("wind_gust", 0, 120, _KNOT),
    "wdir": _linear("wind_direction", 0, 359),
    "humidity": _linear("humidity", 0, 100),
    "cspeed": _linear("velocity", 0, 250, _KNOT / 10),
}
SPECIAL = {
    "9": {"speed": _linear("speed", 0, 1022, _KNOT)},
    "27": {
        "lat": _linear("latitude", -54_000, 54_000, 1 / 600),
        "lon": _linear("longitude", -108_000, 108_000, 1 / 600),
        "speed": _linear("speed", 0, 62, _KNOT),
        "course": _linear("course", 0, 359),
    },
    "8/11": {
        "airtemp": _linear("temperature", 0, 1200, 0.1, -60),
        "dewpoint": _linear("dew_point", 0, 700, 0.1, -20),
        "pressure": _linear("pressure", 0, 400, 1, 800),
        "waterlevel": _linear("level", 0, 400, 0.1, -10),
    },
    "8/31": {
        "airtemp": _linear("temperature", -600, 600, 0.1),
        "dewpoint": _linear("dew_point", -200, 500, 0.1),
        "pressure": _linear("pressure", 1, 401, 1, 799),
        "waterlevel": _linear("level", 0, 4000, 0.01, -10),
    },
}


def read(tally: Tally) -> dict[tuple[str, str], list[Reading]]:
    """Return our readings by type and sender, in order."""
    decoder = build_decoder("ais", {})
    found: dict[tuple[str, str], list[Reading]] = defaultdict(list)
    tally.files += 2
    with SAMPLE.open("rb") as stream:
        for item in payloads(open_capture(stream, SAMPLE.name), decoder.framing):
            if isinstance(item, Fault):
                tally.rejected += item.times
                continue
            assert isinstance(item, Piece)
            tally.frames += 1
            try:
                decoded = decoder.decode("", item.payload)
            except RejectedError:
                tally.rejected += 1
                continue
            tally.rejected += len(decoded.refusals)
            for reading in decoded.readings:
                tally.readings += 1
                kind = str(reading.fields.get("message_type", 8))
                found[kind, reading.tags["device"]].append(reading)
    return found


def expected() -> Iterator[tuple[str, str, dict[str, str]]]:
    """Yield (type, sender, raw values) of gpsd's rows of kinds that we store."""
    for line in SAMPLE.with_name(SAMPLE.name + ".chk").read_text(encoding="latin-1").splitlines():
        kind, _, mmsi, *values = line.split("|")
        if kind in ROWS:
            row = dict(zip(ROWS[kind].split("|"), values, strict=False))
            if kind != "8" or (row["dac"], row["fid"]) in {("1", "11"), ("1", "31")}:
                yield kind, mmsi, row


def tallies() -> Sequence[Tally]:
    return [_tally()]


def _tally() -> Tally:
    tally = Tally("ais")
    ours = read(tally)
    for kind, mmsi, row in expected():
        _compare(kind, mmsi, row, ours[kind, mmsi], tally)
    return tally


def _compare(kind: str, mmsi: str, row: dict[str, str], ours: list[Reading], tally: Tally) -> None:
    wanted = _wanted(kind, row)
    names = {QUANTITIES[name][0] for name in row if name in QUANTITIES} | {"name", "callsign", "destination", "length", "beam"}
    tally.checked += len(wanted)
    if not wanted:
        return  # a station whose sensors are all gone
    near = [{name: value for reading in some for name, value in reading.fields.items()} for some in _candidates(kind, ours)]
    wrong = min((_differences(wanted, fields, names) for fields in near), key=len, default=["no reading"])
    for name in wrong:
        tally.mismatches[f"? type {kind} of {mmsi}: {name}"] += 1


def _candidates(kind: str, ours: list[Reading]) -> list[list[Reading]]:
    """Return what may make up one row: weather and water of one message, both parts of type 24, else single readings."""
    if kind == "24":
        return [ours]
    if kind != "8":
        return [[reading] for reading in ours]
    return [ours[at : at + 2] for at in range(len(ours))] + [[reading] for reading in ours]


def _wanted(kind: str, row: dict[str, str]) -> dict[str, float | str]:
    rules = {**QUANTITIES, **SPECIAL.get(f"8/{row['fid']}" if kind == "8" else kind, {})}
    if kind == "8":
        rules = {name: rule for name, rule in rules.items() if name not in {"lat", "lon"}}
    wanted: dict[str, float | str] = {}
    for name, raw in row.items():
        if name in rules:
            field, low, high, factor, plus = rules[name]
            if low <= int(raw) <= high:
                wanted[field] = int(raw) * factor + plus
    if len({"latitude", "longitude"} & wanted.keys()) == 1:
        wanted = {name: value for name, value in wanted.items() if name not in {"latitude", "longitude"}}
    wanted |= {
        "name" if name == "shipname" else name: text
        for name in ("shipname", "callsign", "destination")
        if (text := row.get(name, "").strip())
    }
    for field, ends in (("length", ("to_bow", "to_stern")), ("beam", ("to_port", "to_starboard"))):
        if size := sum(int(row.get(end, 0)) for end in ends):
            wanted[field] = size
    return wanted


def _differences(wanted: dict[str, float | str], fields: dict[str, object], names: set[str]) -> list[str]:
    wrong = []
    for name, value in wanted.items():
        got = fields.get(name)
        same = got == value if isinstance(value, str) else isinstance(got, float | int) and abs(got - value) < 2e-6
        if not same:
            wrong.append(f"{name} {got} is not {value}")
    return wrong + [f"{name} {fields[name]} was not sent" for name in names & fields.keys() - wanted.keys()]


@pytest.mark.skipif(not SAMPLE.is_file(), reason=f"no corpus: {SAMPLE} is not there")
def test_every_message_tells_what_gpsd_dumped() -> None:
    tally = _tally()
    assert tally.readings > 40
    assert tally.checked > 150
    assert tally.mismatches == {}
    assert tally.rejected == 0
