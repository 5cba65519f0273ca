"""Which data source: always by variable in dashboards, so that a copy can look at another store; by its fixed uid in rules."""

from dashboards.house import DATASOURCE_TYPE, DATASOURCE_UID, DATASOURCE_VARIABLE
from dashboards.model.json import Json

BY_VARIABLE: Json = {"type": DATASOURCE_TYPE, "uid": f"${{{DATASOURCE_VARIABLE}}}"}
FIXED: Json = {"type": DATASOURCE_TYPE, "uid": DATASOURCE_UID}
GRAFANA: Json = {"type": "grafana", "uid": "-- Grafana --"}
