"""Rivers, reservoirs, drains and tide gauges."""

from telemetry.catalogue.common import AIR_TEMPERATURE, WATER_TEMPERATURE
from telemetry.catalogue.gnss import HEADING, HEADING_MAGNETIC
from telemetry.catalogue.quantity import Quantity
from telemetry.catalogue.weather import RAIN_TOTAL, RAINFALL

WATER_LEVEL = (
    # Stages are metres above the national datum: tide gauges fall below 0, Lào Cai's flood stages are above 80.
    Quantity("level", "float", "m", -10, 150, "Mực nước", "Water level"),
    Quantity("distance", "float", "m", 0, 75, "Khoảng cách tới mặt nước", "Distance to the water"),  # long-range level radars
    Quantity("depth", "float", "m", 0, 100, "Độ sâu", "Depth"),
    # The Red River at Sơn Tây carried about 38,000 m3/s in August 1971; tides turn rivers round.
    Quantity("flow", "float", "m3/s", -50_000, 50_000, "Lưu lượng", "Flow"),
    Quantity("velocity", "float", "m/s", -15, 15, "Vận tốc dòng chảy", "Flow velocity"),
    Quantity("current_direction", "float", "deg", 0, 360, "Hướng dòng chảy", "Direction the water flows to"),
    WATER_TEMPERATURE,
    HEADING,  # of the boat or buoy whose log gives the velocity
    HEADING_MAGNETIC,
    RAINFALL,
    RAIN_TOTAL,
    AIR_TEMPERATURE,
)
