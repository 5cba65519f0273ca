"""Air quality. Gases in ug/m3 at 25 °C and 760 mmHg (QCVN 05:2023/BTNMT), which VN_AQI counts in; convert with units.gas_mass.

Gas limits are about twice the upper end of the VN_AQI scale (Decision 1459/QĐ-TCMT, 2019).
"""

from telemetry.catalogue.common import AIR_TEMPERATURE, DEW_POINT, HUMIDITY, PRESSURE
from telemetry.catalogue.quantity import Quantity

AIR = (
    # Plantower PMS5003 and Sensirion SPS30: up to 1,000 ug/m3; Nova SDS011: PM2.5 to 999.9, PM10 to 1,999.9.
    Quantity("pm1", "float", "ug/m3", 0, 1000, "Bụi PM1", "PM1"),
    Quantity("pm2_5", "float", "ug/m3", 0, 1000, "Bụi PM2.5", "PM2.5"),
    Quantity("pm4", "float", "ug/m3", 0, 1000, "Bụi PM4", "PM4"),
    Quantity("pm10", "float", "ug/m3", 0, 2000, "Bụi PM10", "PM10"),
    # Outdoor air has about 400 ppm at least, an uncalibrated cell drifts below it; Sensirion SCD41 ends at 40,000.
    Quantity("co2", "float", "ppm", 250, 40_000, "Khí CO2", "Carbon dioxide"),
    Quantity("co", "float", "ug/m3", 0, 300_000, "Khí CO", "Carbon monoxide"),
    Quantity("no", "float", "ug/m3", 0, 8000, "Khí NO", "Nitrogen monoxide"),
    Quantity("no2", "float", "ug/m3", 0, 8000, "Khí NO2", "Nitrogen dioxide"),
    Quantity("o3", "float", "ug/m3", 0, 2500, "Khí O3", "Ozone"),
    Quantity("so2", "float", "ug/m3", 0, 5500, "Khí SO2", "Sulphur dioxide"),
    Quantity("h2s", "float", "ug/m3", 0, 150_000, "Khí H2S", "Hydrogen sulphide"),
    Quantity("nh3", "float", "ug/m3", 0, 100_000, "Khí NH3", "Ammonia"),
    Quantity("tvoc", "float", "ppb", 0, 60_000, "Tổng hợp chất hữu cơ bay hơi", "Total volatile organic compounds"),  # SGP30: to 60,000
    Quantity("voc_index", "float", "", 0, 500, "Chỉ số VOC", "VOC index"),  # Sensirion SGP4x gas index: 1 to 500
    AIR_TEMPERATURE,
    DEW_POINT,
    HUMIDITY,
    PRESSURE,
)
