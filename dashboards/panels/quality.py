"""How the integer `quality` is read by operators: each single bit by its name, several by saying so."""

from dashboards.house import GREEN, GREY, ORANGE, RED, YELLOW
from dashboards.model.json import Json
from dashboards.panels.mappings import between, words
from dashboards.panels.thresholds import steps
from dashboards.words import Text
from telemetry import quality

_GOOD = Text("tốt", "good")
_SEVERAL = Text("nhiều dấu, xem bảng thiết bị", "several marks, see the device")
_HIGHEST = sum(flag.bit for flag in quality.FLAGS)
_GREY = (quality.SIMULATED, quality.MAINTENANCE, quality.CLOCK_ESTIMATED, quality.TIME_RECONSTRUCTED)
_YELLOW = (quality.WARM_UP, quality.STALE)


def quality_texts() -> list[Json]:
    """Return the value mappings of a field that holds quality bits."""
    single = {flag.bit: (Text(flag.vi, flag.en), _colour(flag.bit)) for flag in quality.FLAGS}
    return [words({quality.GOOD: (_GOOD, GREEN), **single}), between(1, _HIGHEST, (_SEVERAL, ORANGE))]


def share_steps() -> Json:
    """Return the colours of a share of good readings in percent."""
    return steps(RED, (50, ORANGE), (90, YELLOW), (99, GREEN))


def _colour(bit: int) -> str:
    return GREY if bit in _GREY else YELLOW if bit in _YELLOW else RED
