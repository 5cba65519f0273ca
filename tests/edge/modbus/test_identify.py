"""What devices say they are; the first is the example of MODBUS Application Protocol V1.1b3, section 6.21."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.modbus.identify import MOST_TEXT, REPORT_ID, ask_for, identification, server_id, text_of

EXAMPLE = b"\x0e\x01\x01\x00\x00\x03" + b"\x00\x16Company identification" + b"\x01\x0eProduct code X" + b"\x02\x05V2.11"


def test_the_example_of_the_standard() -> None:
    assert ask_for().pdu == bytes.fromhex("2b0e0100")
    part = identification(EXAMPLE)
    assert part.texts == {"maker": "Company identification", "product": "Product code X", "version": "V2.11"}
    assert (part.next_object, part.is_regular) == (None, False)


def test_what_follows_is_asked_for_from_where_the_answer_says() -> None:
    part = identification(b"\x0e\x02\x82\xff\x02\x01\x00\x04Acme")
    assert (part.texts, part.next_object, part.is_regular) == ({"maker": "Acme"}, 2, True)
    assert ask_for(2, is_regular=True).pdu == bytes.fromhex("2b0e0202")


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"Eastron\0\0\0", "Eastron"),
        (b"\x1b[2JEvil\x07\r\nline", "[2JEvil line"),
        ("Việt".encode(), "Vi t"),
        (b"\xff" * 9, ""),
        (b"x" * 250, "x" * MOST_TEXT),
    ],
)
def test_only_what_can_be_printed_is(raw: bytes, text: str) -> None:
    assert text_of(raw) == text


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\x0f\x01\xffPM5350 v1.2\0\0", "PM5350 v1.2"),
        (b"\x02\x09\xff", "09 ff"),
        (b"\x03\x01", "01"),
        (b"\x00", ""),
        (b"", ""),
        (b"\xff" + b"A" * 20, "A" * 20),
    ],
)
def test_a_server_id_is_text_or_bytes(data: bytes, said: str) -> None:
    assert (server_id(data), REPORT_ID.pdu) == (said, b"\x11")


@pytest.mark.parametrize("size", range(len(EXAMPLE)))
def test_what_is_cut_off_is_left_out(size: int) -> None:
    assert identification(EXAMPLE[:size]).texts.items() <= identification(EXAMPLE).texts.items()


@given(st.binary(max_size=255))
def test_whatever_a_device_says_can_be_printed_on_a_line(data: bytes) -> None:
    said = [*identification(data).texts.values(), *identification(b"\x0e" + data).texts.values(), server_id(data)]
    assert all(text.isascii() and (text.isprintable() or not text) and len(text) <= MOST_TEXT for text in said)
