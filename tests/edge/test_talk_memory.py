"""The file of what a talk remembers, whole or not."""

from pathlib import Path

import pytest

from edge.talks.memory_file import load_memory, save_memory


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "talk-s1.json"
    assert load_memory(file) == {}
    save_memory(file, {"ran_s": 86_400.04, "unclean_s": 0.0})
    assert load_memory(file) == {"ran_s": 86_400.0, "unclean_s": 0.0}


@pytest.mark.parametrize(
    "text", ["", "{", "[1]", '{"ran_s": "x"}', '{"ran_s": NaN}', '{"ran_s": -1}', '{"ran_s": true}', "\xff", "[" * 9999]
)
def test_what_cannot_be_read_is_forgotten(text: str, tmp_path: Path) -> None:
    file = tmp_path / "talk-s1.json"
    file.write_text(text, encoding="latin-1")
    assert load_memory(file) == {}


def test_a_number_that_no_float_holds_is_forgotten(tmp_path: Path) -> None:
    file = tmp_path / "talk-s1.json"
    file.write_text('{"ran_s": %s}' % ("9" * 400))
    assert load_memory(file) == {}
