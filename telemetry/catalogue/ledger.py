"""The account of every loss: tags `reason` and `source`, one point an entry; a gap has two, told together by `gap_id`."""

from telemetry.catalogue.quantity import Quantity

LEDGER = (
    Quantity("count", "int", "{count}", None, None, "Số điểm", "Points"),  # below 0 where a killed process had counted too early
    Quantity("count_known", "bool", "", None, None, "Biết chính xác số điểm", "The count is known"),
    Quantity("from_ns", "int", "ns", 0, None, "Từ thời điểm", "From"),
    Quantity("to_ns", "int", "ns", 0, None, "Đến thời điểm", "To"),
    Quantity("gap_id", "string", "", None, None, "Mã khoảng trống", "Gap"),
    Quantity("state", "string", "", None, None, "Trạng thái khoảng trống", "State of the gap"),
    Quantity("note", "string", "", None, None, "Ghi chú", "Note"),
    Quantity("detail", "string", "", None, None, "Chi tiết", "Detail"),
)
