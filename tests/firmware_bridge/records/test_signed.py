"""A signed record is what its key signed, to the letter, or refused."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.bundle.keys import Purpose, new_key
from firmware_bridge.records.installation import installation_of
from firmware_bridge.records.signed import RECORD_BYTES, RecordRefused, canonical_bytes, decimal_text, sign, verify
from tests.stand_ins.installations import TECHNICIAN, installation, signed_record

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63) + 1, 2**63 - 1) | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)
RECORDS = st.dictionaries(st.text("abcđ", min_size=1, max_size=4), VALUES, max_size=4)


@given(RECORDS)
def test_record_comes_back_as_it_was_signed(record: dict[str, object]) -> None:
    found = verify(sign(record, TECHNICIAN))
    assert (found.record, found.key) == (record, TECHNICIAN.public)


@given(RECORDS)
def test_spelling_of_the_file_does_not_matter(record: dict[str, object]) -> None:
    envelope = json.loads(sign(record, TECHNICIAN))
    respelled = json.dumps(dict(reversed(envelope.items())), ensure_ascii=True, indent=7, sort_keys=False)
    assert verify(respelled.encode()).record == record


@given(st.integers(0, 10_000), st.integers(0, 255))
def test_changed_byte_is_refused_or_changes_nothing(at: int, value: int) -> None:
    data = bytearray(SIGNED)
    data[at % len(data)] = value
    with suppress(RecordRefused):
        assert verify(bytes(data)).record == json.loads(SIGNED)["record"]


SIGNED = signed_record()


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(RecordRefused):
        verify(data)


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"[" * 100_000, "no JSON"),
        (b" " * (RECORD_BYTES + 1), "limit"),
        (b'{"format": 2}', "newer quanho"),
        (b'{"format": true}', "not known"),
        (b"[]", "object"),
        (b'{"format": 1}', "keys"),
        (SIGNED.replace(b'"record": {', b'"record": {"kind": "x", '), "twice"),
        (SIGNED.replace(b'"clock": "synchronised"', b'"clock": NaN'), "no number"),
        (SIGNED.replace(b'"clock": "synchronised"', b'"clock": 1.0'), "single spelling"),
        (SIGNED.replace(b'"clock": "synchronised"', b'"clock": "\\ud800"'), "cannot be written"),
        (SIGNED.replace("Hạnh".encode(), b"Hanh"), "changed after"),
        (SIGNED[:-20] + b'"}\n', "cut off"),
    ],
)
def test_wrong_records_are_told_apart(data: bytes, word: str) -> None:
    with pytest.raises(RecordRefused, match=word):
        verify(data)


def test_signature_for_one_purpose_is_none_for_another() -> None:
    data = sign({"a": 1}, TECHNICIAN, Purpose.ROTATION)
    with pytest.raises(RecordRefused, match="signature"):
        verify(data)


def test_record_signed_by_another_key_says_that_key() -> None:
    other = new_key()
    assert verify(signed_record(other)).key == other.public


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_decimal_text_reads_back_as_the_same_number(value: float) -> None:
    text = decimal_text(value)
    assert float(text) == value
    assert "e" not in text


def test_canonical_bytes_are_sorted_plain_and_without_floats() -> None:
    assert canonical_bytes({"b": [True, None], "a": "đ\n"}) == '{"a":"đ\\n","b":[true,null]}'.encode()
    for wrong in ({"a": 1.5}, {"a": b""}, {"a": 2**63}, {1: "a"}):
        with pytest.raises(RecordRefused):
            canonical_bytes(wrong)  # type: ignore[arg-type]


def test_installation_comes_back_whole_and_a_foreign_record_is_told() -> None:
    one = installation(note="gắn trên mái")
    assert installation_of(verify(signed_record(**one.model_dump()))) == one
    with pytest.raises(RecordRefused, match="no installation: kind"):
        installation_of(verify(sign({"kind": "site-check"}, TECHNICIAN)))
