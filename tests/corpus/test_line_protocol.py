"""The public line-protocol corpus (influxdata/line-protocol-corpus), where ../shared holds it."""

import json
from pathlib import Path
from typing import Any

import pytest

from telemetry.lineprotocol.cases import answer_decode, answer_encode

_CORPUS = Path(__file__).parents[3] / "shared/data/01_line_protocol/corpus_part.json"


@pytest.fixture(scope="module")
def corpus() -> dict[str, Any]:
    if not _CORPUS.exists():
        pytest.skip("no ../shared/data/01_line_protocol: the public corpus is not on this machine")
    tree: dict[str, Any] = json.loads(_CORPUS.read_text(encoding="utf-8"))
    return tree


@pytest.mark.parametrize(("kind", "answer"), [("decode", answer_decode), ("encode", answer_encode)])
def test_every_case_of_the_public_corpus_is_answered_as_expected(corpus: dict[str, Any], kind: str, answer: Any) -> None:
    cases = corpus[kind].values() if isinstance(corpus[kind], dict) else corpus[kind]
    assert cases
    wrong = []
    for case in cases:
        got = answer(json.dumps(case["input"]).encode())
        expected = case["output"]
        agrees = "error" in got if "error" in expected else got.get("result", "no result") == expected["result"]
        if not agrees or got["key"] != case["input"]["key"]:
            wrong.append((case["input"], got))
    assert not wrong
