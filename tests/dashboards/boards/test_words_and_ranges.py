"""What panels tell people, and how far back they look for what they tell."""

import re

import pytest

from dashboards.boards import BOARDS, board
from dashboards.words import LANGUAGES, Language


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", BOARDS)
def test_no_text_tells_a_time_in_the_notation_of_queries(name: str, language: Language) -> None:
    texts = [text.to(language) for panel in board(name).panels for text in (panel.title, panel.description, panel.empty)]
    assert [found[0] for text in texts if (found := re.search(r"\b\d+(ms|s|m|d|w)\b.*", text))] == []


@pytest.mark.parametrize(
    ("name", "key"),
    [
        *(("fleet", key) for key in ("gateways", "silent", "silent-count", "versions")),
        ("device", "gateways"),
        ("air", "now"),
        *(("surroundings", key) for key in ("noise-now", "power-now", "weather-now")),
        *((name, "levels") for name in ("overview", "water")),
    ],
)
def test_whoever_fell_silent_before_the_range_began_is_still_told_of(name: str, key: str) -> None:
    panel = next(panel for panel in board(name).panels if panel.key == key)
    assert panel.time_from == "7d"
    assert "7" in panel.description.vi
    assert "7" in panel.description.en
