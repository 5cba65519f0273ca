"""Ships and buoys, as AIS tells of them (ITU-R M.1371-5)."""

from telemetry.catalogue.quantity import Quantity

VESSEL = (
    Quantity("latitude", "float", "deg", -90, 90, "Vĩ độ", "Latitude"),
    Quantity("longitude", "float", "deg", -180, 180, "Kinh độ", "Longitude"),
    Quantity("altitude", "float", "m", -500, 20_000, "Độ cao", "Altitude above sea level"),
    Quantity("speed", "float", "m/s", 0, 515, "Tốc độ", "Speed over ground"),
    Quantity("course", "float", "deg", 0, 360, "Hướng đi", "Course over ground"),
    Quantity("heading", "float", "deg", 0, 360, "Hướng mũi", "Heading"),
    Quantity("draught", "float", "m", 0, 25.5, "Mớn nước", "Draught"),
    Quantity("ship_type", "float", "", 0, 255, "Loại tàu", "Kind of ship"),
    Quantity("aid_type", "float", "", 0, 31, "Loại phao tiêu", "Kind of aid to navigation"),
    Quantity("name", "string", "", None, None, "Tên", "Name"),
    Quantity("callsign", "string", "", None, None, "Hô hiệu", "Call sign"),
    Quantity("destination", "string", "", None, None, "Điểm đến", "Destination"),
)
