"""From values with texts in two languages to plain JSON."""

from collections.abc import Mapping
from typing import Any

from dashboards.words import Language, Text

Json = dict[str, Any]


def localised(value: Any, language: Language) -> Any:
    """Return a value with every Text in it, however deep, in one language; tuples become lists."""
    if isinstance(value, Text):
        return value.to(language)
    if isinstance(value, Mapping):
        return {key: localised(each, language) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [localised(each, language) for each in value]
    return value


def given(**values: Any) -> Json:
    """Return the values that are not None: what is left out has Grafana's own default."""
    return {name: value for name, value in values.items() if value is not None}
