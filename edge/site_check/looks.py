"""Checks of one look at the agent: are the values plausible, is its time trusted, does the uplink deliver?

The inputs are the answers of the control commands `status` (edge/status.py) and `values`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from edge.site_check.finding import Finding, Verdict
from telemetry import catalogue, quality
from telemetry.spoken import spoken

FRESH_S = 300.0  # a value older than this is not what the sensor sees now
_DELIVERED_S = 300.0
_BAD = quality.OUT_OF_RANGE | quality.IMPLAUSIBLE_JUMP | quality.DEVICE_ERROR | quality.STALE
_HIDDEN = {"quality"}
_MOST_VALUES = 40


def value_findings(status: Mapping[str, Any], values: Sequence[Mapping[str, Any]], fresh_s: float = FRESH_S) -> list[Finding]:
    """Return a finding for each series of each source, and one for each source that has none."""
    by_source: dict[str, list[Mapping[str, Any]]] = {str(source["id"]): [] for source in status["sources"]}
    for value in values:
        by_source.setdefault(str(value["source"]), []).append(value)
    now_ns = int(status["now_ns"])
    found: list[Finding] = []
    for source, of_source in by_source.items():
        if not of_source:
            found.append(Finding("values", "no-value", Verdict.FAILED, {"source": source}))
        found += [_value(source, value, now_ns, fresh_s) for value in sorted(of_source, key=_series_name)]
    if len(found) > _MOST_VALUES:
        found.sort(key=lambda each: each.verdict is not Verdict.FAILED)
        rest = Finding("values", "more-values", _worst(found[_MOST_VALUES:]), {"count": len(found) - _MOST_VALUES})
        found = [*found[:_MOST_VALUES], rest]
    return found


def clock_finding(status: Mapping[str, Any]) -> Finding:
    """Return whether the agent's time may be believed."""
    clock = status["clock"]
    if not clock["is_trusted"]:
        return Finding("clock", "clock-untrusted", Verdict.FAILED, {"why": str(clock["refusal"])})
    facts: dict[str, str | int] = {"witness": str(clock["witness"]), "error_ms": round(float(clock["error_s"]) * 1000)}
    if clock["disputed_s"]:
        return Finding("clock", "clock-disputed", Verdict.REMARK, facts | {"by_ms": round(float(clock["disputed_s"]) * 1000)})
    return Finding("clock", "clock-trusted", Verdict.PASSED, facts)


def uplink_finding(status: Mapping[str, Any]) -> Finding:
    """Return whether readings reach the store."""
    uplink = status["uplink"]
    facts: dict[str, str | int] = {"server": str(uplink["server"]), "delivered": int(uplink["delivered_lines"])}
    if not uplink["is_up"]:
        return Finding("uplink", "uplink-down", Verdict.FAILED, facts | {"why": str(uplink["trouble"])})
    last_ns = uplink["last_delivery_ns"]
    if last_ns is None:
        return Finding("uplink", "uplink-nothing-yet", Verdict.FAILED, facts)
    age_s = max(0, round((int(status["now_ns"]) - int(last_ns)) / 1e9))
    if age_s > _DELIVERED_S:
        return Finding("uplink", "uplink-quiet", Verdict.REMARK, facts | {"age_s": age_s})
    return Finding("uplink", "uplink-delivers", Verdict.PASSED, facts | {"age_s": age_s})


def is_ready(findings: Iterable[Finding]) -> bool:
    """Whether nothing failed, so that waiting longer cannot make it better."""
    return all(finding.verdict is not Verdict.FAILED for finding in findings)


def _value(source: str, value: Mapping[str, Any], now_ns: int, fresh_s: float) -> Finding:
    bits = int(value["fields"].get("quality", 0))
    measurement = str(value["measurement"])
    shown = {name: field for name, field in value["fields"].items() if name not in _HIDDEN and not name.endswith("_quality")}
    facts: dict[str, str | int] = {
        "source": source,
        "device": str(value["tags"].get("device", "")),
        "measurement": measurement,
        "values": ", ".join(f"{name} {_text(field)}{_unit(measurement, name)}" for name, field in shown.items()),
        "age_s": max(0, round((now_ns - int(value["time"])) / 1e9)),
        "quality": bits,
    }
    if value.get("stale") or now_ns - int(value["time"]) > fresh_s * 1e9:
        return Finding("values", "value-old", Verdict.FAILED, facts)
    if bits & _BAD:
        return Finding("values", "value-bad", Verdict.FAILED, facts)
    if bits:
        return Finding("values", "value-marked", Verdict.REMARK, facts)
    if not any(catalogue.find(measurement, name) for name in shown):
        return Finding("values", "value-unknown", Verdict.REMARK, facts)
    return Finding("values", "value-good", Verdict.PASSED, facts)


def _worst(findings: Sequence[Finding]) -> Verdict:
    order = (Verdict.FAILED, Verdict.REMARK, Verdict.PASSED)
    return min((finding.verdict for finding in findings), key=order.index)


def _series_name(value: Mapping[str, Any]) -> tuple[str, str]:
    return str(value["tags"].get("device", "")), str(value["measurement"])


def _text(field: object) -> str:
    if isinstance(field, bool):
        return "true" if field else "false"
    return f"{field:.6g}" if isinstance(field, float) else str(field)[:40]


def _unit(measurement: str, field: str) -> str:
    row = catalogue.find(measurement, field)
    return f" {spoken(row.unit)}" if row and row.unit else ""
