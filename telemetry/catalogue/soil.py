"""Soil probes."""

from telemetry.catalogue.quantity import Quantity

SOIL = (
    Quantity("moisture", "float", "%", 0, 100, "Độ ẩm đất", "Soil moisture"),
    Quantity("temperature", "float", "Cel", -20, 70, "Nhiệt độ đất", "Soil temperature"),
    Quantity("conductivity", "float", "uS/cm", 0, 20_000, "Độ dẫn điện của đất", "Soil conductivity"),  # 7-in-1 probes end at 20,000
    Quantity("ph", "float", "", 0, 14, "Độ pH của đất", "Soil pH"),
    Quantity("nitrogen", "float", "mg/kg", 0, 3000, "Đạm (N)", "Nitrogen"),  # probes end at 1,999 or 2,999
    Quantity("phosphorus", "float", "mg/kg", 0, 3000, "Lân (P)", "Phosphorus"),
    Quantity("potassium", "float", "mg/kg", 0, 3000, "Kali (K)", "Potassium"),
)
