"""The order of a table's columns: tags come from the store in no order."""

from collections.abc import Sequence

from dashboards.model.json import Json


def arranged(columns: Sequence[str], without: Sequence[str] = ()) -> tuple[Json, ...]:
    """Return the transformation that puts columns into this order, by the names the query gives them, and leaves some out."""
    options: Json = {
        "indexByName": {name: index for index, name in enumerate(columns)},
        "excludeByName": dict.fromkeys(without, True),
        "renameByName": {},
        "includeByName": {},
    }
    return ({"id": "organize", "options": options},)
