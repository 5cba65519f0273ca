"""Device time: exact to the last digit the device wrote, by the quick ways and the long ones."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.decoders.timestamps import UNIX_TICK_NS, time_reader

_ZONES = ("Asia/Ho_Chi_Minh", "Europe/Berlin", "America/St_Johns")


@given(value=st.floats(-4e9, 4e9) | st.decimals(0, 4_000_000_000, places=6).map(float), unit=st.sampled_from(sorted(UNIX_TICK_NS)))
def test_a_number_with_a_fraction_is_the_time_of_its_digits(value: float, unit: str) -> None:
    assert time_reader(unit, None)(value) == int((Decimal(repr(value)) * UNIX_TICK_NS[unit]).to_integral_value())


@given(moment=st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)), zone=st.sampled_from(_ZONES), digits=st.integers(0, 9))  # noqa: DTZ001
def test_a_text_is_the_time_of_its_zone(moment: datetime, zone: str, digits: int) -> None:
    second = moment.replace(microsecond=0)
    fraction = f".{moment.microsecond * 1_000:09}"[: digits + 1] if digits else ""
    expected_ns = int(second.replace(tzinfo=ZoneInfo(zone)).timestamp()) * 1_000_000_000 + int(fraction[1:].ljust(9, "0"))
    assert time_reader("rfc3339", zone)(f"{second.isoformat()}{fraction}") == expected_ns
    in_utc_ns = int(second.replace(tzinfo=UTC).timestamp()) * 1_000_000_000 + int(fraction[1:].ljust(9, "0"))
    assert time_reader("rfc3339", zone)(f"{second.isoformat(' ')}{fraction}Z") == in_utc_ns


@pytest.mark.parametrize("text", ["2026-02-30T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:00:60Z", "2026-01-01T00:00:00+25:00"])
def test_a_time_that_does_not_exist_is_refused_every_time(text: str) -> None:
    read = time_reader("rfc3339", None)
    for _ in range(2):
        with pytest.raises(ValueError):
            read(text)
