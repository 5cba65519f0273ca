"""The catalogue is consistent with itself and with the units."""

from collections import Counter

import pytest

from telemetry.catalogue import MEASUREMENTS, Quantity, find
from telemetry.identifiers import is_name
from telemetry.units import UNITS

_ROWS = [(measurement, row) for measurement, rows in MEASUREMENTS.items() for row in rows]


def test_the_first_measurements_are_there() -> None:
    assert set(MEASUREMENTS) >= {"air", "weather", "water_level", "noise", "power", "gateway", "ledger"}


@pytest.mark.parametrize(("measurement", "row"), _ROWS, ids=[f"{m}.{r.field}" for m, r in _ROWS])
def test_a_row_is_complete_and_makes_sense(measurement: str, row: Quantity) -> None:
    assert is_name(measurement)
    assert is_name(row.field)
    assert row.unit == "" or row.unit in UNITS
    assert row.vi
    assert row.en
    if row.type in ("bool", "string"):
        assert (row.unit, row.low, row.high) == ("", None, None)
    if row.low is not None and row.high is not None:
        assert row.low < row.high
    assert find(measurement, row.field) is row


def test_no_field_is_catalogued_twice_in_a_measurement() -> None:
    assert [name for name, count in Counter((m, row.field) for m, row in _ROWS).items() if count > 1] == []


def test_a_field_name_has_one_type_and_unit_everywhere() -> None:
    meanings: dict[str, set[tuple[str, str]]] = {}
    for _, row in _ROWS:
        meanings.setdefault(row.field, set()).add((row.type, row.unit))
    assert {field for field, kinds in meanings.items() if len(kinds) > 1} == set()


def test_phases_and_quality_of_a_field_are_found() -> None:
    assert find("power", "voltage_l2") is find("power", "voltage")
    assert find("power", "energy_session_l1") is None
    assert find("power", "voltage_l4") is None
    assert find("air", "pm2_5_quality") is find("air", "quality")
    assert find("power", "voltage_l1_quality") is find("power", "quality")
    assert find("air", "shoe_size_quality") is None
    assert find("air", "shoe_size") is None
    assert find("shoes", "temperature") is None


def test_the_plausible_range_includes_its_ends() -> None:
    humidity = find("air", "humidity")
    energy = find("power", "energy")
    assert humidity is not None
    assert energy is not None
    assert [humidity.is_plausible(value) for value in (-0.1, 0, 100, 100.1)] == [False, True, True, False]
    assert energy.is_plausible(1e15)
