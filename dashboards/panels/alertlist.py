"""The alerts that Grafana itself holds: no query, no data source.

Options: Grafana's public/app/plugins/panel/alertlist/types.ts (UnifiedAlertListOptions). A folder is compared by its title there.
"""

from dashboards.house import Folder
from dashboards.model.panel import Panel
from dashboards.words import Text

_GRAFANA_RULES = "-- Grafana --"
_BY_IMPORTANCE = 3


def alertlist(key: str, title: Text, description: Text, *, empty: Text, folder: Folder, which: str = "", most: int = 20) -> Panel:
    """Return the alerts of a folder that fire, cannot be evaluated or miss their data, most important first; never those that are well.

    `which` are matchers of their labels: `{severity="critical"}`.
    """
    return Panel(
        key,
        "alertlist",
        title,
        description,
        empty,
        options={
            "viewMode": "list",
            "groupMode": "default",
            "groupBy": [],
            "maxItems": most,
            "sortOrder": _BY_IMPORTANCE,
            "dashboardAlerts": False,
            "alertName": "",
            "alertInstanceLabelFilter": which,
            "showInstances": True,
            "datasource": _GRAFANA_RULES,
            "folder": {"uid": folder.uid, "title": folder.title},
            "stateFilter": {"firing": True, "pending": False, "recovering": True, "noData": True, "normal": False, "error": True},
        },
        may_be_empty=True,
    )
