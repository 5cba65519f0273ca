"""What operators read in place of a value, and its colour (Grafana's value mappings).

A table of words for true, false, numbers and names.
"""

from collections.abc import Mapping
from typing import Any

from dashboards.model.json import Json
from dashboards.words import Text

Shown = Text | tuple[Text, str]  # the words, or the words and their colour


def words(shown: Mapping[Any, Shown]) -> Json:
    """Return the mapping of single values to words, in this order."""
    return {"type": "value", "options": {_key(value): _result(each, index) for index, (value, each) in enumerate(shown.items())}}


def between(low: float | None, high: float | None, shown: Shown) -> Json:
    """Return the mapping of a range, both ends included; None: without an end."""
    return {"type": "range", "options": {"from": low, "to": high, "result": _result(shown, 0)}}


def nothing(shown: Shown) -> Json:
    """Return the words for a value that is not there."""
    return {"type": "special", "options": {"match": "null", "result": _result(shown, 0)}}


def _key(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _result(shown: Shown, index: int) -> Json:
    if isinstance(shown, Text):
        return {"text": shown, "index": index}
    return {"text": shown[0], "color": shown[1], "index": index}
