"""What Grafana's unit ids mean (packages/grafana-data/src/valueFormats/categories.ts), of those that our quantities can come to."""

from collections.abc import Iterator, Mapping

from dashboards.lint.measure import Measure, measure_of
from dashboards.units import GRAFANA

_SUFFIX = "suffix:"
_PREFIX = "prefix:"
NUMBERS = frozenset({"none", "short", "locale", "sci"})  # no unit is printed
STATES = frozenset({"bool", "bool_yes_no", "bool_on_off"})
WORDS = frozenset({"string"})
# Instants, as ms since 1970 UTC.
INSTANTS = frozenset({"dateTimeAsIso", "dateTimeAsIsoNoDateIfToday", "dateTimeAsLocal", "dateTimeAsLocalNoDateIfToday", "dateTimeFromNow",
                      "dateTimeAsSystem", "dateTimeAsUS", "dateTimeAsUSNoDateIfToday"})  # fmt: skip
MORE: Mapping[str, str] = {
    "humidity": "%",
    "pressurehpa": "hPa",
    "conmgm3": "mg/m3",
    "conngm3": "ng/m3",
    "lengthkm": "km",
    "velocitykmh": "km/h",
    "litre": "L",
    "flowlpm": "L/min",
    "mvolt": "mV",
    "kvolt": "kV",
    "mamp": "mA",
    "kamp": "kA",
    "mwatt": "mW",
    "kwatt": "kW",
    "megwatt": "MW",
    "kvoltamp": "kVA",
    "kvoltampreact": "kvar",
    "kwatth": "kWh",
    "µs": "us",
    "m": "min",
    "d": "d",
    "dtdurationms": "ms",
    "dtdurations": "s",
    "dthms": "s",
    "dtdhms": "s",
    "clocks": "s",
    "clockms": "ms",
    "decbytes": "By",
    "kbytes": "KiB",
    "mbytes": "MiB",
    "gbytes": "GiB",
    "tbytes": "TiB",
    "deckbytes": "kB",
    "decmbytes": "MB",
    "decgbytes": "GB",
    "dectbytes": "TB",
    "bits": "bit",
    "Bps": "By/s",
    "binBps": "By/s",
    "KBs": "kB/s",
    "KiBs": "KiB/s",
    "bps": "bit/s",
    **dict.fromkeys(("cps", "ops", "reqps", "rps", "wps", "iops", "eps", "mps", "recps", "rowsps"), "1/s"),
    **dict.fromkeys(("cpm", "opm", "rpm", "wpm"), "1/min"),
    **dict.fromkeys(INSTANTS, "ms"),
}
_SHARE = "percentunit"
_NOTATIONS = {**MORE, **{grafana: unit for unit, grafana in GRAFANA.items() if not grafana.startswith(_SUFFIX)}}


def is_known(unit: str) -> bool:
    return unit in _NOTATIONS or unit in NUMBERS | STATES | WORDS or unit == _SHARE or unit.startswith((_SUFFIX, _PREFIX))


def fits(unit: str, measure: Measure) -> bool:
    """Whether numbers of a measure may be shown with a unit of Grafana's."""
    if measure.form == "constant":
        return True
    if measure.form == "text":
        return unit in WORDS | NUMBERS
    if measure.form == "flag":
        return unit in STATES | NUMBERS | WORDS
    if unit in NUMBERS:
        return measure.is_like(Measure())
    if unit == _SHARE:
        return measure.is_like(Measure()) and measure.is_share
    if unit.startswith(_SUFFIX):
        said = measure_of(unit.removeprefix(_SUFFIX))
        # A word behind a bare number ("suffix: trạm") names what is counted.
        return said.is_like(measure) if said else measure.is_like(Measure())
    said = measure_of(_NOTATIONS[unit]) if unit in _NOTATIONS else None
    return said is not None and said.is_like(measure)


def fitting(measure: Measure) -> Iterator[str]:
    """Yield the ids that fit a measure, those of the catalogue first."""
    known = [*dict.fromkeys(GRAFANA.values()), *MORE, *sorted(STATES), *sorted(WORDS), _SHARE]
    yield from (unit for unit in known if fits(unit, measure))
