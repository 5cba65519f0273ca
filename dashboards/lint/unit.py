"""Every number is shown in its unit: panels have one, and it is the catalogue's after all that the query does to the field."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice

from dashboards.influxql.statement import Statement
from dashboards.lint.derive import NotDerived
from dashboards.lint.finding import Finding
from dashboards.lint.grafana_units import fits, fitting, is_known
from dashboards.lint.measure import Measure, measure_of
from dashboards.lint.shown import NUMBERLESS, default_unit, shown
from dashboards.lint.walk import Asked, panels, place_of, queries
from dashboards.model.json import Json
from dashboards.words import Text

RULE = "unit"
# Coordinates are degrees that nobody writes a sign behind; a map reads them as they are.
_COORDINATES = frozenset({"latitude", "longitude"})
_SUFFIX_WAY_OUT = Text(
    "đổi bằng hằng số trong câu truy vấn, hoặc dùng “suffix: …”", "convert by a constant in the query, or use “suffix: …”"
)


def check(board: Json) -> Iterator[Finding]:
    for panel in panels(board):
        if panel.get("type") not in NUMBERLESS and panel.get("targets"):
            yield from _of_panel(board, panel)
    for asked in queries(board):
        statement = asked.statement
        if asked.kind == "panel" and isinstance(statement, Statement):
            yield from _of_query(asked, statement)


def _of_panel(board: Json, panel: Json) -> Iterator[Finding]:
    overrides = panel.get("fieldConfig", {}).get("overrides", [])
    said = {str(each.get("value")) for override in overrides for each in override.get("properties", []) if each.get("id") == "unit"}
    if not default_unit(panel):
        words = Text("không đặt đơn vị", "has no unit")
        yield Finding(RULE, place_of(board, panel), words, Text('đặt "unit", ít nhất "none"', 'set "unit", "none" at least'))
    for unit in sorted(said | {default_unit(panel)} - {""}):
        if not is_known(unit):
            words = Text(f"đơn vị “{unit}” không biết", f"the unit “{unit}” is not known")
            way_out = Text(
                "xem dashboards/units.py và dashboards/lint/grafana_units.py",
                "see dashboards/units.py and dashboards/lint/grafana_units.py",
            )
            yield Finding(RULE, place_of(board, panel), words, way_out)


def _of_query(asked: Asked, statement: Statement) -> Iterator[Finding]:
    wrong = [
        (column, unit, measure)
        for column, unit, measure in shown(asked, statement)
        if not (unit == "none" and column in _COORDINATES) and unit and is_known(unit) and not _is_right(unit, measure)
    ]
    for column, unit, measure in wrong[:1]:
        more = Text(f" (và {len(wrong) - 1} cột nữa)", f" (and {len(wrong) - 1} columns more)") if len(wrong) > 1 else Text("", "")
        what = _said(column, unit, measure)
        yield Finding(RULE, asked.place, Text(what.vi + more.vi, what.en + more.en), _way_out(measure))


def _is_right(unit: str, measure: Measure | NotDerived) -> bool:
    """What cannot be derived is a bare number, or says itself what it is."""
    if isinstance(measure, NotDerived):
        return measure.is_named_elsewhere or unit in ("none", "string") or unit.startswith("suffix:")
    return fits(unit, measure)


def _said(column: str, unit: str, measure: Measure | NotDerived) -> Text:
    if isinstance(measure, NotDerived):
        return Text(f"cột “{column}”: không suy ra được đơn vị ({measure})", f"column “{column}”: its unit cannot be derived ({measure})")
    is_ = notation(measure)
    return Text(
        f"cột “{column}” có đơn vị {is_ or 'không'}, mà hiện là “{unit}”",
        f"column “{column}” is in {is_ or 'no unit'}, and shown as “{unit}”",
    )


def _way_out(measure: Measure | NotDerived) -> Text:
    if isinstance(measure, NotDerived):
        return _SUFFIX_WAY_OUT
    good = ", ".join(f"“{unit}”" for unit in islice(dict.fromkeys(fitting(measure)), 3))
    return Text(f"dùng {good}", f"use {good}") if good else _SUFFIX_WAY_OUT


def notation(measure: Measure) -> str:
    """Return a unit in words: `ug/m3`, `1000 By`."""
    if measure.form != "number":
        return {"text": "text", "flag": "yes/no", "constant": ""}[measure.form]
    for unit in ("", "%", "ug/m3", "mm", "mm/h", "min", "h", "d", "ms", "ns", "kB", "MB", "GB", "hPa", "Wh", "uS/cm", "1/cm3", "ppb"):
        said = measure_of(unit)
        if said and said.is_like(measure):
            return unit
    bases = "·".join(base if power == 1 else f"{base}^{power}" for base, power in measure.bases)
    return bases if measure.scale == 1 else f"{_number(measure.scale)} {bases}".strip()


def _number(scale: Fraction) -> str:
    return f"{float(scale):g}"
