"""gpsd's receiver captures: positions, speeds and altitudes beside what gpsd of January 2020 made of them (.chk).

gpsd also reads binary protocols, joins sentences of one cycle, and moves dates of receivers whose week number ran over: positions are
therefore looked for among ours, not at the same time.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from edge.decoders.nmea.said import degrees
from edge.decoders.table import build_decoder
from quanho.captures.capture import Fault, Piece
from quanho.captures.payloads import payloads
from quanho.captures.table import open_capture
from telemetry.errors import RejectedError
from telemetry.point import Reading
from tests.corpus.tally import CORPUS, Tally

FOLDERS = ("gpsd_nmea", "gpsd_binary_or_mixed")
_DAY_MS = 86_400_000
_ROLLOVER_NS = 1024 * 7 * _DAY_MS * 1_000_000  # gpsd moves dates of old receivers by 1,024 weeks
_PLACES = 6  # decimals of a degree: 0.1 m


def read(path: Path, tally: Tally) -> list[Reading]:
    decoder = build_decoder("nmea", {})
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
    moments, places = _moments(readings), _places(readings)
    is_nmea = path.parent.name == "gpsd_nmea"
    void = _void(path)
    for fix in expected(path.with_name(path.name + ".chk")):
        tally.checked += 1
        place = round(fix["lat"], _PLACES), round(fix["lon"], _PLACES)
        if not _near(place, places):
            unknown = f"? {path.name}: {fix['lat']}, {fix['lon']}"
            is_void = _near(place, void)
            reason = "gpsd believes a position that the receiver calls void" if is_void else unknown
            tally.mismatches[reason if is_nmea else "a position of the binary protocol"] += 1
        elif "time" in fix:
            _compare_moment(path, fix, moments, tally)


def _compare_moment(path: Path, fix: dict[str, Any], moments: dict[int, tuple[int, dict[str, float]]], tally: Tally) -> None:
    """Compare what gpsd says of one moment with all that our readings of that time of day say."""
    time_ns = round(datetime.fromisoformat(fix["time"]).timestamp() * 1000) * 1_000_000
    of_day = (time_ns // 1_000_000) % _DAY_MS
    found = next((moments[key] for key in (of_day, of_day + 1, of_day - 1) if key in moments), None)
    tally.checked += 1
    if found is None:
        tally.mismatches["no date yet, or none that is believed: the arrival counts"] += 1
        return
    our_ns, ours = found
    if (our_ns - time_ns + 2_000_000) % _ROLLOVER_NS > 4_000_000:
        tally.mismatches[f"? {path.name}: {our_ns} is not {fix['time']}"] += 1
    for theirs, name, slack in (("altMSL", "altitude", 0.06), ("speed", "speed", 0.006), ("track", "course", 0.06)):
        if theirs in fix and name in ours:
            tally.checked += 1
            if abs(ours[name] - fix[theirs]) > slack:
                is_derived = name == "speed" and "track" not in fix
                is_late = name in {"speed", "course"}
                unknown = f"? {path.name}: {name} {ours[name]} is not {fix[theirs]}"
                late = f"gpsd's {name} is of the second before" if is_late else unknown
                tally.mismatches["gpsd derives a speed from positions" if is_derived else late] += 1
    if "fix_mode" in ours:
        tally.checked += 1
        if ours["fix_mode"] != fix["mode"]:
            is_raised = (ours["fix_mode"], fix["mode"]) == (2, 3)
            tally.mismatches["gpsd raises a flat fix of the receiver to 3D" if is_raised else "gpsd's mode is of another sentence"] += 1


def _moments(readings: list[Reading]) -> dict[int, tuple[int, dict[str, float]]]:
    """Return time and fields by the time of day in ms, joined as the store joins them."""
    moments: dict[int, tuple[int, dict[str, float]]] = {}
    for reading in readings:
        if reading.time_ns is not None and not reading.tags:
            numbers = {name: value for name, value in reading.fields.items() if isinstance(value, float)}
            moments.setdefault(reading.time_ns // 1_000_000 % _DAY_MS, (reading.time_ns, {}))[1].update(numbers)
    return moments


def _places(readings: list[Reading]) -> set[tuple[float, float]]:
    found = ((reading.fields.get("latitude"), reading.fields.get("longitude")) for reading in readings)
    return {(round(lat, _PLACES), round(lon, _PLACES)) for lat, lon in found if isinstance(lat, float) and isinstance(lon, float)}


def _void(path: Path) -> set[tuple[float, float]]:
    """Return the positions of GGA sentences that say nothing of a fix."""
    found: set[tuple[float, float]] = set()
    for line in path.read_text(encoding="latin-1").splitlines():
        parts = line.split(",")
        if line[3:6] == "GGA" and len(parts) > 6 and parts[6] in {"", "0"} and parts[2]:
            with suppress(ValueError):
                latitude, longitude = degrees(parts[2], parts[3], "NS"), degrees(parts[4], parts[5], "EW")
                found.add((round(latitude or 0, _PLACES), round(longitude or 0, _PLACES)))
    return found


def _near(place: tuple[float, float], places: set[tuple[float, float]]) -> bool:
    step = 10**-_PLACES
    return any((round(place[0] + i * step, _PLACES), round(place[1] + j * step, _PLACES)) in places for i in (0, -1, 1) for j in (0, -1, 1))


def _compare_sky(path: Path, readings: list[Reading], tally: Tally) -> None:
    """Compare the number of satellites in view; gpsd joins the constellations that it has heard of."""
    totals = {0}
    for constellation in sorted({reading.tags["constellation"] for reading in readings if "constellation" in reading.tags}):
        seen = {int(r.fields["satellites_visible"]) for r in readings if r.tags.get("constellation") == constellation}
        totals |= {total + count for total in totals for count in seen}
    for line in path.with_name(path.name + ".chk").read_text(encoding="latin-1").splitlines():
        if line.startswith('{"class":"SKY"') and (satellites := json.loads(line).get("satellites")):
            tally.checked += 1
            if len(satellites) not in totals:
                is_nmea = path.parent.name == "gpsd_nmea"
                tally.mismatches[
                    "gpsd counts a sky with sentences missing, or of PASHR" if is_nmea else "a sky of the binary protocol"
                ] += 1


def tallies() -> Sequence[Tally]:
    return [_tally(name) for name in FOLDERS]


def _tally(folder: str) -> Tally:
    tally = Tally(folder)
    for path in sorted((CORPUS / "02_serial" / folder).glob("*.log")):
        tally.files += 2  # .log and .log.chk
        readings = read(path, tally)
        _compare(path, readings, tally)
        _compare_sky(path, readings, tally)
    return tally


@pytest.mark.parametrize("folder", FOLDERS)
def test_positions_are_those_of_gpsd(folder: str) -> None:
    if not (CORPUS / "02_serial" / folder).is_dir():
        pytest.skip(f"no corpus: {CORPUS} is not there")
    tally = _tally(folder)
    assert tally.readings > (1000 if folder == "gpsd_nmea" else 5)
    assert not {reason for reason in tally.mismatches if reason.startswith("?")}
    skies = tally.mismatches["gpsd counts a sky with sentences missing, or of PASHR"]
    believed = tally.mismatches["gpsd's speed is of the second before"] + tally.mismatches["gpsd's course is of the second before"]
    assert skies + believed < tally.checked / 50
