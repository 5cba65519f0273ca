"""What a field device says of itself: how long it runs, how warm it is, how its supply and its radio are."""

from telemetry.catalogue.quantity import Quantity

DEVICE = (
    Quantity("uptime_s", "float", "s", 0, None, "Thời gian chạy liên tục", "Time since the device started"),
    Quantity("chip_temperature", "float", "Cel", -40, 125, "Nhiệt độ chip", "Chip temperature"),  # industrial range of most controllers
    Quantity("supply_voltage", "float", "V", 0, 60, "Điện áp nguồn", "Supply voltage"),
    Quantity("free_memory_bytes", "float", "By", 0, None, "Bộ nhớ còn trống", "Free memory"),
    Quantity("fs_free_bytes", "float", "By", 0, None, "Bộ nhớ lưu trữ còn trống", "Free storage"),
    Quantity("cpu_percent", "float", "%", 0, 100, "Mức dùng CPU", "Processor load"),
    Quantity("memory_percent", "float", "%", 0, 100, "Mức dùng bộ nhớ", "Memory used"),
    Quantity("wifi_percent", "float", "%", 0, 100, "Chất lượng Wi-Fi", "Wi-Fi quality"),
    Quantity("reconnect_count", "float", "{count}", 0, None, "Số lần kết nối lại", "Reconnections", is_counter=True),
)
