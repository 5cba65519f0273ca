"""Every decoder of the table keeps to the contract."""

import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.decoders.table import DECODERS, build_decoder
from telemetry.errors import ConfigError, RejectedError
from tests.edge.decoders.contract import CASES, NASTY, TOPIC, check

every = pytest.mark.parametrize("kind", DECODERS)


def test_every_decoder_of_the_table_has_a_case() -> None:
    assert set(CASES) == set(DECODERS)


@every
@settings(max_examples=200, deadline=None)
@given(payload=st.one_of(st.binary(max_size=300), st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass"))))
def test_any_bytes_decode_or_are_rejected(kind: str, payload: bytes) -> None:
    check(build_decoder(kind, CASES[kind]), payload)


@every
@pytest.mark.parametrize("payload", NASTY.values(), ids=NASTY)
def test_nasty_payloads_decode_or_are_rejected(kind: str, payload: bytes) -> None:
    check(build_decoder(kind, CASES[kind]), payload)


@every
@settings(max_examples=50, deadline=None)
@given(topic=st.text(max_size=60))
def test_any_topic_is_taken_or_rejected(kind: str, topic: str) -> None:
    check(build_decoder(kind, CASES[kind], ["site/{site}/air/{device}"]), b'{"a": 1}', topic)


@every
def test_random_topics_do_not_grow_a_decoder(kind: str) -> None:
    decoder = build_decoder(kind, CASES[kind], ["site/{site}/air/{device}"])
    tracemalloc.start()
    try:
        for number in range(6_000):
            check(decoder, b'{"a": 1}', f"site/a/air/{number}")
        before, _ = tracemalloc.get_traced_memory()
        for number in range(6_000, 14_000):
            check(decoder, b'{"a": 1}', f"site/a/air/{number}")
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 500_000  # 8,000 topics more would take at least three times that


@every
@pytest.mark.parametrize("payload", [b'{"a": 1, "n": 2}', b"1,2,3\nT=4\n"])
def test_decoding_the_same_twice_gives_the_same(kind: str, payload: bytes) -> None:
    decoder = build_decoder(kind, CASES[kind])

    def outcome() -> object:
        try:
            return decoder.decode(TOPIC, payload)
        except RejectedError as error:
            return error.reason

    assert outcome() == outcome()


def test_an_unknown_decoder_is_answered_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean 'json'"):
        build_decoder("jsn", {})


@pytest.mark.parametrize(
    ("kind", "options", "problem"),
    [
        ("tasmota", {"timezone": "Asia/Ho_Chi_Minh"}, "timezone: unknown key; known here: full_topic, prefixes, sensor_by_id, tz"),
        ("tasmota", {"full_topik": "x"}, "full_topik: unknown key; did you mean full_topic?"),
        ("ttn", {"codecs": {"x": 5}}, "codecs.x: must be a table, not 5"),
        ("ttn", {"units": {"pressure": "foo"}}, "units.pressure: unit 'foo' is not known"),
        ("senml", {"measurement": "Bad Name"}, "measurement: 'Bad Name' is no name"),
    ],
)
def test_a_wrong_option_is_named_with_the_way_out(kind: str, options: dict[str, object], problem: str) -> None:
    with pytest.raises(ConfigError) as caught:
        build_decoder(kind, options)
    assert next(str(one) for one in caught.value.problems).startswith(f"decoder {kind}: {problem}")


def test_every_wrong_option_is_listed_with_its_place() -> None:
    with pytest.raises(ConfigError) as caught:
        build_decoder(
            "json",
            {"measurment": "air", "fields": {"a": "b[", "c": {"path": "d", "type": "double"}}, "time": {"path": "t", "format": "%H:%M"}},
        )
    places = {problem.key for problem in caught.value.problems}
    assert {"measurment", "fields.a[1]", "fields.c.type", "time"} <= places


@pytest.mark.parametrize(
    ("kind", "options", "told"),
    [
        ("plantower", {"modl": "x"}, "modl: unknown key; did you mean model?"),
        ("plantower", {"model": "pms9"}, "not 'pms9'"),
        ("regex", {}, "patterns or pairs are needed"),
        ("regex", {"patterns": ["("]}, "patterns[1]: pattern '('"),
    ],
)
def test_a_wrong_option_is_said_in_the_words_of_the_config(kind: str, options: dict[str, object], told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        build_decoder(kind, options)
    (problem,) = caught.value.problems
    assert told in str(problem)
