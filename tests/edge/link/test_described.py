"""Whatever a board says that it measures becomes readings that can be stored, or is refused once with the reason."""

from hypothesis import given
from hypothesis import strategies as st

from edge.link.described import Described
from edge.normalise import Normaliser
from edge.normalise_settings import NormaliseSettings
from firmware_bridge.link.messages import SensorField, SensorSet
from firmware_bridge.link.records import Record, Value, scaled
from telemetry import quality
from telemetry.lineprotocol.encode import encode

NOW_NS = 1_700_000_000_000_000_000
NAMES = st.sampled_from(["temperature", "humidity", "rain_total", "n", "quality", "device", "", "đo", "a b", "x" * 200]) | st.text(
    max_size=8
)
UNITS = st.sampled_from(["", "Cel", "°C", "degF", "%", "mm", "hPa", "lx", "parsecs"]) | st.text(max_size=6)
FIELDS = st.lists(
    st.builds(SensorField, st.integers(0, 3), NAMES, UNITS, st.integers(-128, 127)), max_size=6, unique_by=lambda field: field.name
)
SETS = st.builds(
    SensorSet, st.integers(0, 3), st.sampled_from(["weather", "power", "state"]) | NAMES, FIELDS.map(tuple), st.integers(0, 2**32 - 1)
)


def value_of(field: SensorField, data: st.DataObject) -> Value:
    if field.type == 3:
        return data.draw(st.booleans())
    if field.type == 2:
        return data.draw(st.floats(width=32, allow_nan=False, allow_infinity=False))
    return scaled(data.draw(st.integers(-(2**31), 2**31 - 1) if field.type == 0 else st.integers(0, 2**32 - 1)), field.exponent)


@given(SETS, st.integers(0, 2**32 - 1), st.data())
def test_any_description_and_any_values_give_a_line_or_a_refusal(one: SensorSet, bits: int, data: st.DataObject) -> None:
    described = Described([one], NormaliseSettings(), "mast-01")
    normaliser = Normaliser("mast", "bn", "gw-1", NormaliseSettings())
    for _ in range(2):
        reading = described.reading(Record(one.index, 0.0, {field.name: value_of(field, data) for field in one.fields}, bits))
        if reading is None:
            assert len(described.faults) == len(one.fields)
            continue
        made = normaliser.normalise(reading, NOW_NS)
        if made.point is not None:
            assert encode(made.point)
            assert int(made.point.fields["quality"]) & 1023 == made.point.fields["quality"]
        else:
            assert made.refusals


def test_numbers_are_floats_whatever_the_exponent_and_bits_are_truths() -> None:
    fields = (SensorField(0, "n", "", 0), SensorField(3, "door"), SensorField(0, "temperature", "K", -2))
    described = Described([SensorSet(0, "house", fields)], NormaliseSettings(), "d")
    reading = described.reading(Record(0, 0.0, {"n": 5, "door": True, "temperature": 295.35}))
    assert reading is not None
    assert [(value, type(value)) for value in reading.fields.values()] == [(5.0, float), (True, bool), (295.35, float)]


def test_a_catalogued_field_is_converted_under_the_name_that_the_config_gives_it() -> None:
    settings = NormaliseSettings.model_validate({"measurements": {"hut": "weather"}, "rename": {"t": "temperature"}})
    described = Described([SensorSet(0, "hut", (SensorField(0, "t", "K", -2),))], settings, "d")
    reading = described.reading(Record(0, 0.0, {"t": 295.35}))
    assert reading is not None
    assert (reading.measurement, dict(reading.fields)) == ("hut", {"t": 22.2})
    assert described.uncatalogued == ()


def test_reserved_names_and_foreign_units_are_faults_that_name_the_way_out() -> None:
    fields = (SensorField(0, "quality"), SensorField(0, "temperature", "lx"))
    described = Described([SensorSet(0, "weather", fields)], NormaliseSettings(), "d")
    assert ["kept for our quality bits" in described.faults[0], "lx" in described.faults[1]] == [True, True]
    assert all("normalise" in fault for fault in described.faults)
    assert described.reading(Record(0, 0.0, {"quality": 3, "temperature": 5})) is None
    assert described.left_out_count == 2


def test_bits_that_no_one_has_assigned_are_dropped_and_the_pace_is_the_shortest_of_the_sets() -> None:
    sets = [SensorSet(at, "state", (SensorField(0, "n"),), interval) for at, interval in enumerate((0, 60_000, 10_000))]
    described = Described(sets, NormaliseSettings(), "d")
    reading = described.reading(Record(0, 0.0, {"n": 1}, 0xFFFF_FFFF))
    assert reading is not None
    assert (reading.quality, described.expected_s) == (sum(flag.bit for flag in quality.FLAGS), 10.0)
