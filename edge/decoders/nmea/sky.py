"""GSV: the satellites in view of one constellation, told in several sentences. The last of them gives the reading."""

from telemetry.point import FieldValue

CONSTELLATIONS = {"GP": "gps", "GL": "glonass", "GA": "galileo", "GB": "beidou", "BD": "beidou", "GQ": "qzss", "PQ": "qzss", "GI": "navic"}
_LONGEST = 16  # sentences of one sky


class Sky:
    """Collects one sky: `add` gives its fields when it is whole."""

    __slots__ = ("_next", "_strengths")

    def __init__(self) -> None:
        self._next = 1
        self._strengths: list[float] = []

    def add(self, parts: list[str]) -> dict[str, FieldValue] | None:
        """Take the fields of one GSV sentence; ValueError if they are no numbers."""
        total, number, visible = _count(parts[0]), _count(parts[1]), _count(parts[2] or "0")
        strengths = [float(text) for text in parts[6::4] if len(text) <= 2 and text.isdecimal()]
        if number == 1:
            self._next, self._strengths = 1, []
        if number != self._next or not 1 <= number <= total <= _LONGEST:
            self._next = 0  # one is missing: wait for the next first
            return None
        self._next += 1
        self._strengths += strengths
        if number < total:
            return None
        self._next = 0
        fields: dict[str, FieldValue] = {"satellites_visible": float(visible), "satellites_heard": float(len(self._strengths))}
        if self._strengths:
            fields["snr_mean"] = round(sum(self._strengths) / len(self._strengths), 2)
            fields["snr_max"] = max(self._strengths)
        return fields


def _count(text: str) -> int:
    """Return a number up to 99, as the standard has them here; ValueError if it is none."""
    if len(text) > 3 or not text.isdecimal() or int(text) > 99:
        raise ValueError(f"{text[:20]!r} is no number up to 99")
    return int(text)
