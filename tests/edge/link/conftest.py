"""Link sources on real pseudo-terminals with the model of a board."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from edge.spool.receipts import Receipts
from firmware_bridge.link import board_model
from tests.edge.link.post import Gateway

Post = Callable[..., Gateway]


@pytest.fixture(autouse=True)
def _eager_boards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(board_model, "HELLO_AGAIN_S", 0.05)  # seconds of waiting for each test otherwise
    monkeypatch.setattr(board_model, "WAIT_S", 0.2)


@pytest.fixture
def port(tmp_path: Path) -> Path:
    return tmp_path / "usb-mast"


@pytest.fixture
def gateway(port: Path, tmp_path: Path) -> Iterator[Post]:
    made: list[Gateway] = []

    def build(known: Sequence[Receipts] = (), **changes: Any) -> Gateway:
        made.append(Gateway(changes.pop("at", port), tmp_path, known, **changes))
        return made[-1]

    yield build
    for one in made:
        one.stop()
