"""Honeywell HPMA115C0, Winsen MH-Z19B, Plantower PMSx003 and Nova SDS01x frames of PyPMS's captures, beside the values that PyPMS gives.

Each sensor is there three times: as a hexdump, as rows of frames.csv, and as values in .csv and .txt.
"""

import csv
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from edge.decoders.table import build_decoder
from quanho.captures.capture import CaptureOptions, Fault, Piece
from quanho.captures.payloads import payloads
from quanho.captures.table import open_capture
from telemetry.errors import RejectedError
from telemetry.point import Reading
from tests.corpus.tally import CORPUS, Tally

FOLDER = CORPUS / "02_serial/particulate_gas"
_SECOND_NS = 1_000_000_000


class Sensor(NamedTuple):
    """A sensor of the corpus: its decoder, and its columns in .csv and .txt as our fields."""

    name: str
    decoder: str
    columns: dict[str, str]
    labels: dict[str, str]


SENSORS = (
    Sensor(
        "HPMA115C0",
        "hpma115",
        {"pm01": "pm1", "pm25": "pm2_5", "pm04": "pm4", "pm10": "pm10"},
        {"PM1": "pm1", "PM2.5": "pm2_5", "PM4": "pm4", "PM10": "pm10"},
    ),
    Sensor("MHZ19B", "mhz19", {"CO2": "co2"}, {"CO2": "co2"}),
    Sensor(
        "PMSx003",
        "plantower",
        {
            "raw01": "pm1_cf1",
            "raw25": "pm2_5_cf1",
            "raw10": "pm10_cf1",
            "pm01": "pm1",
            "pm25": "pm2_5",
            "pm10": "pm10",
            **{name: name for name in ("n0_3", "n0_5", "n1_0", "n2_5", "n5_0", "n10_0")},
        },
        {"PM1": "pm1", "PM2.5": "pm2_5", "PM10": "pm10"},
    ),
    Sensor("SDS01x", "sds011", {"pm25": "pm2_5", "pm10": "pm10"}, {"PM2.5": "pm2_5", "PM10": "pm10"}),
)
_LABELLED = re.compile(r"([A-Z][A-Z0-9.]*) ([0-9.]+)")


def decoded(sensor: Sensor, path: Path, tally: Tally, where: Mapping[str, str] | None = None) -> list[Reading]:
    """Return what our decoder gives for a capture, with the capture's times."""
    decoder = build_decoder(sensor.decoder, {})
    readings: list[Reading] = []
    tally.files += 1
    with path.open("rb") as stream:
        for item in payloads(open_capture(stream, path.name, None, CaptureOptions(where or {})), decoder.framing):
            if isinstance(item, Fault):
                tally.rejected += item.times
            elif isinstance(item, Piece):
                tally.frames += 1
                try:
                    found = decoder.decode("", item.payload).readings
                except RejectedError:
                    tally.rejected += 1
                    continue
                readings += [reading._replace(time_ns=item.time_ns) for reading in found]
    tally.readings += len(readings)
    return readings


def of_csv(sensor: Sensor) -> list[dict[str, float]]:
    with (FOLDER / f"{sensor.name}.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream, skipinitialspace=True))
    return [{"time": float(row["time"]), **{ours: float(row[theirs]) for theirs, ours in sensor.columns.items()}} for row in rows]


def of_txt(sensor: Sensor) -> list[dict[str, float]]:
    lines = (FOLDER / f"{sensor.name}.txt").read_text(encoding="utf-8").splitlines()
    found = [_LABELLED.findall(line.split(": ", 1)[1]) for line in lines]
    return [{sensor.labels[label]: float(number) for label, number in values} for values in found]


def tallies() -> Sequence[Tally]:
    return [_tally(sensor) for sensor in SENSORS]


def _tally(sensor: Sensor) -> Tally:
    tally = Tally(f"particulate_gas {sensor.name}")
    expected = of_csv(sensor)
    ways = [
        decoded(sensor, FOLDER / f"{sensor.name}.hexdump", tally),
        decoded(sensor, FOLDER / "frames.csv", tally, {"sensor": sensor.name}),
    ]
    tally.files += 2  # .csv and .txt
    for readings in ways:
        for reading, values, text in zip(readings, expected, of_txt(sensor), strict=True):
            for name in sensor.columns.values():
                tally.checked += 1 + (name in text)
                tally.mismatches["another value than the .csv"] += reading.fields.get(name) != values[name]
                tally.mismatches["another value than the .txt"] += name in text and reading.fields.get(name) != text[name]
            if reading.time_ns is not None:
                tally.checked += 1
                tally.mismatches["another time than the .csv"] += reading.time_ns != values["time"] * _SECOND_NS
    tally.mismatches = +tally.mismatches
    return tally


@pytest.mark.parametrize("sensor", SENSORS, ids=lambda sensor: sensor.name)
def test_every_frame_gives_the_values_that_lie_beside_it(sensor: Sensor) -> None:
    if not FOLDER.is_dir():
        pytest.skip(f"no corpus: {FOLDER} is not there")
    tally = _tally(sensor)
    assert (tally.readings, tally.rejected, dict(tally.mismatches)) == (20, 0, {})
    assert tally.checked == 20 * (len(sensor.columns) + len(sensor.labels)) + 10


@pytest.mark.parametrize(("sensor", "taken"), [(SENSORS[0], 20), (SENSORS[1], 10)], ids=lambda one: getattr(one, "name", ""))
def test_frames_of_other_sensors_are_refused(sensor: Sensor, taken: int) -> None:
    """Plantower's frames have the header, length and checksum of Honeywell's, so they are taken; --where tells them apart."""
    if not FOLDER.is_dir():
        pytest.skip(f"no corpus: {FOLDER} is not there")
    tally = Tally("all")
    assert len(decoded(sensor, FOLDER / "frames.csv", tally)) == taken
    assert tally.rejected == 40 - taken
