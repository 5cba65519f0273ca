"""Quantities that devices of several kinds report, with one range for all of them."""

from telemetry.catalogue.quantity import Quantity

QUALITY = Quantity("quality", "int", "", 0, 1023, "Cờ chất lượng", "Quality bits")

# From frost in the northern mountains to Vietnam's record of 44.2 °C (Tương Dương, 7 May 2023); a box in the sun reads far more.
AIR_TEMPERATURE = Quantity("temperature", "float", "Cel", -20, 70, "Nhiệt độ", "Temperature")
WATER_TEMPERATURE = Quantity("water_temperature", "float", "Cel", -1, 50, "Nhiệt độ nước", "Water temperature")
DEW_POINT = Quantity("dew_point", "float", "Cel", -40, 40, "Điểm sương", "Dew point")
HUMIDITY = Quantity("humidity", "float", "%", 0, 100, "Độ ẩm tương đối", "Relative humidity")
# From the top of Fansipan (3,143 m, about 690 hPa) to the world record at sea level (1,085 hPa); not reduced to sea level.
PRESSURE = Quantity("pressure", "float", "hPa", 650, 1085, "Khí áp tại trạm", "Station pressure")
# Coin cells to 24 V panels, with the charger's margin.
BATTERY = Quantity("battery", "float", "V", 0, 60, "Điện áp ắc quy", "Battery voltage")
PM2_5 = Quantity("pm2_5", "float", "ug/m3", 0, 1000, "Bụi PM2.5", "PM2.5")
PM10 = Quantity("pm10", "float", "ug/m3", 0, 2000, "Bụi PM10", "PM10")
RSSI = Quantity("rssi", "float", "dBm", -150, 0, "Cường độ sóng", "Radio signal strength")

BATTERY_PERCENT = Quantity("battery_percent", "float", "%", 0, 100, "Dung lượng pin còn lại", "Battery charge")
LINK_QUALITY = Quantity("link_quality", "float", "", 0, 255, "Chất lượng liên kết vô tuyến", "Radio link quality")  # LQI, IEEE 802.15.4

OF_ANY_DEVICE = (QUALITY, BATTERY, BATTERY_PERCENT, RSSI, LINK_QUALITY)
