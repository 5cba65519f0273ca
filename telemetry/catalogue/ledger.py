"""The account of every loss: tags `reason` and `source`, one point an entry."""

from telemetry.catalogue.quantity import Quantity

LEDGER = (
    Quantity("count", "int", "{count}", 0, None, "Số điểm", "Points"),
    Quantity("is_count_known", "bool", "", None, None, "Biết chính xác số điểm", "The count is known"),
    Quantity("from_ns", "int", "ns", 0, None, "Từ thời điểm", "From"),
    Quantity("to_ns", "int", "ns", 0, None, "Đến thời điểm", "To"),
    Quantity("detail", "string", "", None, None, "Chi tiết", "Detail"),
)
