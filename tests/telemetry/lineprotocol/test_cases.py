"""Answering the corpus's cases, where the corpus itself is absent."""

import json
from typing import Any

import pytest

from telemetry.lineprotocol.cases import answer_decode, answer_encode


def _decode(**case: Any) -> dict[str, Any]:
    return answer_decode(json.dumps({"key": "k", "defaultTime": 5, "precision": "1ns"} | case).encode())


def _encode(value: object, tags: list[tuple[str, str]] | None = None) -> dict[str, Any]:
    pairs = [{"key": key, "value": text} for key, text in tags or []]
    point = {"time": 1, "name": "m", "tags": pairs, "fields": [{"key": "f", "value": value}]}
    return answer_encode(json.dumps({"key": "k", "point": point, "precision": "1ns"}).encode())


def test_a_decoded_case_has_the_shape_of_the_corpus() -> None:
    answer = _decode(text='m,b=2,a=1 f=1i,f=2u,g=0.5,h=t,s="x"')
    assert answer == {
        "key": "k",
        "result": [
            {
                "time": 5,
                "name": "m",
                "tags": [{"key": "a", "value": "1"}, {"key": "b", "value": "2"}],
                "fields": [
                    {"key": "f", "value": {"int": 1}},
                    {"key": "f", "value": {"uint": 2}},
                    {"key": "g", "value": {"float": 0.5}},
                    {"key": "h", "value": {"bool": True}},
                    {"key": "s", "value": {"string": "x"}},
                ],
            }
        ],
    }


def test_binary_text_is_taken_in_either_place() -> None:
    assert _decode(text={"binary": "bSB2PTE="})["result"] == _decode(binary="bSB2PTE=")["result"] == _decode(text="m v=1")["result"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"int": 1}, "1i"),
        ({"uint": 1}, "1u"),
        ({"float": 1}, "1"),
        ({"bool": False}, "false"),
        ({"string": 'a"\n'}, '"a\\"\n"'),
        ({"binary": "YQ=="}, '"a"'),
    ],
)
def test_every_kind_of_value_is_encoded(value: object, text: str) -> None:
    assert _encode(value) == {"key": "k", "result": f"m f={text} 1"}


@pytest.mark.parametrize(
    "value",
    [
        {"floatNonNumber": "NaN"},
        {"floatNonNumber": "Inf"},
        {"binary": "/w=="},
        {"binary": "!"},
        {"int": 1.5},
        {"int": 2**63},
        {"huge": 1},
        {},
        3,
    ],
)
def test_a_value_that_cannot_be_encoded_is_an_error(value: object) -> None:
    assert set(_encode(value)) == {"key", "error"}


def test_tags_out_of_order_are_an_error_as_in_the_reference_encoder() -> None:
    assert "error" in _encode({"int": 1}, [("b", "1"), ("a", "1")])


@pytest.mark.parametrize("line", [b"", b"[]", b"{}", b'{"key": 1, "text": 5}', b"\xff", b'{"text": "m v=1", "precision": "1y"}'])
def test_what_is_no_case_is_answered_with_an_error(line: bytes) -> None:
    assert "error" in answer_decode(line)
    assert "error" in answer_encode(line)
