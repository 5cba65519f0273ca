"""Units as people read them: the catalogue's are UCUM codes ("Cel"), which nobody says."""

_SPOKEN = {"Cel": "°C", "ug/m3": "µg/m³", "mg/m3": "mg/m³", "m3/h": "m³/h", "m3/s": "m³/s", "W/m2": "W/m²", "deg": "°"}


def spoken(unit: str) -> str:
    """Return the unit as it stands on a screen or a page."""
    return _SPOKEN.get(unit, unit)
