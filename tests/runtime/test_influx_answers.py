from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.influx_answers import Action, Answer, judge, retry_after_s
from runtime.influx_causes import BeyondRetention, Cause, TypeConflict, Unparseable

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
CONFLICT = 'partial write: field type conflict: input field "v" on measurement "m" is type integer, already exists as type float dropped=2'
NEWER_RETENTION = (
    "failure writing points to database: partial write: dropped 3 points outside retention policy of duration 1h0m0s - oldest point m at"
    " 1970-01-01T00:00:00Z dropped because it violates a Retention Policy Lower Bound at 2026-11-23T07:00:00Z dropped=3"
)


def answer_to(status: int, body: str = "", **headers: str) -> Answer:
    return judge(status, {name.replace("_", "-"): value for name, value in headers.items()}, body.encode(), NOW)


@pytest.mark.parametrize(
    ("status", "action", "reason"),
    [
        (204, Action.ACCEPT, "accepted"),
        (200, Action.RETRY, "not-influxdb"),
        (307, Action.RETRY, "redirected"),
        (400, Action.SPLIT, "refused"),
        (401, Action.HOLD, "unauthorized"),
        (402, Action.HOLD, "payment-required"),
        (403, Action.HOLD, "forbidden"),
        (404, Action.HOLD, "not-found"),
        (408, Action.RETRY, "timeout"),
        (413, Action.SPLIT, "too-large"),
        (418, Action.HOLD, "refused"),
        (422, Action.SPLIT, "refused"),
        (429, Action.RETRY, "overloaded"),
        (500, Action.RETRY, "server-error"),
        (502, Action.RETRY, "server-error"),
        (503, Action.RETRY, "overloaded"),
    ],
)
def test_every_status_has_its_action(status: int, action: Action, reason: str) -> None:
    answer = answer_to(status)
    assert (answer.action, answer.reason, answer.status) == (action, reason, status)


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (CONFLICT, TypeConflict("m", "v", "integer", 2)),
        (CONFLICT.replace('"v"', '"a "b"').replace('"m"', '"x y"'), TypeConflict("x y", 'a "b', "integer", 2)),
        (CONFLICT.removesuffix(" dropped=2"), TypeConflict("m", "v", "integer", None)),
        ("partial write: points beyond retention policy dropped=7", BeyondRetention(7)),
        (NEWER_RETENTION, BeyondRetention(3)),
        (NEWER_RETENTION.replace("Lower", "Upper"), None),
        ("unable to parse 'bad': missing fields", Unparseable((("bad", "missing fields"),))),
        (
            "partial write: unable to parse 'it's x=1x': invalid number\nunable to parse 'm v=\"a\nb': unbalanced quotes dropped=0",
            Unparseable((("it's x=1x", "invalid number"), ('m v="a\nb', "unbalanced quotes"))),
        ),
        ("partial write: max-series-per-database limit exceeded: (1000) dropped=3", None),
        ("", None),
    ],
)
def test_the_words_of_a_refusal_name_its_cause(body: str, cause: Cause | None) -> None:
    answer = answer_to(400, body)
    assert answer.cause == cause
    assert answer.action is (Action.SET_ASIDE if cause else Action.SPLIT)
    assert answer_to(422, body).cause == cause


def test_the_words_are_found_in_the_json_of_each_generation() -> None:
    assert answer_to(400, '{"error":"of one"}\n').words == "of one"
    assert answer_to(422, '{"code":"unprocessable entity","message":"of two"}').words == "of two"
    assert answer_to(400, "", **{"X-Influxdb-Error": "of the header"}).words == "of the header"
    assert answer_to(400, "plain").words == "plain"
    assert answer_to(400, "[1]").words == "[1]"


def test_influxdb_3_lists_the_bad_lines() -> None:
    body = (
        '{"error":"partial write of line protocol occurred","data":[{"original_line":"m v=","line_number":2,"error_message":"no value"}]}'
    )
    assert answer_to(400, body).cause == Unparseable((("m v=", "no value"),))


@pytest.mark.parametrize("words", ["database is required", "retention policy not found: week"])
def test_a_refusal_of_our_settings_is_held_not_split(words: str) -> None:
    assert answer_to(400, words).action is Action.HOLD
    assert answer_to(500, f'{{"error":"{words}"}}').action is Action.HOLD


def test_server_errors_are_held_after_six_in_a_row() -> None:
    actions = [judge(500, {}, b"", NOW, server_errors=before).action for before in range(7)]
    assert actions == [Action.RETRY] * 5 + [Action.HOLD] * 2


def test_words_are_kept_short() -> None:
    assert len(answer_to(400, "x" * 100_000).words) == 1000


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("3", 3.0),
        ("86400", 900.0),
        (format_datetime(NOW + timedelta(seconds=40), usegmt=True), 40.0),
        (format_datetime(NOW - timedelta(seconds=40), usegmt=True), 0.0),
        ("Mon, 23 Nov 2026 08:00:20 -0000", 20.0),
        ("soon", None),
        ("-5", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_is_capped(value: str | None, seconds: float | None) -> None:
    assert retry_after_s(value, NOW) == seconds


def test_retry_after_is_read_where_it_counts() -> None:
    assert answer_to(429, Retry_After="7").retry_after_s == 7.0
    assert answer_to(503, Retry_After="7").retry_after_s == 7.0


@given(st.integers(200, 599), st.binary(max_size=200), st.text(max_size=30))
def test_any_answer_is_judged(status: int, body: bytes, header: str) -> None:
    answer = judge(status, {"Retry-After": header, "Location": header}, body, NOW)
    assert (answer.action is Action.ACCEPT) == (status == 204)
    assert answer.retry_after_s is None or 0 <= answer.retry_after_s <= 900
