"""Is this the firmware that was written, and may its first readings be true? Pure.

A value is plausible inside the manifest's range and, where its unit is the catalogue's, inside the catalogue's. A set is judged by its last
reading: sensors may need a try or two, so it fails only after `_STRIKES` bad ones in a row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from firmware_bridge.bundle.manifest import Manifest, SensorExpected
from firmware_bridge.link.messages import Hello, SensorField, SensorSet
from firmware_bridge.link.records import Record
from telemetry import catalogue
from telemetry.quality import DEVICE_ERROR, OUT_OF_RANGE, WARM_UP, describe
from telemetry.said import Said, joined, said

_STRIKES = 3


@dataclass(frozen=True, slots=True)
class Reading:
    """What one set measured; `why` says what is wrong with it, one part each."""

    measurement: str
    values: Mapping[str, float | int | bool]
    quality: int = 0
    why: tuple[Said, ...] = ()


def other_firmware(hello: Hello, manifest: Manifest) -> Said:
    """Return how the board that speaks is not what the bundle should have made of it, "" if it is."""
    pairs = (
        (said("bo mạch", "board"), hello.board, manifest.board),
        (said("firmware", "firmware"), hello.firmware, manifest.firmware),
        (said("phiên bản", "version"), hello.version, manifest.version),
        (said("mã bản dựng", "build id"), hello.build_id, manifest.build_id),
    )
    wrong = joined(
        ", ",
        (
            said(f"{name.vi} {heard or '(không có)'} thay vì {wanted}", f"{name} {heard or '(none)'} instead of {wanted}")
            for name, heard, wanted in pairs
            if wanted and heard != wanted
        ),
    )
    return said(f"bo mạch báo {wrong.vi}", f"the board says {wrong}") if wrong else wrong


class FirstReadings:
    """Readings of one session, until every set that should report has shown a plausible one, or one of them keeps failing."""

    def __init__(self, sensors: Sequence[SensorSet], manifest: Manifest) -> None:
        self._sensors = {sensor.index: sensor for sensor in sensors}
        self._expected: dict[int, SensorExpected] = {}
        self._needed: set[int] = set()
        self._last: dict[int, Reading] = {}
        self._strikes: dict[int, int] = {}
        self.missing = tuple(filter(None, (self._match(expected) for expected in manifest.sensors)))
        if not manifest.sensors:
            self._needed = {sensor.index for sensor in sensors if sensor.interval_ms}

    def take(self, record: Record) -> None:
        sensor = self._sensors.get(record.set_index)
        if sensor is None or record.lost is not None:
            return
        reading = judged(sensor, record, self._expected.get(sensor.index))
        self._last[sensor.index] = reading
        self._strikes[sensor.index] = self._strikes.get(sensor.index, 0) + 1 if reading.why else 0

    @property
    def is_over(self) -> bool:
        """Whether more readings would change nothing."""
        if self.missing or any(count >= _STRIKES for count in self._strikes.values()):
            return True
        return all(at in self._last and not self._last[at].why and not self._last[at].quality & WARM_UP for at in self._needed)

    @property
    def readings(self) -> tuple[Reading, ...]:
        return tuple(self._last[at] for at in sorted(self._last))

    def silent(self) -> tuple[str, ...]:
        """Measurements of the sets that should have reported and did not."""
        return tuple(self._sensors[at].measurement for at in sorted(self._needed - set(self._last)))

    def why(self) -> tuple[Said, ...]:
        """What is implausible, over all sets."""
        return (*self.missing, *(part for reading in self.readings for part in reading.why))

    def _match(self, expected: SensorExpected) -> Said | None:
        names = {field.name for field in expected.fields}
        for index, sensor in sorted(self._sensors.items()):
            if (
                index in self._expected
                or sensor.measurement != expected.measurement
                or not names <= {field.name for field in sensor.fields}
            ):
                continue
            self._expected[index] = expected
            if expected.interval_ms:
                self._needed.add(index)
            units = {field.name: field.unit for field in sensor.fields}
            wrong = [field.name for field in expected.fields if field.unit and units[field.name] != field.unit]
            vi = ", ".join(f"{name} theo {units[name]}" for name in wrong)
            en = ", ".join(f"{name} in {units[name]}" for name in wrong)
            both = said(
                f"{expected.name} báo {vi}, khác đơn vị trong gói", f"{expected.name} reports {en}, which is another unit than the bundle's"
            )
            return both if wrong else None
        about = f"{expected.name} ({expected.measurement}: {', '.join(sorted(names))})"
        return said(f"bo mạch không khai báo {about}", f"the board does not announce {about}")


def reading_text(reading: Reading) -> str:
    """Return the reading in one line."""
    return f"{reading.measurement}: " + ", ".join(f"{name} {value}" for name, value in reading.values.items())


def judged(sensor: SensorSet, record: Record, expected: SensorExpected | None) -> Reading:
    """Return the record as a reading, with what is wrong with it."""
    ranges = {field.name: (field.lowest, field.highest) for field in expected.fields} if expected else {}
    why = []
    for field in sensor.fields:
        if field.name not in record.values:
            if not expected or field.name in ranges:
                named = f"{sensor.measurement} {field.name}"
                why.append(said(f"{named} không có giá trị: cảm biến đã cắm chưa?", f"{named} has no value: is the sensor connected?"))
            continue
        why += _beyond(sensor.measurement, field, float(record.values[field.name]), ranges.get(field.name, (None, None)))
    if bits := record.quality & (DEVICE_ERROR | OUT_OF_RANGE):
        vi = ", ".join(flag.vi for flag in describe(bits))
        en = ", ".join(flag.name for flag in describe(bits))
        why.append(said(f"{sensor.measurement}: chính bo mạch báo {vi}", f"{sensor.measurement}: the board itself says {en}"))
    return Reading(sensor.measurement, dict(record.values), record.quality, tuple(why))


def _beyond(measurement: str, field: SensorField, value: float, limits: tuple[float | None, float | None]) -> list[Said]:
    quantity = catalogue.find(measurement, field.name)
    if quantity is not None and field.unit in ("", quantity.unit) and not quantity.is_plausible(value):
        return [_outside(measurement, field, value, quantity.low, quantity.high)]
    low, high = limits
    if (low is not None and value < low) or (high is not None and value > high):
        return [_outside(measurement, field, value, low, high)]
    return []


def _outside(measurement: str, field: SensorField, value: float, low: float | None, high: float | None) -> Said:
    limits = ["…" if limit is None else f"{limit:g}" for limit in (low, high)]
    shown = f"{value:g}{' ' if field.unit else ''}{field.unit}"
    return said(
        f"{measurement} {field.name} là {shown}, ngoài khoảng {' đến '.join(limits)}",
        f"{measurement} {field.name} is {shown}, outside {' to '.join(limits)}",
    )
