"""Colours and type of a picture, and the colours that Grafana knows by name."""

from dataclasses import dataclass
from typing import Literal

ThemeName = Literal["light", "dark"]


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours as CSS does it, sizes in points."""

    page: str
    panel: str
    border: str
    text: str
    faint: str
    grid: str
    title_pt: float = 9.5
    text_pt: float = 8.0


THEMES: dict[ThemeName, Theme] = {
    "light": Theme("#f4f5f5", "#ffffff", "#d8d9da", "#24292e", "#6a7178", "#e4e7e7"),
    "dark": Theme("#111217", "#181b1f", "#2c3235", "#ccccdc", "#8e8e99", "#26292e"),
}

# Grafana's palette-classic, first twenty (packages/grafana-data/src/themes/createVisualizationColors.ts).
PALETTE = (
    "#7EB26D", "#EAB839", "#6ED0E0", "#EF843C", "#E24D42", "#1F78C1", "#BA43A9", "#705DA0", "#508642", "#CCA300",
    "#447EBC", "#C15C17", "#890F02", "#0A437C", "#6D1F62", "#584477", "#B7DBAB", "#F4D598", "#70DBED", "#F9BA8F",
)  # fmt: skip
_NAMED = {
    "green": "#73BF69",
    "dark-green": "#37872D",
    "semi-dark-green": "#56A64B",
    "light-green": "#96D98D",
    "yellow": "#FADE2A",
    "dark-yellow": "#E0B400",
    "orange": "#FF9830",
    "dark-orange": "#FA6400",
    "red": "#F2495C",
    "dark-red": "#C4162A",
    "semi-dark-red": "#E02F44",
    "blue": "#5794F2",
    "dark-blue": "#1F60C4",
    "light-blue": "#8AB8FF",
    "purple": "#B877D9",
    "dark-purple": "#8F3BB8",
    "gray": "#808080",
    "text": "",
    "transparent": "",
}


# Ends and middle of Grafana's continuous colour modes (packages/grafana-data/src/field/fieldColor.ts).
_RAMPS = {
    "continuous-BlYlRd": ("#5794F2", "#FADE2A", "#F2495C"),
    "continuous-GrYlRd": ("#73BF69", "#FADE2A", "#F2495C"),
    "continuous-RdYlGr": ("#F2495C", "#FADE2A", "#73BF69"),
    "continuous-YlRd": ("#FFF899", "#FF9830", "#C4162A"),
    "continuous-blues": ("#C0D8FF", "#5794F2", "#1250B0"),
}


def on_ramp(mode: str, share: float) -> str:
    """Return the colour at a share (0 to 1) of a continuous mode, "" for a mode that is not in the table."""
    colors = _RAMPS.get(mode)
    if colors is None:
        return ""
    at = min(max(share, 0.0), 1.0) * 2
    first, second = (colors[0], colors[1]) if at <= 1 else (colors[1], colors[2])
    part = at if at <= 1 else at - 1
    mixed = (round(_channel(first, n) * (1 - part) + _channel(second, n) * part) for n in range(3))
    return "#" + "".join(f"{value:02x}" for value in mixed)


def _channel(color: str, number: int) -> int:
    return int(color[1 + 2 * number : 3 + 2 * number], 16)


def css(color: str, otherwise: str) -> str:
    """Return a colour that matplotlib knows; `otherwise` for none, transparent ones and names that are not in the table."""
    if color.startswith("#"):
        return color
    return _NAMED.get(color, "") or otherwise


def on(background: str) -> str:
    """Return black or white, whichever is read better on a colour (relative luminance, WCAG 2.1)."""
    red, green, blue = (int(background[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return "#000000" if 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2 > 0.18 else "#ffffff"
