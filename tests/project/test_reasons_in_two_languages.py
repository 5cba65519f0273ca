"""What technicians read is Vietnamese: a reason that is written only in English is a mistake that this finds."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_REASON_AT = {"FlashError": 1, "Refusal": 1, "CardError": 1, "BundleRefused": 0, "TrustProblem": 0, "FlashFailed": 0, "RecordRefused": 0}
_FOLDERS = ("firmware_bridge/flash", "firmware_bridge/bundle", "firmware_bridge/records", "firmware_bridge/card", "quanho")


def _calls(folder: str) -> Iterator[tuple[str, ast.Call]]:
    for path in sorted((_ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                yield f"{path.relative_to(_ROOT)}:{node.lineno}", node


def _letters(node: ast.expr) -> str:
    """What of a text stands in the code itself."""
    texts = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    if isinstance(node, ast.JoinedStr):
        texts = [part.value for part in node.values if isinstance(part, ast.Constant)]
    return "".join(letter for letter in "".join(texts) if letter.isalpha())


@pytest.mark.parametrize("folder", _FOLDERS)
def test_no_reason_is_written_in_english_only(folder: str) -> None:
    bare = []
    for place, call in _calls(folder):
        at = _REASON_AT.get(getattr(call.func, "id", ""))
        if getattr(call.func, "id", "") == "Refusal" and len(call.args) > 2:
            continue  # of a card: it has code, vi, en
        if at is not None and len(call.args) > at and isinstance(call.args[at], ast.Constant | ast.JoinedStr):
            bare.append(place)
        if getattr(call.func, "id", "") == "as_is" and isinstance(call.args[0], ast.Constant | ast.JoinedStr) and _letters(call.args[0]):
            bare.append(place)
    assert not bare


@pytest.mark.parametrize("folder", [*_FOLDERS, "firmware_bridge", "runtime"])
def test_no_sentence_is_given_twice_in_the_same_language(folder: str) -> None:
    same = []
    for place, call in _calls(folder):
        if getattr(call.func, "id", "") == "said" and len(call.args) == 2:
            vi, en = call.args
            if isinstance(en, ast.Constant | ast.JoinedStr) and " " in ast.unparse(en) and ast.dump(vi) == ast.dump(en):
                same.append(place)
    assert not same
