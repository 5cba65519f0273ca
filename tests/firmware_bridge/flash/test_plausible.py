"""Which first readings prove a board."""

import pytest

from firmware_bridge.bundle.manifest import FieldExpected, Manifest, SensorExpected
from firmware_bridge.flash.plausible import FirstReadings, other_firmware
from firmware_bridge.link.messages import Hello, SensorField, SensorSet
from firmware_bridge.link.records import Lost, Record
from telemetry.quality import DEVICE_ERROR, WARM_UP
from tests.stand_ins.bundles import hex_file, manifest_of

AIR = SensorSet(0, "weather", (SensorField(0, "temperature", "Cel", -1), SensorField(0, "humidity", "%", -1)), 1000, 2)
RAIN = SensorSet(1, "weather", (SensorField(1, "rain_total", "mm"),), 0, 2)
FIELDS = (FieldExpected(name="temperature", unit="Cel", lowest=-10, highest=50), FieldExpected(name="humidity"))
EXPECTED = SensorExpected(name="air", measurement="weather", interval_ms=1000, fields=FIELDS)
HELLO = Hello(1, board="atmega328p-uno", firmware="reference", version="1.2.0")


def bundle(*sensors: SensorExpected, **changes: object) -> Manifest:
    return manifest_of({"app.hex": hex_file()}, sensors=sensors, **changes)


def readings(*records: Record, manifest: Manifest | None = None) -> FirstReadings:
    first = FirstReadings([AIR, RAIN], manifest or bundle(EXPECTED))
    for record in records:
        first.take(record)
    return first


def air(temperature: float | None = 27.4, humidity: float | None = 81.5, quality: int = 0) -> Record:
    values = {"temperature": temperature, "humidity": humidity}
    return Record(0, 0.0, {name: value for name, value in values.items() if value is not None}, quality)


def test_one_good_reading_of_each_set_that_reports_by_itself_is_proof() -> None:
    assert not readings().is_over
    first = readings(air())
    assert first.is_over
    assert (first.why(), first.silent()) == ((), ())
    assert first.readings[0].values == {"temperature": 27.4, "humidity": 81.5}


@pytest.mark.parametrize(
    ("bad", "word"),
    [
        (air(temperature=55.0), "outside -10 to 50"),  # of the manifest
        (air(humidity=310.0), "humidity is 310 %"),  # of the catalogue
        (air(temperature=None), "has no value"),
        (air(quality=DEVICE_ERROR), "device-error"),
    ],
)
def test_a_sensor_may_fail_twice_and_not_three_times(bad: Record, word: str) -> None:
    assert not readings(bad, bad).is_over
    failed = readings(bad, bad, bad)
    assert failed.is_over
    assert word in " ".join(failed.why())
    recovered = readings(bad, bad, air())
    assert recovered.is_over
    assert recovered.why() == ()


def test_a_sensor_that_warms_up_is_waited_for_and_good_enough_in_the_end() -> None:
    first = readings(air(quality=WARM_UP))
    assert not first.is_over
    assert first.why() == ()


def test_what_the_bundle_promises_and_the_board_does_not_announce_is_named() -> None:
    soil = SensorExpected(name="soil", measurement="soil", interval_ms=1000, fields=(FieldExpected(name="moisture"),))
    first = readings(air(), manifest=bundle(EXPECTED, soil))
    assert first.is_over
    assert "soil" in first.why()[0]


def test_another_unit_than_the_bundles_is_no_proof() -> None:
    fahrenheit = SensorExpected(
        name="air", measurement="weather", interval_ms=1000, fields=(FieldExpected(name="temperature", unit="[degF]"),)
    )
    assert "another unit" in readings(air(), manifest=bundle(fahrenheit)).why()[0]


def test_a_bundle_that_names_no_sensors_needs_every_set_that_has_an_interval() -> None:
    assert readings(air(), manifest=bundle()).is_over
    assert readings(manifest=bundle()).silent() == ("weather",)


def test_readings_that_the_board_lost_prove_nothing() -> None:
    assert readings(Record(0, 0.0, lost=Lost(3, 100))).silent() == ("weather",)
    assert readings(Record(7, 0.0, {"temperature": 20.0})).readings == ()


@pytest.mark.parametrize(("name", "value"), [("board", "atmega2560"), ("firmware", "other"), ("version", "1.1.9")])
def test_a_board_that_runs_something_else_is_told(name: str, value: str) -> None:
    assert other_firmware(HELLO, bundle()) == ""
    wrong = Hello(1, **{"board": HELLO.board, "firmware": HELLO.firmware, "version": HELLO.version} | {name: value})
    assert value in other_firmware(wrong, bundle())


def test_a_build_id_counts_where_the_bundle_has_one() -> None:
    assert "build id (none) instead of abc" in other_firmware(HELLO, bundle(build_id="abc"))
