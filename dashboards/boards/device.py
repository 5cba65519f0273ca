"""Device: what a technician wants to know of one device, its gateway beside it."""

from dataclasses import replace

from dashboards.boards.device_chosen import VARIABLES
from dashboards.boards.device_health import BATTERY, LEDGER, LINK, PACE, PAUSE, QUALITY, RADIO
from dashboards.boards.device_values import SEEN, STATES, VALUES
from dashboards.boards.fleet_table import GATEWAYS
from dashboards.house import REFRESH_QUICK
from dashboards.model.board import Board
from dashboards.model.grid import Row
from dashboards.words import Text

_GATEWAY = replace(GATEWAYS, title=Text("Gateway của thiết bị này", "The gateway of this device"))

BOARD = Board(
    "device",
    Text("Chi tiết thiết bị", "Device"),
    Text(
        "Một thiết bị: lần cuối nghe thấy, giá trị cuối, cờ chất lượng, nhịp báo cáo, nguồn, sóng, và gateway của nó.",
        "One device: when it was last heard, last values, quality flags, pace, supply, radio, and its gateway.",
    ),
    (
        Row(10, ((7, SEEN), (10, VALUES), (7, STATES))),
        Row(6, ((24, QUALITY),)),
        Row(8, ((12, PACE), (12, PAUSE)), Text("Nhịp báo cáo", "Pace")),
        Row(8, ((8, BATTERY), (8, RADIO), (8, LINK)), Text("Nguồn, sóng, đường truyền", "Supply, radio, line")),
        Row(4, ((24, _GATEWAY),)),
        Row(8, ((24, LEDGER),)),
    ),
    VARIABLES,
    refresh=REFRESH_QUICK,
)
