from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.http_date import parse_http_date


def test_the_example_of_the_standard() -> None:
    assert parse_http_date("Tue, 15 Nov 1994 08:12:31 GMT") == 784_887_151 * 10**9


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Tuesday, 15-Nov-94 08:12:31 GMT",
        "Tue Nov 15 08:12:31 1994",
        "Tue, 15 Nov 1994 08:12:31 +0700",
        "Wed, 15 Nov 1994 08:12:31 GMT",
        "Tue, 31 Nov 1994 08:12:31 GMT",
        "Sat, 31 Dec 2016 23:59:60 GMT",
        "Tue, 15 Nov 1994 08:12:31 GMT, Tue, 15 Nov 1994 08:12:31 GMT",
        "Tue, 15 Nov 1994 08:12:31 GMT\n",
        "Tue, 15 Nov ١٩٩٤ 08:12:31 GMT",
    ],
)
def test_what_is_not_exactly_the_form_of_senders_is_no_date(text: str) -> None:
    assert parse_http_date(text) is None


@given(st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 31)))  # noqa: DTZ001 -- hypothesis wants them so
def test_every_second_is_read_back(moment: datetime) -> None:
    moment = moment.replace(tzinfo=UTC, microsecond=0)
    assert parse_http_date(moment.strftime("%a, %d %b ") + f"{moment.year:04}" + moment.strftime(" %H:%M:%S GMT")) == (
        int(moment.timestamp()) * 10**9
    )


@given(st.text())
def test_any_text_is_a_date_or_none(text: str) -> None:
    assert parse_http_date(text) is None or text.endswith("GMT")
