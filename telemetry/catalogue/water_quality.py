"""Probes in rivers, ponds, drains and water works."""

from telemetry.catalogue.quantity import Quantity

WATER_QUALITY = (
    Quantity("ph", "float", "", 0, 14, "Độ pH", "pH"),
    Quantity("dissolved_oxygen", "float", "mg/L", 0, 30, "Oxy hòa tan", "Dissolved oxygen"),  # 14.6 at 0 °C in air; algae push it to 30
    Quantity("oxygen_saturation", "float", "%", 0, 300, "Độ bão hòa oxy", "Oxygen saturation"),
    Quantity("turbidity", "float", "NTU", 0, 10_000, "Độ đục", "Turbidity"),  # floods of the Red River reach thousands
    Quantity("conductivity", "float", "uS/cm", 0, 100_000, "Độ dẫn điện", "Conductivity"),  # sea water: 53,000
    Quantity("temperature", "float", "Cel", -1, 50, "Nhiệt độ nước", "Water temperature"),
)
