"""Flow meters in pipes."""

from telemetry.catalogue.quantity import Quantity

WATER_FLOW = (
    Quantity("flow", "float", "m3/s", -30, 30, "Lưu lượng", "Flow"),
    Quantity("velocity", "float", "m/s", -32, 32, "Vận tốc", "Velocity"),  # TUF-2000: to 32 m/s
    Quantity("volume", "float", "m3", None, None, "Thể tích thuận", "Forward volume", is_counter=True),
    Quantity("volume_reverse", "float", "m3", None, None, "Thể tích ngược", "Reverse volume", is_counter=True),
    Quantity("volume_net", "float", "m3", None, None, "Thể tích thực", "Net volume"),
    Quantity("signal_quality", "float", "", 0, 99, "Chất lượng tín hiệu", "Signal quality"),
)
