"""A map with one layer of markers for each query.

The view fits the markers, so that no place is written down here. The base map is Grafana's default (setting `default_baselayer_config`):
where a control room has no internet its administrator sets one that it can reach. `filterData` is a frame matcher: `byRefId`, with the
letter the query has in the panel.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Any

from dashboards.model.json import Json
from dashboards.model.panel import Panel
from dashboards.model.query import Query
from dashboards.words import Text

_MOST_ZOOM = 14  # a single site is not shown as one roof
_MARK = "img/icons/marker/circle.svg"


@dataclass(frozen=True, slots=True)
class Layer:
    """Markers for the rows of a query of format "table", all of one colour; `label` is the column written beside them."""

    name: Text
    query: Query
    color: str
    label: str
    latitude: str = "latitude"
    longitude: str = "longitude"
    size: int = 9


def geomap(
    key: str,
    title: Text,
    description: Text,
    layers: Sequence[Layer],
    *,
    empty: Text,
    overrides: Sequence[Json] = (),
    links: Sequence[Json] = (),
    may_be_empty: bool = False,
    time_from: str = "",
) -> Panel:
    """Return a map; a later layer lies above an earlier one. `links` are followed from a marker."""
    options: Json = {
        "view": {"id": "fit", "allLayers": True, "lastOnly": False, "padding": 12, "maxZoom": _MOST_ZOOM, "zoom": _MOST_ZOOM},
        "controls": {
            "showZoom": True,
            "mouseWheelZoom": False,
            "showAttribution": True,
            "showScale": False,
            "showMeasure": False,
            "showDebug": False,
        },
        "basemap": {"type": "default", "name": "Basemap"},
        "layers": [_layer(layer, ref) for layer, ref in zip(layers, ascii_uppercase, strict=False)],
        "tooltip": {"mode": "details"},
    }
    defaults: Json = {"links": list(links)} if links else {}
    return Panel(
        key,
        "geomap",
        title,
        description,
        empty,
        tuple(layer.query for layer in layers),
        "none",
        options,
        defaults,
        tuple(overrides),
        may_be_empty=may_be_empty,
        time_from=time_from,
    )


def _layer(layer: Layer, ref: str) -> dict[str, Any]:
    return {
        "type": "markers",
        "name": layer.name,
        "filterData": {"id": "byRefId", "options": ref},
        "location": {"mode": "coords", "latitude": layer.latitude, "longitude": layer.longitude},
        "tooltip": True,
        "config": {
            "showLegend": True,
            "style": {
                "color": {"fixed": layer.color},
                "opacity": 0.9,
                "size": {"fixed": layer.size, "min": 2, "max": 15},
                "symbol": {"mode": "fixed", "fixed": _MARK},
                "symbolAlign": {"horizontal": "center", "vertical": "center"},
                "text": {"mode": "field", "field": layer.label, "fixed": ""},
                "textConfig": {"fontSize": 14, "textAlign": "center", "textBaseline": "bottom", "offsetX": 0, "offsetY": -10},
                "rotation": {"fixed": 0, "min": -360, "max": 360, "mode": "mod"},
            },
        },
    }
