"""Positions by satellite, and how good they are."""

from telemetry.catalogue.quantity import Quantity

GNSS = (
    Quantity("latitude", "float", "deg", -90, 90, "Vĩ độ", "Latitude"),
    Quantity("longitude", "float", "deg", -180, 180, "Kinh độ", "Longitude"),
    Quantity("altitude", "float", "m", -500, 20_000, "Độ cao", "Altitude above sea level"),  # COCOM: receivers stop at 18 km
    Quantity("geoid_separation", "float", "m", -110, 90, "Chênh cao geoid", "Geoid above the ellipsoid"),  # EGM96: -107 to 86
    Quantity("speed", "float", "m/s", 0, 515, "Tốc độ", "Speed over ground"),  # COCOM: 515 m/s
    Quantity("course", "float", "deg", 0, 360, "Hướng đi", "Course over ground"),
    Quantity("heading", "float", "deg", 0, 360, "Hướng mũi", "Heading"),
    Quantity("fix_valid", "bool", "", None, None, "Có vị trí", "Position is valid"),
    Quantity("fix_quality", "float", "", 0, 9, "Loại định vị", "Kind of fix"),  # NMEA GGA: 0 none, 1 GPS, 2 differential, 4 RTK …
    Quantity("fix_mode", "float", "", 1, 3, "Số chiều định vị", "Fix mode"),  # NMEA GSA: 1 none, 2 two dimensions, 3 three
    Quantity("satellites_used", "float", "{count}", 0, 99, "Số vệ tinh dùng", "Satellites used"),
    Quantity("satellites_visible", "float", "{count}", 0, 99, "Số vệ tinh trong tầm nhìn", "Satellites in view"),
    Quantity("satellites_heard", "float", "{count}", 0, 99, "Số vệ tinh thu được", "Satellites heard"),
    Quantity("snr_mean", "float", "", 0, 99, "Tín hiệu trung bình (dB-Hz)", "Mean signal (dB-Hz)"),
    Quantity("snr_max", "float", "", 0, 99, "Tín hiệu mạnh nhất (dB-Hz)", "Strongest signal (dB-Hz)"),
    Quantity("hdop", "float", "", 0, 100, "Sai số ngang HDOP", "HDOP"),
    Quantity("vdop", "float", "", 0, 100, "Sai số đứng VDOP", "VDOP"),
    Quantity("pdop", "float", "", 0, 100, "Sai số vị trí PDOP", "PDOP"),
    Quantity("latitude_error", "float", "m", 0, None, "Sai số vĩ độ", "Latitude error"),
    Quantity("longitude_error", "float", "m", 0, None, "Sai số kinh độ", "Longitude error"),
    Quantity("altitude_error", "float", "m", 0, None, "Sai số độ cao", "Altitude error"),
)
