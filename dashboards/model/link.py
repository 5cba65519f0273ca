"""Links from a panel's data to another dashboard, in the language of the one they stand in.

What is clicked names the values: `${__data.fields.device}` is a column of a table or map, `${__field.labels.device}` a tag of a curve
(Grafana's documentation, "Configure data links").
"""

from collections.abc import Sequence

from dashboards.house import DATASOURCE_VARIABLE, uid
from dashboards.influxql.whose import OF_GATEWAY
from dashboards.model.json import Json
from dashboards.words import Text

_DEVICE = Text("Xem chi tiết thiết bị", "Open the device")


def link_to(board: str, title: Text, **variables: str) -> Json:
    """Return a data link to a dashboard of ours that keeps time range and data source; `variables` are Grafana's expressions by name."""
    values = "".join(f"&var-{name}={value}" for name, value in variables.items())
    rest = f"?${{__url_time_range}}&${{{DATASOURCE_VARIABLE}:queryparam}}{values}"
    return {"title": title, "url": Text(f"/d/{uid(board, 'vi')}{rest}", f"/d/{uid(board, 'en')}{rest}"), "targetBlank": False}


def device_of_row(device: str = "device", tags: Sequence[str] = OF_GATEWAY) -> Json:
    """Return the link from a row of a table or a marker to its device, which column `device` names. The columns `tags` tell where it is;
    they must be there too, hidden if need be.
    """
    return link_to("device", _DEVICE, **{tag: _column(tag) for tag in tags}, device=_column(device))


def device_of_series() -> Json:
    """Return the link from a point of a curve to its device; site, gateway and device must be tags of the series."""
    return link_to("device", _DEVICE, site=_tag("site"), gateway=_tag("gateway"), device=_tag("device"))


def on_every_value(link: Json) -> Json:
    """Return the override by which each number of a panel carries a link."""
    return {"matcher": {"id": "byType", "options": "number"}, "properties": [{"id": "links", "value": [link]}]}


def _column(name: str) -> str:
    return f"${{__data.fields.{name}:percentencode}}"


def _tag(name: str) -> str:
    return f"${{__field.labels.{name}:percentencode}}"
