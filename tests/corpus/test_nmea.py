"""gpsd's receiver captures: positions, speeds and altitudes beside what gpsd of January 2020 made of them (.chk).

gpsd also reads binary protocols, joins sentences of one cycle, and moves dates of receivers whose week number ran over: positions are
therefore looked for among ours, not at the same time.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from edge.decoders.nmea.sentences import degrees
from edge.decoders.table import build_decoder
from quanho.captures.capture import Fault, Piece
from quanho.captures.payloads import payloads
from quanho.captures.table import open_capture
from telemetry.errors import RejectedError
from telemetry.point import Reading
from tests.corpus.tally import CORPUS, Tally

FOLDERS = ("gpsd_nmea", "gpsd_binary_or_mixed")
_PLACES = 6  # decimals of a degree: 0.1 m


def read(path: Path, tally: Tally, kind: str = "nmea") -> list[Reading]:
    decoder = build_decoder(kind, {})
    readings: list[Reading] = []
    with path.open("rb") as stream:
        for item in payloads(open_capture(stream, path.name), decoder.framing):
            if isinstance(item, Fault):
                tally.rejected += item.times
            elif isinstance(item, Piece):
                tally.frames += 1
                try:
                    readings += decoder.decode("", item.payload).readings
                except RejectedError:
                    tally.rejected += 1
    tally.readings += len(readings)
    return readings


def expected(path: Path) -> Iterator[dict[str, Any]]:
    """Yield gpsd's positions."""
    for line in path.read_text(encoding="latin-1").splitlines():
        if line.startswith('{"class":"TPV"'):
            fix = json.loads(line)
            if "lat" in fix and "lon" in fix:
                yield fix


def _compare(path: Path, readings: list[Reading], tally: Tally) -> None:
    told: dict[tuple[float, float], dict[str, set[float]]] = {}
    for reading in readings:
        at = reading.fields.get("latitude"), reading.fields.get("longitude")
        if isinstance(at[0], float) and isinstance(at[1], float):
            here = told.setdefault((round(at[0], _PLACES), round(at[1], _PLACES)), {})
            for name in ("altitude", "speed", "course"):
                if isinstance(value := reading.fields.get(name), float):
                    here.setdefault(name, set()).add(value)
    is_nmea = path.parent.name == "gpsd_nmea"
    for fix in expected(path.with_name(path.name + ".chk")):
        tally.checked += 1
        here = _at(told, fix)
        if here is None:
            unknown = f"? {path.name}: {fix['lat']}, {fix['lon']}"
            void = "gpsd believes a position that the receiver calls void" if _at(_void(path), fix) is not None else unknown
            tally.mismatches[void if is_nmea else "a position of the binary protocol"] += 1
            continue
        for theirs, ours, slack in (("alt", "altitude", 0.06), ("speed", "speed", 0.006), ("track", "course", 0.06)):
            if theirs in fix and ours in here:
                tally.checked += 1
                if not any(abs(value - fix[theirs]) <= slack for value in here[ours]):
                    tally.mismatches[f"gpsd joins sentences: {ours} of another sentence of the cycle"] += 1


def _void(path: Path) -> dict[tuple[float, float], dict[str, set[float]]]:
    """Return the positions of GGA sentences that say nothing of a fix."""
    found: dict[tuple[float, float], dict[str, set[float]]] = {}
    for line in path.read_text(encoding="latin-1").splitlines():
        parts = line.split(",")
        if line[3:6] == "GGA" and len(parts) > 6 and parts[6] in {"", "0"} and parts[2]:
            with suppress(ValueError):
                latitude, longitude = degrees(parts[2], parts[3], 90), degrees(parts[4], parts[5], 180)
                found[round(latitude or 0, _PLACES), round(longitude or 0, _PLACES)] = {}
    return found


def _at(told: dict[tuple[float, float], dict[str, set[float]]], fix: dict[str, Any]) -> dict[str, set[float]] | None:
    step = 10**-_PLACES
    latitude, longitude = round(fix["lat"], _PLACES), round(fix["lon"], _PLACES)
    near = [(round(latitude + i * step, _PLACES), round(longitude + j * step, _PLACES)) for i in (0, -1, 1) for j in (0, -1, 1)]
    return next((told[at] for at in near if at in told), None)


def tallies() -> Sequence[Tally]:
    return [*(_tally(name) for name in FOLDERS), _ships()]


def _ships() -> Tally:
    """Positions of types 1 to 3, beside gpsd's dump (1/600,000 degree, tenths of a knot)."""
    tally = Tally("ais", files=2)
    path = CORPUS / "02_serial/ais/sample.aivdm"
    told = {
        (reading.tags["device"], reading.fields.get("latitude"), reading.fields.get("longitude"), reading.fields.get("speed"))
        for reading in read(path, tally, "ais")
    }
    for line in path.with_name(path.name + ".chk").read_text(encoding="latin-1").splitlines():
        parts = line.split("|")
        if parts[0] in {"1", "2", "3"} and parts[7] != "108600000":
            tally.checked += 1
            speed = None if parts[5] == "1023" else round(int(parts[5]) / 10 * 1852 / 3600, 4)
            at = parts[2].zfill(9), round(int(parts[8]) / 600_000, 6), round(int(parts[7]) / 600_000, 6), speed
            tally.mismatches[f"? {at}"] += at not in told
    tally.mismatches = +tally.mismatches
    return tally


def _tally(folder: str) -> Tally:
    tally = Tally(folder)
    for path in sorted((CORPUS / "02_serial" / folder).glob("*.log")):
        tally.files += 2  # .log and .log.chk
        _compare(path, read(path, tally), tally)
    return tally


@pytest.mark.parametrize("folder", FOLDERS)
def test_positions_are_those_of_gpsd(folder: str) -> None:
    if not (CORPUS / "02_serial" / folder).is_dir():
        pytest.skip(f"no corpus: {CORPUS} is not there")
    tally = _tally(folder)
    assert tally.readings > (1000 if folder == "gpsd_nmea" else 5)
    assert not {reason for reason in tally.mismatches if reason.startswith("?")}
    joined = sum(count for reason, count in tally.mismatches.items() if reason.startswith("gpsd joins"))
    assert joined < tally.checked / 10


def test_ships_are_where_gpsd_sees_them() -> None:
    if not (CORPUS / "02_serial/ais").is_dir():
        pytest.skip(f"no corpus: {CORPUS} is not there")
    tally = _ships()
    assert tally.checked >= 3
    assert (tally.rejected, dict(tally.mismatches)) == (0, {})
