"""Which device the drill-down looks at: one site, one gateway at it, one device of that."""

from dashboards.influxql.whose import OF_GATEWAY
from dashboards.model.variable import TagVariable
from dashboards.words import Text, same

VARIABLES = (
    TagVariable("site", Text("Điểm", "Site"), "site", is_single=True),
    TagVariable("gateway", same("Gateway"), "gateway", within=("site",), is_single=True),
    TagVariable("device", Text("Thiết bị", "Device"), "device", within=OF_GATEWAY, is_single=True),
)
