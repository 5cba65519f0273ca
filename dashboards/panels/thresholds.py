"""Steps of colour."""

from collections.abc import Sequence

from dashboards.model.json import Json


def steps(base: str, *above: tuple[float, str]) -> Json:
    """Return thresholds: `base` is the colour below the first step, each further colour holds from its value on."""
    return {"mode": "absolute", "steps": [{"value": None, "color": base}, *({"value": value, "color": color} for value, color in above)]}


def lines(colours: Sequence[tuple[float, str]]) -> Json:
    """Return thresholds that are only drawn as lines: nothing below the first, so that no curve is coloured by them."""
    return steps("transparent", *colours)
