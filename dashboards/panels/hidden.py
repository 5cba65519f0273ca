"""Columns that a table has for its links and does not show.

Two keys say so: Grafana's older table reads `hidden`, the one since 12 `hideFrom` (public/app/plugins/panel/table, getVisibleFields).
"""

from dashboards.model.json import Json
from dashboards.panels.table import column


def hidden(name: str) -> Json:
    """Return the override of a column that is there and not seen."""
    return column(name, custom__hidden=True, custom__hideFrom={"viz": True, "legend": False, "tooltip": False})
