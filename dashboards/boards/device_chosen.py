"""Which device the drill-down looks at: one site, one gateway at it, one device of that."""

from dashboards.influxql.select import is_variable
from dashboards.model.variable import TagVariable
from dashboards.words import Text, same

OF_GATEWAY = (is_variable("site"), is_variable("gateway"))
WHERE = (*OF_GATEWAY, is_variable("device"))
VARIABLES = (
    TagVariable("site", Text("Điểm", "Site"), "site", is_single=True),
    TagVariable("gateway", same("Gateway"), "gateway", within=("site",), is_single=True),
    TagVariable("device", Text("Thiết bị", "Device"), "device", within=("site", "gateway"), is_single=True),
)
