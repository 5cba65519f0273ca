"""How the integer `quality` is read by operators: each single bit by its name, several by saying so."""

from dashboards.house import GREEN, GREY, ORANGE, RED, YELLOW
from dashboards.model.json import Json
from dashboards.words import Text
from telemetry import quality

_GOOD = Text("tốt", "good")
_SEVERAL = Text("nhiều dấu, xem bảng thiết bị", "several marks, see the device")
_HIGHEST = sum(flag.bit for flag in quality.FLAGS)
_GREY = (quality.SIMULATED, quality.MAINTENANCE, quality.CLOCK_ESTIMATED, quality.TIME_RECONSTRUCTED)
_YELLOW = (quality.WARM_UP, quality.STALE)


def quality_texts() -> list[Json]:
    """Return the value mappings of a field that holds quality bits."""
    single = {str(flag.bit): {"text": Text(flag.vi, flag.en), "color": _colour(flag.bit)} for flag in quality.FLAGS}
    return [
        {"type": "value", "options": {"0": {"text": _GOOD, "color": GREEN}, **single}},
        {"type": "range", "options": {"from": 1, "to": _HIGHEST, "result": {"text": _SEVERAL, "color": ORANGE}}},
    ]


def share_steps() -> Json:
    """Return the colours of a share of good readings in percent."""
    steps = ((None, RED), (50, ORANGE), (90, YELLOW), (99, GREEN))
    return {"mode": "absolute", "steps": [{"value": value, "color": color} for value, color in steps]}


def _colour(bit: int) -> str:
    return GREY if bit in _GREY else YELLOW if bit in _YELLOW else RED
