"""Positions by satellite, and how good they are."""

from telemetry.catalogue.quantity import Quantity

LATITUDE = Quantity("latitude", "float", "deg", -90, 90, "Vĩ độ", "Latitude")
LONGITUDE = Quantity("longitude", "float", "deg", -180, 180, "Kinh độ", "Longitude")
ALTITUDE = Quantity("altitude", "float", "m", -500, 20_000, "Độ cao", "Altitude above sea level")  # COCOM: receivers stop at 18 km
COURSE = Quantity("course", "float", "deg", 0, 360, "Hướng đi", "Course over ground")
HEADING = Quantity("heading", "float", "deg", 0, 360, "Hướng mũi", "Heading")
HEADING_MAGNETIC = Quantity("heading_magnetic", "float", "deg", 0, 360, "Hướng mũi theo la bàn", "Magnetic heading")
RATE_OF_TURN = Quantity("rate_of_turn", "float", "", -720, 720, "Tốc độ quay (độ/phút)", "Rate of turn (degrees a minute)")
ROLL = Quantity("roll", "float", "deg", -180, 180, "Góc nghiêng ngang", "Roll")
PITCH = Quantity("pitch", "float", "deg", -90, 90, "Góc nghiêng dọc", "Pitch")

GNSS = (
    LATITUDE,
    LONGITUDE,
    ALTITUDE,
    Quantity("geoid_separation", "float", "m", -110, 90, "Chênh cao geoid", "Geoid above the ellipsoid"),  # EGM96: -107 to 86
    Quantity("speed", "float", "m/s", 0, 515, "Tốc độ", "Speed over ground"),  # COCOM: 515 m/s
    COURSE,
    HEADING,
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
    Quantity("horizontal_error", "float", "m", 0, None, "Sai số ngang", "Horizontal error"),
    Quantity("vertical_error", "float", "m", 0, None, "Sai số đứng", "Vertical error"),
    Quantity("position_error", "float", "m", 0, None, "Sai số vị trí", "Position error"),
    Quantity("altitude_ellipsoid", "float", "m", -600, 20_000, "Độ cao trên ellipsoid", "Altitude above the ellipsoid"),
    Quantity("climb", "float", "m/s", -500, 500, "Tốc độ lên", "Climb"),
    Quantity("datum", "string", "", None, None, "Hệ tọa độ khác WGS84", "Datum other than WGS84"),
    HEADING_MAGNETIC,
    Quantity("magnetic_variation", "float", "deg", -180, 180, "Độ từ thiên", "Magnetic variation"),
    RATE_OF_TURN,
    ROLL,
    PITCH,
    Quantity("heave", "float", "m", -30, 30, "Độ nhấp nhô", "Heave"),
    # What a receiver says of the satellite that fits the others least (GBS, receiver autonomous integrity monitoring).
    Quantity("raim_latitude_error", "float", "m", 0, None, "Sai số vĩ độ do vệ tinh lỗi", "Latitude error of a failed satellite"),
    Quantity("raim_longitude_error", "float", "m", 0, None, "Sai số kinh độ do vệ tinh lỗi", "Longitude error of a failed satellite"),
    Quantity("raim_altitude_error", "float", "m", 0, None, "Sai số độ cao do vệ tinh lỗi", "Altitude error of a failed satellite"),
    Quantity("failed_satellite", "float", "", 0, 999, "Vệ tinh nghi lỗi", "Satellite likely failed"),
    Quantity("failed_satellite_bias", "float", "m", None, None, "Độ lệch của vệ tinh nghi lỗi", "Bias of the satellite likely failed"),
    Quantity("distance_total", "float", "m", 0, None, "Quãng đường cộng dồn", "Distance travelled", is_counter=True),
    Quantity("distance_trip", "float", "m", 0, None, "Quãng đường chuyến này", "Distance of the trip"),
    Quantity("water_distance_total", "float", "m", 0, None, "Quãng đường qua nước", "Distance through the water", is_counter=True),
    Quantity("water_distance_trip", "float", "m", 0, None, "Quãng đường qua nước chuyến này", "Trip through the water"),
)
