"""What switches and detectors say: yes or no. True is the alarm, or the closed circuit: a door's contact is true while it is closed."""

from telemetry.catalogue.quantity import Quantity

STATE = (
    Quantity("occupancy", "bool", "", None, None, "Có người", "Occupancy"),
    Quantity("presence", "bool", "", None, None, "Có mặt", "Presence"),
    Quantity("contact", "bool", "", None, None, "Cửa đóng", "Contact closed"),
    Quantity("water_leak", "bool", "", None, None, "Rò nước", "Water leak"),
    Quantity("smoke", "bool", "", None, None, "Có khói", "Smoke"),
    Quantity("gas_alarm", "bool", "", None, None, "Báo động khí gas", "Gas alarm"),
    Quantity("co_alarm", "bool", "", None, None, "Báo động khí CO", "Carbon monoxide alarm"),
    Quantity("vibration", "bool", "", None, None, "Rung động", "Vibration"),
    Quantity("tamper", "bool", "", None, None, "Bị tháo mở", "Tampered with"),
    Quantity("rain", "bool", "", None, None, "Đang mưa", "Raining"),
    Quantity("battery_low", "bool", "", None, None, "Pin yếu", "Battery low"),
    Quantity("output", "bool", "", None, None, "Trạng thái rơ-le", "Relay output"),
    Quantity("input", "bool", "", None, None, "Trạng thái ngõ vào", "Input"),
    Quantity("action", "string", "", None, None, "Thao tác", "Button action"),
)
