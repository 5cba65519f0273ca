"""Names as the store has them: lower_snake, ASCII. Devices write PM2.5, systemVoltage, "Nhiệt độ"."""

import re
import unicodedata

_REMEMBERED = 4_096
_LONGEST = 128  # characters of one name; what follows is cut
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_OTHER = re.compile(r"[^a-z0-9]+")
_OF_D = str.maketrans({"đ": "d", "Đ": "D", "µ": "u", "μ": "u", "²": "2", "³": "3", "%": " percent ", "°": " deg "})

_known: dict[str, str] = {}


def lower_snake(name: str) -> str:
    """Return `name` in lower_snake without accents (PM2.5 → pm2_5, systemVoltage → system_voltage); `_` if nothing is left."""
    known = _known.get(name)
    if known is not None:
        return known
    text = name[:_LONGEST]
    plain = unicodedata.normalize("NFKD", text.translate(_OF_D)).encode("ascii", "ignore").decode()
    result = _OTHER.sub("_", _HUMP.sub("_", plain).lower()).strip("_") or "_"
    if len(name) <= _LONGEST:
        if len(_known) >= _REMEMBERED:
            _known.clear()
        _known[name] = result
    return result
