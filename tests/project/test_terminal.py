"""The terminal in which the pictures of the documentation are taken shows what a real one would."""

import os
import sys
from pathlib import Path

import pytest

from tests.docs.place import HOME
from tests.docs.technician_pictures import command_line, typed
from tests.docs.terminal import Screen, Terminal


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("một\r\nhai\r\n", "một\nhai"),
        ("10 %\r100 %\r\n", "100 %"),
        ("12 dòng chờ\r\x1b[Kxong\r\n", "xong"),
        ("bar\r\n\x1b[1A\x1b[2Kdone\r\n", "done"),
        ("a\r\nb\r\nc\x1b[2A\r\x1b[JX", "X"),
        ("\x1b[?25lhidden cursor\x1b[?25h", "hidden cursor"),
    ],
)
def test_what_is_written_over_is_gone(said: str, shown: str) -> None:
    screen = Screen()
    screen.feed(said)
    assert screen.text() == shown


def test_colours_stay_with_their_words() -> None:
    screen = Screen()
    screen.feed("\x1b[1;32mĐẠT\x1b[0m rồi")
    (line,) = screen.lines()
    good, rest = line
    assert (good.text, good.style.color.number if good.style and good.style.color else None) == ("ĐẠT", 2)
    assert (rest.text, rest.style.color if rest.style else None) == (" rồi", None)


def test_a_program_in_it_is_asked_and_answers(tmp_path: Path) -> None:
    program = [sys.executable, "-c", "print('ghi? [c/K] ', end='', flush=True); print('được:', input())"]
    with Terminal(program, tmp_path, os.environ) as terminal:
        terminal.until(lambda text: text.endswith("[c/K]"))
        terminal.press("c\n")
        assert terminal.wait() == 0
    assert terminal.screen.text().splitlines()[-1] == "được: c"


def test_a_long_command_is_shown_so_that_it_can_be_copied() -> None:
    words = ["flash", "a" * 60, "--device", "b" * 30, "--technician", "Nguyễn Thị Lan", "--out", str(HOME)]
    text = "\n".join("".join(segment.text for segment in line) for line in typed(words))
    assert " ".join(text.replace("\\\n", " ").removeprefix("$ ").split()) == command_line(words)
