"""Air quality. Gases in ug/m3 at 25 °C and 760 mmHg (QCVN 05:2023/BTNMT), which VN_AQI counts in; convert with units.gas_mass.

Gas limits are about twice the upper end of the VN_AQI scale (Decision 1459/QĐ-TCMT, 2019).
"""

from telemetry.catalogue.common import AIR_TEMPERATURE, DEW_POINT, HUMIDITY, PM2_5, PM10, PRESSURE
from telemetry.catalogue.quantity import Quantity

AIR = (
    # Plantower PMS5003 and Sensirion SPS30: up to 1,000 ug/m3; Nova SDS011: PM2.5 to 999.9, PM10 to 1,999.9.
    Quantity("pm1", "float", "ug/m3", 0, 1000, "Bụi PM1", "PM1"),
    PM2_5,
    Quantity("pm4", "float", "ug/m3", 0, 1000, "Bụi PM4", "PM4"),
    PM10,
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
    Quantity("hcho", "float", "ug/m3", 0, 12_500, "Khí formaldehyt", "Formaldehyde"),  # Winsen ZE07 and ZE08: to 10,000 ppb at most
    Quantity("o2", "float", "%", 0, 30, "Khí O2", "Oxygen"),  # 20.9 % in air; electrochemical cells end at 25 or 30
    # Bosch BSEC: index of air quality 0 to 500, its accuracy 0 (starting) to 3 (calibrated), the resistance of the heated layer.
    Quantity("iaq", "float", "", 0, 500, "Chỉ số chất lượng không khí trong nhà", "Indoor air quality index"),
    Quantity("iaq_accuracy", "int", "", 0, 3, "Độ tin cậy của chỉ số", "Accuracy of the index"),
    Quantity("gas_resistance", "float", "ohm", 0, 50_000_000, "Điện trở lớp cảm biến khí", "Gas layer resistance"),
    # Sensirion SPS30: particles from 0.3 um up to the size, to 3,000 in a cubic centimetre; mean size.
    Quantity("pm100", "float", "ug/m3", 0, 20_000, "Bụi PM100", "PM100"),  # Nova SDS198: to 20,000
    # With the factor for calibration dust; the others are for the atmosphere.
    Quantity("pm1_cf1", "float", "ug/m3", 0, 1000, "Bụi PM1 (CF=1)", "PM1 (CF=1)"),
    Quantity("pm2_5_cf1", "float", "ug/m3", 0, 1000, "Bụi PM2.5 (CF=1)", "PM2.5 (CF=1)"),
    Quantity("pm10_cf1", "float", "ug/m3", 0, 2000, "Bụi PM10 (CF=1)", "PM10 (CF=1)"),
    # Plantower counts to 65,535 in 0.1 L.
    Quantity("n0_3", "float", "1/cm3", 0, 655.35, "Số hạt trên 0,3 µm", "Particles above 0.3 um"),
    Quantity("n0_5", "float", "1/cm3", 0, 655.35, "Số hạt trên 0,5 µm", "Particles above 0.5 um"),
    Quantity("n1_0", "float", "1/cm3", 0, 655.35, "Số hạt trên 1 µm", "Particles above 1 um"),
    Quantity("n2_5", "float", "1/cm3", 0, 655.35, "Số hạt trên 2,5 µm", "Particles above 2.5 um"),
    Quantity("n5_0", "float", "1/cm3", 0, 655.35, "Số hạt trên 5 µm", "Particles above 5 um"),
    Quantity("n10_0", "float", "1/cm3", 0, 655.35, "Số hạt trên 10 µm", "Particles above 10 um"),
    Quantity("pm0_5_number", "float", "1/cm3", 0, 3000, "Số hạt đến 0,5 µm", "Particles up to 0.5 um"),
    Quantity("pm1_number", "float", "1/cm3", 0, 3000, "Số hạt đến 1 µm", "Particles up to 1 um"),
    Quantity("pm2_5_number", "float", "1/cm3", 0, 3000, "Số hạt đến 2,5 µm", "Particles up to 2.5 um"),
    Quantity("pm4_number", "float", "1/cm3", 0, 3000, "Số hạt đến 4 µm", "Particles up to 4 um"),
    Quantity("pm10_number", "float", "1/cm3", 0, 3000, "Số hạt đến 10 µm", "Particles up to 10 um"),
    Quantity("typical_size", "float", "um", 0, 10, "Kích thước hạt điển hình", "Typical particle size"),
    # What the sensor says of itself.
    Quantity("sensor_temperature", "float", "Cel", -40, 125, "Nhiệt độ trong cảm biến", "Temperature inside the sensor"),
    Quantity("fan_hours", "float", "h", 0, 200_000, "Số giờ quạt đã chạy", "Hours the fan has run"),  # they live about 8,000
    Quantity("fan_failure", "bool", "", None, None, "Quạt hỏng", "Fan failure"),
    Quantity("laser_failure", "bool", "", None, None, "Laser hỏng", "Laser failure"),
    Quantity("fan_speed_failure", "bool", "", None, None, "Tốc độ quạt ngoài dải", "Fan speed out of range"),
    AIR_TEMPERATURE,
    DEW_POINT,
    HUMIDITY,
    PRESSURE,
)
