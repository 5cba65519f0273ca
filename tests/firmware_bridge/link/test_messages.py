"""Messages: both directions of each, the bytes of the spec, bodies that grew, and bodies that are none."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.link import frame, messages
from firmware_bridge.link.body import Malformed
from firmware_bridge.link.messages import (
    FROM_BOARD,
    FROM_GATEWAY,
    Ack,
    Answer,
    Ask,
    Chunk,
    Command,
    Data,
    Hello,
    LogText,
    Message,
    Open,
    Picture,
    Refuse,
    SensorField,
    SensorSet,
    StrangeHello,
    Want,
)

_U8, _U16, _U32 = (st.integers(0, (1 << bits) - 1) for bits in (8, 16, 32))
_PRINTABLE = st.characters(exclude_categories=("C", "Z"))
_TEXT = st.text(_PRINTABLE, max_size=5)
_VERSIONS = st.tuples(_U8, _U8).map(sorted)
_FIELDS = st.lists(
    st.builds(SensorField, st.integers(0, 3), _TEXT, _TEXT, st.integers(-18, 9)), max_size=6, unique_by=lambda one: one.name
).map(tuple)
_HELLOS = st.builds(
    Hello,
    boot=_U32,
    session=_U16,
    oldest=_U16,
    next=_U16,
    uptime_ms=_U32,
    lost=_U32,
    frame_max=st.integers(32, 254),
    set_count=st.integers(0, 31),
    min_version=st.integers(0, 1),
    max_version=st.integers(1, 255),
    board=_TEXT,
    firmware=_TEXT,
    version=_TEXT,
    build_id=_TEXT,
    uid=st.binary(max_size=12),
    device=_TEXT,
    site=_TEXT,
)
_SENSORS = st.builds(SensorSet, st.integers(0, 30), _TEXT, _FIELDS, _U32, st.just(31))
_ALL = st.one_of(
    _HELLOS,
    _SENSORS,
    st.builds(Data, _U16, _U32, st.binary(max_size=messages.RECORDS_BYTES)),
    st.builds(LogText, _U8, st.text(_PRINTABLE, max_size=40)),
    st.builds(Answer, _U16, _U8, _U8, st.binary(max_size=20)),
    st.builds(Picture, _U16, _U32, st.binary(min_size=32, max_size=32), _U32, _U8),
    st.builds(Chunk, _U16, _U32, st.binary(max_size=messages.CHUNK_BYTES)),
    _VERSIONS.flatmap(lambda range_: st.builds(Ask, _U8, st.just(range_[0]), st.just(range_[1]))),
    st.builds(Open, st.integers(1, 0xFFFF), _U32, _U8),
    st.builds(Ack, _U16, _U16, _U16, _U8, _U32),
    st.builds(Command, _U16, _U8, _U8, st.binary(max_size=20)),
    st.builds(Want, _U16, _U16, _U32, _U8),
    _VERSIONS.map(lambda range_: Refuse(*range_)),
)
_READERS = {**FROM_BOARD, **FROM_GATEWAY}
_GROWS = {frame.Kind.SENSOR, frame.Kind.PICTURE, frame.Kind.ASK, frame.Kind.OPEN, frame.Kind.ACK, frame.Kind.WANT, frame.Kind.REFUSE}


@given(_ALL)
def test_a_message_is_read_as_it_was_written(message: Message) -> None:
    (raw,) = frame.Cutter().feed(messages.wire(message))

    assert _READERS[frame.Kind(raw.kind)](raw.body) == message


@given(_ALL.filter(lambda message: message.kind in _GROWS), st.binary(max_size=20))
def test_what_a_later_version_adds_at_the_end_is_passed_over(message: Message, more: bytes) -> None:
    assert _READERS[message.kind](message.body() + more) == message


@given(_HELLOS, st.integers(8, 255), st.binary(max_size=20))
def test_an_unknown_item_of_hello_is_passed_over(hello: Hello, tag: int, item: bytes) -> None:
    assert messages.read_hello(hello.body() + bytes((tag, len(item))) + item) == hello


@given(st.sampled_from(sorted(_READERS)), st.one_of(st.binary(max_size=249), st.binary(max_size=40).map(lambda data: b"QL\1\1" + data)))
def test_any_bytes_are_a_message_or_malformed(kind: frame.Kind, body: bytes) -> None:
    try:
        message = _READERS[kind](body)
    except Malformed:
        return
    assert message.kind == kind


@pytest.mark.parametrize(
    ("message", "body"),
    [
        (
            Hello(0x01020304, 0x1122, 5, 9, 1000, 2, 64, 3, board="uno", version="1.2.0", uid=b"\xaa\x00"),
            "514c 01 01 2211 04030201 0500 0900 e8030000 02000000 40 03  01 03 756e6f  03 05 312e322e30  05 02 aa00",
        ),
        (
            SensorSet(1, "rain", (SensorField(1, "mm", "mm", -1),), 60_000, 2),
            "01 02 60ea0000 04 7261696e 01  01 ff 02 6d6d 02 6d6d",
        ),
        (Data(0xFFFE, 250, b"\x00\x00\x01"), "feff fa000000 000001"),
        (Ask(3, 1, 2), "514c 01 02 03"),
        (Open(0x1122, 0x01020304), "514c 01 2211 04030201"),
        (Ack(0x1122, 7, 5, 32, 0b101), "2211 0700 0500 20 05000000"),
        (Command(0x1122, 9, 1, b"\xff\xe8\x03\x00\x00"), "2211 09 01 ffe8030000"),
        (Answer(0x1122, 9, 2), "2211 09 02"),
        (Want(0x1122, 3, 0xFFFFFFFF), "2211 0300 ffffffff 00"),
        (Picture(3, 70_000, bytes(range(32)), 12), "0300 70110100 0c000000 01 " + bytes(range(32)).hex()),
        (Chunk(3, 486, b"ab"), "0300 e6010000 6162"),
        (LogText(2, "ẩm"), "02 e1baa96d"),
        (Refuse(1, 1), "514c 01 01"),
    ],
)
def test_the_bytes_of_each_message_stay_what_the_spec_says(message: Message, body: str) -> None:
    assert message.body() == bytes.fromhex(body)


def test_a_board_of_other_versions_is_known_by_its_range_alone() -> None:
    assert messages.read_hello(b"QL\x03\x04 and then what version 3 says") == StrangeHello(3, 4)
    assert isinstance(messages.read_hello(Hello(1, max_version=9).body()), Hello)


@pytest.mark.parametrize("hello", [Hello(1, frame_max=31), Hello(1, frame_max=255), Hello(1, set_count=32)])
def test_a_hello_outside_the_limits_is_malformed(hello: Hello) -> None:
    with pytest.raises(Malformed):
        messages.read_hello(hello.body())


def test_a_set_whose_values_could_not_be_told_apart_or_stored_is_malformed() -> None:
    good = SensorSet(0, "air", (SensorField(0, "t"), SensorField(0, "rh")))
    for fields in (
        (SensorField(0, "t"), SensorField(0, "t")),
        (SensorField(4, "t"),),
        (SensorField(0, "t", exponent=10),),
        tuple(SensorField(0, str(n)) for n in range(25)),
    ):
        with pytest.raises(Malformed):
            messages.read_sensor(replace(good, fields=fields).body())
    with pytest.raises(Malformed):
        messages.read_sensor(replace(good, index=1).body())


def test_text_that_is_not_utf_8_loses_letters_and_not_the_board() -> None:
    body = Hello(1).body() + b"\x01\x03a\xffb"

    hello = messages.read_hello(body)

    assert isinstance(hello, Hello)
    assert hello.board == "a\ufffdb"


def test_what_a_board_says_moves_no_cursor_and_makes_no_line() -> None:
    hello = messages.read_hello(Hello(1, firmware="\x1b[2Jref\nerence", site="bắc ninh\u202e").body())
    assert isinstance(hello, Hello)
    assert (hello.firmware, hello.site) == ("\ufffd[2Jref\ufffderence", "bắc ninh\ufffd")
