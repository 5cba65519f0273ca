"""The unit of a column follows from the catalogue and from what the query does to the field."""

import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.influxql.reading import read
from dashboards.influxql.statement import Statement
from dashboards.lint.derive import NotDerived, columns, of_quantity
from dashboards.lint.grafana_units import MORE, fits, fitting
from dashboards.lint.measure import Measure, measure_of
from dashboards.units import GRAFANA, unit_of
from telemetry.catalogue import MEASUREMENTS, Quantity

_SHARED = Path(__file__).parents[3] / "shared" / "specs" / "grafana-dashboard-jsonschema"
_FIELDS = [(name, quantity) for name, rows in MEASUREMENTS.items() for quantity in rows]
_NUMBERS = [(name, quantity) for name, quantity in _FIELDS if quantity.type in ("float", "int")]


def _measures(query: str) -> Iterator[Measure | NotDerived]:
    statement = read(query)
    assert isinstance(statement, Statement)
    yield from (measure for _, measure in columns(statement))


@given(st.sampled_from(_FIELDS))
def test_each_field_of_the_catalogue_fits_the_unit_that_the_table_gives_it(field: tuple[str, Quantity]) -> None:
    measurement, quantity = field
    assert fits(unit_of(measurement, quantity.field), of_quantity(quantity))
    assert unit_of(measurement, quantity.field) in fitting(of_quantity(quantity))


@given(st.sampled_from(_NUMBERS), st.sampled_from(["mean", "max", "last", "spread", "sum"]), st.integers(2, 5000))
def test_a_number_that_was_divided_has_not_the_unit_of_the_field(field: tuple[str, Quantity], function: str, divisor: int) -> None:
    measurement, quantity = field
    query = f'SELECT {function}("{quantity.field}"), {function}("{quantity.field}") / {divisor} FROM "{measurement}"'  # noqa: S608
    whole, part = _measures(query)
    assert isinstance(whole, Measure)
    assert isinstance(part, Measure)
    unit = unit_of(measurement, quantity.field)
    assert fits(unit, whole)
    assert not fits(unit, part)
    assert part.scaled(Fraction(divisor)).is_like(whole)


@pytest.mark.parametrize(
    ("expression", "measurement", "right", "wrong"),
    [
        ('max("spool_oldest_age_s") / 60', "gateway", "m", "s"),
        ('max("spool_oldest_age_s") / 86400', "gateway", "d", "h"),
        ('last("disk_free_bytes") / 1000000000', "gateway", "decgbytes", "gbytes"),
        ('last("disk_free_bytes") / 1024 / 1024', "gateway", "mbytes", "decmbytes"),
        ('last("from_ns") / 1000000', "ledger", "dateTimeAsIso", "s"),
        ('non_negative_derivative(max("received_total"), 1s)', "gateway", "suffix: /s", "short"),
        ('non_negative_derivative(max("received_total"), 1m)', "gateway", "cpm", "cps"),
        ('derivative(mean("level"), 1h) * 100', "water_level", "suffix: cm/h", "suffix: mm/h"),
        ('integral("rain_rate", 1h)', "weather", "lengthmm", "suffix: mm/h"),
        ('elapsed("quality", 1m)', "air", "m", "s"),
        ('count("pm2_5")', "air", "short", "conμgm3"),
        ('count(distinct("gap_id")) * -1 + 1', "ledger", "short", "s"),
        ('mean("pm2_5") / mean("pm10")', "air", "percentunit", "conμgm3"),
        ('mean("pm2_5") / mean("pm10") * 100', "air", "percent", "percentunit"),
        ('mean("temperature") - mean("dew_point")', "weather", "celsius", "short"),
        ('mean("temperature") * 1 + 0.5', "weather", "celsius", "none"),
        ('sum("active_power") / 1000', "power", "kwatt", "watt"),
        ('("quality" & 16) / 16', "air", "none", "s"),
        ('(atan2(mean("wind_speed"), mean("wind_gust")) * 57.29577951308232 + 360) % 360', "weather", "degree", "none"),
        ('count("quality") * 0 + 45', "air", "conμgm3", "not a unit of Grafana's"),
        ('last("clock_trusted")', "gateway", "bool_yes_no", "celsius"),
        ('last("spool_epoch")', "gateway", "string", "s"),
        ('count("pm2_5")', "air", "suffix: trạm", "suffix: mm"),
    ],
)
def test_functions_and_arithmetic_change_the_unit(expression: str, measurement: str, right: str, wrong: str) -> None:
    (measure,) = _measures(f'SELECT {expression} FROM "{measurement}"')  # noqa: S608
    assert isinstance(measure, Measure)
    assert fits(right, measure)
    if measure.form != "constant":
        assert not fits(wrong, measure)


def test_units_go_through_statements_inside_and_united_ones() -> None:
    inner = 'SELECT max("spool_oldest_age_s") / 60 AS "a" FROM "gateway"'
    other = 'SELECT last("quality") * 0 AS "a" FROM "gateway"'
    (measure,) = _measures(f'SELECT sum("a") / 60 AS "b" FROM ({inner}), ({other})')  # noqa: S608
    assert isinstance(measure, Measure)
    assert fits("h", measure)


@pytest.mark.parametrize(
    ("columns_", "source", "why"),
    [
        ('max("a")', '(SELECT mean("pm2_5") AS "a" FROM "air"), (SELECT mean("level") AS "a" FROM "water_level")', "several units"),
        ('mean("pm2_5") + mean("temperature")', '"air"', "joins different units"),
        ('log10(mean("pm2_5"))', '"air"', "formula"),
        ('mean("pm2_5") / 0', '"air"', "division by 0"),
    ],
)
def test_what_has_no_unit_says_why(columns_: str, source: str, why: str) -> None:
    (measure,) = _measures(f"SELECT {columns_} FROM {source}")  # noqa: S608
    assert isinstance(measure, NotDerived)
    assert why in measure.reason


def test_a_star_stands_for_every_field_by_the_name_that_the_store_gives_it() -> None:
    statement = read('SELECT last(/^pm(1|10)$/) FROM "air"')
    assert isinstance(statement, Statement)
    assert [name for name, _ in columns(statement)] == ["last_pm1", "last_pm10"]


def test_every_notation_in_the_tables_is_understood() -> None:
    assert [unit for unit in GRAFANA if measure_of(unit) is None] == []
    assert [unit for unit, notation in MORE.items() if measure_of(notation) is None] == []
    assert measure_of("trạm") is None


@pytest.mark.skipif(not _SHARED.is_dir(), reason="the published list of units is not beside the repository")
def test_every_id_is_one_of_grafanas() -> None:
    published = json.loads((_SHARED / "jsonschema" / "units.jsonschema.json").read_text(encoding="utf-8"))
    known = set(_strings(published))
    assert sorted(set(MORE) - known) == []


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, each in value.items():
            if key == "const" and isinstance(each, str):
                yield each
            elif key == "enum" and isinstance(each, list):
                yield from map(str, each)
            else:
                yield from _strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from _strings(each)
