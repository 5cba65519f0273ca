"""Uninterruptible power supplies."""

from telemetry.catalogue.quantity import Quantity

UPS = (
    Quantity("charge", "float", "%", 0, 100, "Dung lượng ắc quy còn lại", "Battery charge"),
    Quantity("runtime", "float", "s", 0, None, "Thời gian chạy còn lại", "Runtime left"),
    Quantity("load", "float", "%", 0, 200, "Tải", "Load"),  # overload is measured up to twice the rating
    Quantity("input_voltage", "float", "V", 0, 500, "Điện áp vào", "Input voltage"),
    Quantity("output_voltage", "float", "V", 0, 500, "Điện áp ra", "Output voltage"),
    Quantity("output_frequency", "float", "Hz", 40, 65, "Tần số ra", "Output frequency"),
    Quantity("temperature", "float", "Cel", -20, 100, "Nhiệt độ ắc quy", "Battery temperature"),
    Quantity("energy", "float", "Wh", 0, None, "Điện năng đã cấp", "Energy delivered", is_counter=True),
    Quantity("on_line", "bool", "", None, None, "Đang dùng điện lưới", "On line"),
    Quantity("on_battery", "bool", "", None, None, "Đang dùng ắc quy", "On battery"),
    Quantity("output_off", "bool", "", None, None, "Đầu ra tắt", "Output off"),
    Quantity("has_fault", "bool", "", None, None, "Có lỗi", "Fault"),
)
