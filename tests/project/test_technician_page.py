"""The technician's page in both languages: its commands, causes and pictures are the product's."""

import re
import shlex
from pathlib import Path

import pytest

from firmware_bridge.flash.causes import Cause
from quanho import lang
from quanho.cli import parser_for
from quanho.flash_words import CAUSES

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = {"vi": DOCS / "technician.md", "en": DOCS / "technician.en.md"}
PICTURES = DOCS / "img" / "technician"
_PICTURE = re.compile(r"!\[[^\]]+\]\((?P<path>[^)]+)\)")
_NAMED = re.compile(r"\((?P<word>[a-z]+(?:-[a-z]+)+), (?P<code>\d+)\)")
_PATH = re.compile(r"(?<![\w.~/:-])/\w[^\s,;:()]*")
_NEUTRAL = ("/dev/", "/etc/quanho/", "/var/lib/quanho/", "/tmp/quanho-flash-")  # noqa: S108


def text_of(language: str) -> str:
    return PAGES[language].read_text(encoding="utf-8")


def commands(text: str) -> list[list[str]]:
    """Return the words of each quanho command of the page's shell blocks."""
    blocks = re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL)
    lines = [line.removeprefix("sudo ") for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("quanho ")]


def words_of(picture: Path) -> str:
    """Return the words of a picture of a terminal, in reading order."""
    return " ".join(re.findall(r"<text [^>]*>([^<]*)</text>", picture.read_text(encoding="utf-8")))


@pytest.mark.parametrize("language", PAGES)
def test_every_command_of_the_page_is_one_that_quanho_knows(language: str) -> None:
    found = commands(text_of(language))
    assert len(found) > 15
    for words in found:
        try:
            parser_for(words).parse_args(words)
        except SystemExit:
            pytest.fail(f"quanho {shlex.join(words)} is wrong usage")


@pytest.mark.parametrize("language", PAGES)
def test_the_sheet_at_the_end_is_the_table_of_causes(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [line for line in text_of(language).splitlines() if re.match(r"\| \d+ \|", line)]
    monkeypatch.setattr(lang, "_chosen", {"now": language})
    wanted = [f"| {cause.value} | `{cause.word}` | {words.what} | {words.do} |" for cause, words in CAUSES.items()]
    assert rows == wanted


@pytest.mark.parametrize("language", PAGES)
def test_every_picture_of_the_page_is_there_in_its_language_and_none_is_left_over(language: str) -> None:
    shown = {match["path"] for match in _PICTURE.finditer(text_of(language))}
    assert {str(path.relative_to(DOCS)) for path in PICTURES.glob(f"*.{language}.svg")} == shown


def test_the_two_pages_show_the_same_commands_and_pictures() -> None:
    vi, en = (text_of(language) for language in PAGES)
    assert [match["path"].replace(".vi.", ".en.") for match in _PICTURE.finditer(vi)] == [match["path"] for match in _PICTURE.finditer(en)]
    assert [words[:2] for words in commands(vi)] == [words[:2] for words in commands(en)]
    assert "](technician.en.md)" in vi
    assert "](technician.md)" in en


@pytest.mark.parametrize("picture", sorted(PICTURES.glob("*.svg")), ids=lambda path: path.name)
def test_a_picture_names_only_causes_that_exist_and_nothing_of_the_machine_that_made_it(picture: Path) -> None:
    words = words_of(picture)
    codes = {cause.word: cause.value for cause in Cause}
    assert all(codes.get(match["word"]) == int(match["code"]) for match in _NAMED.finditer(words)), words
    assert [path for path in _PATH.findall(words) if not path.startswith(_NEUTRAL)] == []
    assert "Traceback" not in words
