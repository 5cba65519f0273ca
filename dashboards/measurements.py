"""What the measurements of the catalogue (telemetry/catalogue) are called by operators."""

from dashboards.words import Text

MEASUREMENTS: dict[str, Text] = {
    "air": Text("Không khí", "Air"),
    "weather": Text("Thời tiết", "Weather"),
    "water_level": Text("Mực nước", "Water level"),
    "noise": Text("Tiếng ồn", "Noise"),
    "power": Text("Điện", "Power"),
    "lorawan": Text("Sóng LoRaWAN", "LoRaWAN radio"),
    "soil": Text("Đất", "Soil"),
    "state": Text("Trạng thái", "State"),
    "device": Text("Thiết bị", "Device"),
    "board_link": Text("Đường truyền bo mạch", "Board link"),
    "camera": Text("Camera", "Camera"),
    "camera_event": Text("Sự kiện camera", "Camera event"),
    "water_quality": Text("Chất lượng nước", "Water quality"),
    "water_flow": Text("Lưu lượng nước", "Water flow"),
    "ups": Text("Bộ lưu điện", "UPS"),
    "vessel": Text("Tàu thuyền", "Vessel"),
    "gnss": Text("Định vị vệ tinh", "Satellite position"),
    "gateway": Text("Gateway", "Gateway"),
    "ledger": Text("Sổ cái", "Ledger"),
}
