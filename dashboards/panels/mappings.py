"""Words for values (Grafana's value mappings), with the colour a word stands in."""

from collections.abc import Mapping

from dashboards.model.json import Json
from dashboards.words import Text

Word = Text | tuple[Text, str]  # with or without a colour


def words(values: Mapping[int | str, Word]) -> list[Json]:
    """Return mappings from values to what is shown instead."""
    options = {str(value): _shown(word, index) for index, (value, word) in enumerate(values.items())}
    return [{"type": "value", "options": options}] if options else []


def _shown(word: Word, index: int) -> Json:
    if isinstance(word, Text):
        return {"text": word, "index": index}
    text, color = word
    return {"text": text, "color": color, "index": index}
