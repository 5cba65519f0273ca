"""Columns that a table has for its links and does not show."""

from dashboards.model.json import Json
from dashboards.panels.table import column


def hidden(name: str) -> Json:
    """Return the override of a column that is there and not seen. (Grafana since 12 reads it as `hideFrom`: its migrateHiddenFields.)"""
    return column(name, custom__hidden=True)
