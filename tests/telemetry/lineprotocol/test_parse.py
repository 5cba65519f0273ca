"""Reading line protocol."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.lineprotocol.parse import MAX_LINE_BYTES, LineError, ParsedPoint, parse, parse_lines, parse_strict
from telemetry.point import FieldValue, Unsigned


def test_lines_become_points_with_typed_fields() -> None:
    (number, point), *rest = parse(b'air,b=2,a=1 f=1,i=2i,u=3u,t=T,s="x\\"y\\z" 17', 0)
    assert rest == []
    assert (number, point) == (
        1,
        ParsedPoint("air", (("a", "1"), ("b", "2")), (("f", 1.0), ("i", 2), ("u", Unsigned(3)), ("t", True), ("s", 'x"y\\z')), 17),
    )
    assert isinstance(point, ParsedPoint)
    assert [type(value) for value in point.as_point().fields.values()] == [float, int, Unsigned, bool, str]


def test_a_bad_line_does_not_hide_its_neighbours() -> None:
    outcomes = list(parse(b"a v=1 1\nbad\n\n# remark\nb v=2 2\nc v= 3\nd v=4 4", 0))
    assert [(n, isinstance(o, ParsedPoint)) for n, o in outcomes] == [(1, True), (2, False), (5, True), (6, False), (7, True)]


def test_an_unclosed_quote_costs_only_its_own_line() -> None:
    outcomes = list(parse(b'a s="oops 1\nb v=2 2\nc v=3 3\n', 0))
    assert [(n, isinstance(o, ParsedPoint)) for n, o in outcomes] == [(1, False), (2, True), (3, True)]


def test_an_unclosed_quote_does_not_swallow_lines_up_to_the_next_quoted_one() -> None:
    outcomes = list(parse(b'a s="oops 1\nb v=2 2\nc s="fine" 3\n', 0))
    assert [(n, isinstance(o, ParsedPoint)) for n, o in outcomes] == [(1, False), (2, True), (3, True)]


def test_a_string_may_hold_line_feeds_and_the_numbering_goes_on() -> None:
    outcomes = list(parse(b'a s="1\n\n2",t="3\n4" 5\nb v=1 6\nbad', 0))
    assert [n for n, _ in outcomes] == [1, 5, 6]
    assert isinstance(outcomes[0][1], ParsedPoint)
    assert outcomes[0][1].fields == (("s", "1\n\n2"), ("t", "3\n4"))


def test_a_string_that_keeps_opening_again_is_given_up_soon() -> None:
    hostile = b'm s="\n' + b'",s="\n' * 1000 + b"a v=1 1\n"
    outcomes = list(parse(hostile, 0))
    assert [isinstance(o, ParsedPoint) for _, o in outcomes] == [False] * 1001 + [True]


def test_no_more_lines_are_read_than_are_needed() -> None:
    endless = (b"m v=%di %d\n" % (n, n) for n in itertools.count())
    assert len(list(itertools.islice(parse_lines(endless, 0), 3))) == 3


def test_an_oversized_line_is_an_error_of_its_own() -> None:
    outcomes = list(parse(b'm s="' + b"x" * MAX_LINE_BYTES + b'" 1\nm v=1 2', 0))
    assert [isinstance(o, ParsedPoint) for _, o in outcomes] == [False, True]


def test_strict_reading_ends_at_the_first_error_and_names_its_line() -> None:
    with pytest.raises(LineError) as caught:
        parse_strict(b'a s="1\n2" 1\n\nb v=x 2\nc v=', 0)
    assert caught.value.line == 4


@pytest.mark.parametrize(
    ("precision", "ticks", "time_ns"),
    [
        ("ns", 7, 7),
        ("us", 7, 7_000),
        ("1µs", 7, 7_000),
        ("1ms", -7, -7_000_000),
        ("s", 7, 7 * 10**9),
        ("1m", 7, 420 * 10**9),
        ("h", 1, 3600 * 10**9),
    ],
)
def test_timestamps_are_scaled_by_precision(precision: str, ticks: int, time_ns: int) -> None:
    assert parse_strict(b"m v=1 %d" % ticks, 0, precision)[0].time_ns == time_ns


def test_the_default_time_is_cut_down_to_the_precision() -> None:
    assert parse_strict(b"m v=1", 1_999_999_999, "s")[0].time_ns == 10**9
    assert parse_strict(b"m v=1", -1, "s")[0].time_ns == -(10**9)


@pytest.mark.parametrize("ticks", [b"9223372036854775808", b"-9223372036854775809", b"9" * 5000, b"-", b"1-1"])
def test_a_timestamp_beyond_64_bits_or_misspelt_is_an_error(ticks: bytes) -> None:
    with pytest.raises(LineError, match="timestamp"):
        parse_strict(b"m v=1 " + ticks, 0)


def test_a_timestamp_that_overflows_when_scaled_is_an_error() -> None:
    assert parse_strict(b"m v=1 9223372036", 0, "s")[0].time_ns == 9_223_372_036 * 10**9
    with pytest.raises(LineError, match="out of range"):
        parse_strict(b"m v=1 9223372037", 0, "s")


@pytest.mark.parametrize(
    ("word", "value"),
    [
        (b"1.", 1.0),
        (b".5", 0.5),
        (b"-.5e-3", -0.0005),
        (b"1_000.5", 1000.5),
        (b"0x1p-2", 0.25),
        (b"0X_1.8p+1", 3.0),
        (b"007i", 7),
        (b"-0i", 0),
        (b"0u", 0),
        (b"1e400", None),
        (b"0x1p5000", None),
        (b"0x1", None),
        (b"1__0", None),
        (b"1_", None),
        (b"1._5", None),
        (b"-Inf", None),
        (b"NaN", None),
        (b"+1", None),
        (b"--1", None),
        (b"1e", None),
        (b"\xd9\xa1", None),
        (b"1_0i", None),
        (b"-1u", None),
        (b"9223372036854775808i", None),
        (b"18446744073709551616u", None),
        (b"%bi" % (b"9" * 5000), None),
        (b"tRUE", None),
        (b"true1", None),
    ],
)
def test_numbers_and_booleans_follow_the_reference_reader(word: bytes, value: FieldValue | None) -> None:
    if value is None:
        with pytest.raises(LineError):
            parse_strict(b"m v=" + word, 0)
    else:
        assert parse_strict(b"m v=" + word, 0)[0].fields == (("v", value),)


@pytest.mark.parametrize(
    "text",
    [
        b"m,a=1,a=2 v=1",
        b"m,a= v=1",
        b"m,=1 v=1",
        b"m,a v=1",
        b"m, v=1",
        b"m,a=1=2 v=1",
        b"m\xff v=1",
        b'm s="\xff"',
        b"m \tv=1",
        b"m v=1\tw=2",
        b"m v=1 \r1",
        b"m v=1 1 1",
        b"m v=1,",
        b"m v",
        b"m",
        b"m\n v=1",
        b"=v=1",
        b"# a\x01b",
        b'#m v="\x01"',
        b"\rm v=1",
        b'm s="a"b',
        b'm s="a\\"',
        b",a=1 v=1",
    ],
)
def test_text_outside_the_grammar_is_an_error(text: bytes) -> None:
    with pytest.raises(LineError):
        parse_strict(text, 0)
    assert any(isinstance(outcome, LineError) for _, outcome in parse(text, 0))


@pytest.mark.parametrize("text", [b"", b"\n\r\n \n", b"# remark", b"  # remark\r\n", b"   ", b"\r"])
def test_blank_lines_and_comments_yield_nothing(text: bytes) -> None:
    assert parse_strict(text, 0) == []
    assert list(parse(text, 0)) == []


@given(st.binary(max_size=200) | st.text(alphabet='m,= \\"\n\r\t#1i.-ut\x00é', max_size=60).map(str.encode))
def test_any_bytes_are_read_without_surprise_and_strict_agrees_with_tolerant(data: bytes) -> None:
    outcomes = [outcome for _, outcome in parse(data, 0)]
    if any(isinstance(outcome, LineError) for outcome in outcomes):
        with pytest.raises(LineError):
            parse_strict(data, 0)
    else:
        assert parse_strict(data, 0) == outcomes
