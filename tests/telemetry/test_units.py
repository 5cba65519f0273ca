"""Unit conversion."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.errors import RejectedError
from telemetry.units import GAS_G_PER_MOL, SPELLINGS, UNITS, ConversionError, convert, converter, gas_mass, is_convertible, line


@pytest.mark.parametrize(
    ("value", "from_unit", "to_unit", "expected"),
    [
        (68, "degF", "Cel", 20),
        (-40, "degF", "Cel", -40),
        (295.35, "K", "Cel", 22.2),
        (273.16, "K", "°C", 0.01),
        (100, "Cel", "degF", 212),
        (101_325, "Pa", "hPa", 1013.25),
        (101.325, "kPa", "hPa", 1013.25),
        (760, "mmHg", "hPa", 1013.25),
        (0.035, "mg/m3", "µg/m³", 35),
        (1.5, "ppm", "ppb", 1500),
        (123, "cm", "m", 1.23),
        (4567, "mm", "m", 4.567),
        (10, "ft", "m", 3.048),
        (36, "km/h", "m/s", 10),
        (1, "kn", "m/s", 0.514444444444),
        (10, "mph", "m/s", 4.4704),
        (1.21, "kW", "W", 1210),
        (12.3456, "kWh", "Wh", 12_345.6),
        (3_600_000, "J", "kWh", 1),
        (180, "deg", "rad", 3.14159265359),
        (0.5, "1", "%", 50),
        (7200, "L/s", "m3/s", 7.2),
        (14.5, "psi", "hPa", 999.739807509),  # 4.4482216152605 N on 25.4 mm squared
        (29.92, "inHg", "hPa", 1013.20733684),
        (2, "in/h", "mm/h", 50.8),
        (3600, "vars", "varh", 1),
        (60_000, "W.min", "kWh", 1),
        (20, "yd/s", "m/s", 18.288),
        (10, "[p'th]", "%", 1),
        (0.5, "S/m", "uS/cm", 5000),
        (2.5, "mg/L", "mg/m3", 2500),
        (0, "dBW", "dBm", 30),
        (3, "KiBy", "By", 3072),
    ],
)
def test_known_conversions(value: float, from_unit: str, to_unit: str, expected: float) -> None:
    assert convert(value, from_unit, to_unit) == expected


@pytest.mark.parametrize(
    ("from_unit", "to_unit", "names"), [("Cel", "hPa", "temperature is not pressure"), ("furlong", "m", "furlong"), ("m", "ell", "ell")]
)
def test_what_makes_no_sense_is_refused_with_the_reason(from_unit: str, to_unit: str, names: str) -> None:
    assert not is_convertible(from_unit, to_unit)
    with pytest.raises(ConversionError, match=names) as caught:
        convert(1, from_unit, to_unit)
    assert isinstance(caught.value, RejectedError)


def test_every_spelling_names_a_unit() -> None:
    assert set(SPELLINGS.values()) <= set(UNITS)
    assert not set(SPELLINGS) & set(UNITS)


@pytest.mark.parametrize(
    ("gas", "of_atoms"),
    [
        ("co", "C O"), ("co2", "C O O"), ("no", "N O"), ("no2", "N O O"), ("o3", "O O O"), ("so2", "S O O"), ("h2s", "H H S"),
        ("nh3", "N H H H"), ("hcho", "H C H O"),
    ],
)  # fmt: skip
def test_molar_masses_are_those_of_the_atoms(gas: str, of_atoms: str) -> None:
    """Abridged standard atomic weights, IUPAC 2021."""
    g_per_mol = {"H": 1.008, "C": 12.011, "N": 14.007, "O": 15.999, "S": 32.06}
    assert GAS_G_PER_MOL[gas] == pytest.approx(sum(g_per_mol[atom] for atom in of_atoms.split()), abs=0.01)


@given(st.sampled_from(sorted(UNITS)), st.sampled_from(sorted(UNITS)), st.floats(-1e6, 1e6))
def test_a_conversion_and_its_reverse_cancel_out(one: str, other: str, value: float) -> None:
    if UNITS[one].dimension == UNITS[other].dimension:
        back = convert(convert(value, one, other), other, one)
        assert math.isclose(back, value, rel_tol=1e-9, abs_tol=1e-7)


def test_a_whole_number_becomes_a_float_even_without_conversion() -> None:
    assert isinstance(convert(20, "Cel", "Cel"), float)


def test_gas_mass_is_counted_at_25_degrees() -> None:
    assert gas_mass(100, "no2") == pytest.approx(188.0, abs=0.1)
    assert gas_mass(100, "o3") == pytest.approx(196.2, abs=0.1)
    with pytest.raises(ConversionError, match="argon"):
        gas_mass(1, "argon")


@given(pair=st.sampled_from([(a, b) for a in UNITS for b in UNITS if is_convertible(a, b)]), value=st.floats(-1e9, 1e9))
def test_a_converter_gives_what_convert_gives(pair: tuple[str, str], value: float) -> None:
    assert converter(*pair)(value) == convert(value, *pair)


def test_inches_of_mercury_are_pressure() -> None:
    assert convert(29.92, "inHg", "hPa") == pytest.approx(1013.207, abs=1e-3)
    with pytest.raises(ConversionError):
        converter("inHg", "Cel")


@given(st.integers(-(10**6), 10**6), st.sampled_from(sorted(UNITS)), st.data())
def test_the_line_between_two_units_is_what_convert_does(value: int, from_unit: str, data: st.DataObject) -> None:
    like = [code for code, unit in UNITS.items() if unit.dimension == UNITS[from_unit].dimension]
    to_unit = data.draw(st.sampled_from(like))
    gain, offset = line(from_unit, to_unit)
    assert math.isclose(float(gain * value + offset), convert(value, from_unit, to_unit), rel_tol=1e-10, abs_tol=1e-9)


def test_there_is_no_line_between_units_of_different_things() -> None:
    with pytest.raises(ConversionError, match="is not"):
        line("Cel", "V")


_NEAR_NOTHING = 1e-290  # below, a factor more or less leaves no digits: subnormal numbers


@given(
    st.sampled_from([(a, b) for a in UNITS for b in UNITS if is_convertible(a, b) and a != b]),
    st.floats().filter(lambda value: not 0 < abs(value) < _NEAR_NOTHING)
    | st.integers(-(10**15), 10**15).map(float)
    | st.decimals(-10_000, 10_000, places=3).map(float),
)
def test_the_quick_converters_round_as_the_formula_does(pair: tuple[str, str], value: float) -> None:
    _, numerator, denominator, shift = UNITS[pair[0]]
    _, by, times, back = UNITS[pair[1]]
    expected = float(f"{(value + shift) * numerator / denominator * times / by - back:.12g}")
    assert repr(converter(*pair)(value)) == repr(expected)
