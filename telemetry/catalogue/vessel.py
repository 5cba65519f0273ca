"""Ships and aids to navigation, as they tell of themselves by AIS (ITU-R M.1371-5)."""

from telemetry.catalogue.gnss import ALTITUDE, COURSE, HEADING, LATITUDE, LONGITUDE, RATE_OF_TURN
from telemetry.catalogue.quantity import Quantity

VESSEL = (
    LATITUDE,
    LONGITUDE,
    ALTITUDE,
    Quantity("speed", "float", "m/s", 0, 530, "Tốc độ", "Speed over ground"),  # AIS ends at 102 kn, of rescue aircraft at 1,022 kn
    COURSE,
    HEADING,
    RATE_OF_TURN,
    Quantity("navigation_status", "int", "", 0, 15, "Trạng thái hành trình", "Navigation status"),
    Quantity("position_accurate", "bool", "", None, None, "Vị trí chính xác dưới 10 m", "Position better than 10 m"),
    Quantity("message_type", "int", "", 1, 27, "Loại bản tin AIS", "AIS message type"),
    Quantity("imo", "int", "", 0, None, "Số IMO", "IMO number"),
    Quantity("name", "string", "", None, None, "Tên", "Name"),
    Quantity("callsign", "string", "", None, None, "Hô hiệu", "Call sign"),
    Quantity("destination", "string", "", None, None, "Nơi đến", "Destination"),
    Quantity("ship_type", "int", "", 0, 99, "Loại tàu", "Type of ship"),
    Quantity("aid_type", "int", "", 0, 31, "Loại phao tiêu", "Type of aid to navigation"),
    Quantity("off_position", "bool", "", None, None, "Phao trôi khỏi vị trí", "Aid is off its position"),
    Quantity("length", "float", "m", 0, 1022, "Chiều dài", "Length"),
    Quantity("beam", "float", "m", 0, 126, "Chiều rộng", "Beam"),
    Quantity("draught", "float", "m", 0, 25.5, "Mớn nước", "Draught"),
)
