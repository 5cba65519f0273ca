"""Delivery: what came, what is missing and why, what waits, and what was refused."""

from dashboards.boards.delivery_flow import BACKLOG, DEPTH, ETA, LAG, RATES, WAITING
from dashboards.boards.delivery_gaps import GAPS, MISSING, OPEN_COUNT, TIMELINE
from dashboards.boards.delivery_losses import LOSSES, LOST_COUNT, OVER_TIME, REJECTED, REJECTED_RATE, UNSURE_COUNT
from dashboards.model.board import Board
from dashboards.model.grid import Row
from dashboards.model.variable import TagVariable
from dashboards.words import Text, same

BOARD = Board(
    "delivery",
    Text("Giao nhận dữ liệu", "Delivery"),
    Text(
        "Sổ cái: mất gì, vì sao có khoảng trống, còn tồn đọng bao nhiêu và bao giờ gửi hết, cái gì bị từ chối.",
        "The ledger: what was lost, why there are gaps, how much waits and when it is gone, what was refused.",
    ),
    (
        Row(4, ((4, OPEN_COUNT), (4, LOST_COUNT), (4, UNSURE_COUNT), (4, MISSING), (4, WAITING), (4, ETA))),
        Row(9, ((24, GAPS),), Text("Khoảng trống", "Gaps")),
        Row(7, ((24, TIMELINE),)),
        Row(9, ((14, LOSSES), (10, OVER_TIME)), Text("Mất mát", "Losses")),
        Row(8, ((14, BACKLOG), (10, DEPTH)), Text("Tồn đọng", "Backlog")),
        Row(8, ((12, RATES), (12, LAG))),
        Row(9, ((16, REJECTED), (8, REJECTED_RATE)), Text("Bị từ chối", "Refused")),
    ),
    (
        TagVariable("site", Text("Điểm", "Site"), "site", "gateway"),
        TagVariable("gateway", same("Gateway"), "gateway", "gateway", within=("site",)),
    ),
    time_from="now-24h",
)
