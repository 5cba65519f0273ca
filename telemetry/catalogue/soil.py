"""Soil probes."""

from telemetry.catalogue.quantity import Quantity

SOIL = (
    Quantity("moisture", "float", "%", 0, 100, "Độ ẩm đất", "Soil moisture"),
    Quantity("temperature", "float", "Cel", -20, 70, "Nhiệt độ đất", "Soil temperature"),
    Quantity("conductivity", "float", "uS/cm", 0, 20_000, "Độ dẫn điện của đất", "Soil conductivity"),  # 7-in-1 probes end at 20,000
)
