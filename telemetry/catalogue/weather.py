"""Weather stations and rain gauges."""

from telemetry.catalogue.common import AIR_TEMPERATURE, DEW_POINT, HUMIDITY, PM2_5, PM10, PRESSURE, WATER_TEMPERATURE
from telemetry.catalogue.gnss import PITCH, ROLL
from telemetry.catalogue.quantity import Quantity

# An interval is a day at most: the world record is 1,825 mm in 24 h (Foc-Foc, Réunion, 1966).
RAINFALL = Quantity("rainfall", "float", "mm", 0, 2000, "Lượng mưa trong kỳ đo", "Rain in the interval")
RAIN_TOTAL = Quantity("rain_total", "float", "mm", 0, None, "Lượng mưa cộng dồn", "Rain counter", is_counter=True)

WEATHER = (
    AIR_TEMPERATURE,
    DEW_POINT,
    HUMIDITY,
    PRESSURE,
    # Typhoons in Vietnam: gusts above level 17 of the extended Beaufort scale (61 m/s); cup anemometers end near 75 m/s.
    Quantity("wind_speed", "float", "m/s", 0, 75, "Tốc độ gió", "Wind speed"),
    Quantity("wind_gust", "float", "m/s", 0, 100, "Gió giật", "Wind gust"),
    Quantity("wind_direction", "float", "deg", 0, 360, "Hướng gió", "Wind direction"),
    RAINFALL,
    RAIN_TOTAL,
    # World record: 305 mm in 42 minutes (Holt, Missouri, 1947).
    Quantity("rain_rate", "float", "mm/h", 0, 600, "Cường độ mưa", "Rain rate"),
    # Above the solar constant (1,361 W/m2) only by reflection from cloud edges.
    Quantity("solar_radiation", "float", "W/m2", 0, 1800, "Bức xạ mặt trời", "Solar radiation"),
    Quantity("illuminance", "float", "lx", 0, 200_000, "Độ rọi", "Illuminance"),
    Quantity("uv_index", "float", "", 0, 25, "Chỉ số tia cực tím", "UV index"),
    PM2_5,
    PM10,
    WATER_TEMPERATURE,
    ROLL,  # of a mast or buoy that stands askew
    PITCH,
    Quantity("wind_chill", "float", "Cel", -60, 60, "Nhiệt độ cảm nhận do gió", "Wind chill"),
    Quantity("heat_index", "float", "Cel", -20, 90, "Chỉ số nóng bức", "Heat index"),
    Quantity("noise", "float", "dB(A)", 15, 140, "Độ ồn", "Sound level"),  # as the levels of noise monitors
)
