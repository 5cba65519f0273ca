"""An answer is judged, and a moment read, without a store."""

import pytest

from dashboards.check.moment import moment_ms
from dashboards.check.verdict import fault_of
from runtime.influx_series import Series


def _series(*rows: tuple[object, ...], columns: tuple[str, ...] = ("time", "a", "b")) -> Series:
    return Series("m", {"device": "x"}, columns, rows)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ([], "no series"),
        ([_series()], "no series"),
        ([_series((0, None, None))], "every value is null"),
        ([_series((0, 1, None), (1, 2, None))], "the column b has nothing"),
        ([_series((0, 1, 1)), _series((0, None, None))], "the series device=x has nothing"),
        ([_series((0, 1, None), (1, None, 2))], ""),
        ([_series((0, False, 0))], ""),
    ],
)
def test_an_answer_is_right_when_every_column_and_series_has_a_value(answer: list[Series], said: str) -> None:
    fault = fault_of(answer)
    assert (fault.en if fault else "").count(said) == 1 or not said
    assert bool(fault) is bool(said)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("now", 1_700_000_000_000),
        ("now-6h", 1_699_978_400_000),
        ("now-90m", 1_699_994_600_000),
        ("now/d", 1_699_981_200_000),  # midnight in Vietnam of 15 November 2023
        ("now-1d/d", 1_699_894_800_000),
        ("now/h", 1_699_999_200_000),
        ("now/w", 1_699_808_400_000),
        ("2023-11-15T00:00:00+07:00", 1_699_981_200_000),
        ("2023-11-15", 1_699_981_200_000),
        ("1699981200000", 1_699_981_200_000),
    ],
)
def test_moments_are_read_as_grafana_writes_them(text: str, utc: int) -> None:
    assert moment_ms(text, 1_700_000_000_000) == utc


def test_what_is_no_moment_is_refused_with_what_is_understood() -> None:
    with pytest.raises(ValueError, match="write now-6h"):
        moment_ms("yesterday", 0)
