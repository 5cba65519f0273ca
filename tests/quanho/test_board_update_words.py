"""How an update of a board is told while it goes on."""

import pytest

from quanho import lang
from quanho.edge_board_update import update_words

_UPDATE = {
    "new": {"firmware": "reference", "version": "2.0.0"},
    "previous": None,
    "outcome": None,
    "why": "",
    "is_absent": False,
    "is_running": True,
    "step": "flash",
    "which": "new",
    "flash_share": 0.42,
    "count": 0,
    "of": 0,
}


@pytest.mark.parametrize(("phase", "words"), [("write", "flashes 42%"), ("verify", "reads back what was flashed 42%")])
def test_reading_back_is_said_as_reading_back(phase: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lang, "_chosen", {"now": "en"})
    assert update_words(_UPDATE | {"flash_phase": phase}) == f"reference 2.0.0: {words}"
