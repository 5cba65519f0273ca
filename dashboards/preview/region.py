"""Annotations: stretches of time with the reason for a hole in the data, as the ledger tells it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dashboards.model.json import Json
from dashboards.preview.frame import Frame


@dataclass(frozen=True, slots=True)
class Region:
    """From when to when (ms since 1970 UTC; the same for a moment), what it is called, and in which colour."""

    from_ms: float
    to_ms: float
    text: str
    color: str


def regions_of(board: Json, ask: Callable[[Json], list[Frame]]) -> Iterator[Region]:
    """Yield the regions of a dashboard's annotations that a store answers; those that Grafana itself keeps are left out."""
    for annotation in board["annotations"]["list"]:
        if not annotation.get("enable") or "query" not in annotation.get("target", {}):
            continue
        names = {key: mapping["value"] for key, mapping in annotation.get("mappings", {}).items() if mapping.get("source") == "field"}
        for frame in ask(annotation["target"]):
            columns = {field.name: field.values for field in frame.fields}
            begins, ends = columns.get(names.get("time", "Time"), ()), columns.get(names.get("timeEnd", ""), ())
            texts = columns.get(names.get("text", ""), ())
            for row, begin in enumerate(begins):
                if begin is not None:
                    end = ends[row] if ends and ends[row] is not None else begin
                    detail = f": {texts[row]}" if texts and texts[row] is not None else ""
                    yield Region(begin, end, f"{annotation['name']}{detail}", annotation["iconColor"])
