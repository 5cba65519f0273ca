"""The dashboards, in the order of menus. A new one is a file here with a `BOARD`, and a row in BOARDS."""

import importlib
from collections.abc import Mapping

from dashboards.model.board import Board

BOARDS: Mapping[str, str] = {
    "overview": "dashboards.boards.overview",
    "air": "dashboards.boards.air",
    "water": "dashboards.boards.water",
    "surroundings": "dashboards.boards.surroundings",
    "fleet": "dashboards.boards.fleet",
    "delivery": "dashboards.boards.delivery",
    "device": "dashboards.boards.device",
}


def board(name: str) -> Board:
    """Return a dashboard. Raises KeyError for one that is not in the table."""
    found: Board = importlib.import_module(BOARDS[name]).BOARD
    return found
