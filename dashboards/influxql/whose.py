"""Whose a point is: the tags that tell it (docs/specs/wire.md, section 2), and the condition that a dashboard's variables chose it."""

from dashboards.influxql.select import is_variable

OF_GATEWAY = ("site", "gateway")
OF_DEVICE = (*OF_GATEWAY, "device")
OF_LEDGER = (*OF_GATEWAY, "source", "reason")
CHOSEN_GATEWAY = tuple(map(is_variable, OF_GATEWAY))
CHOSEN_DEVICE = tuple(map(is_variable, OF_DEVICE))
