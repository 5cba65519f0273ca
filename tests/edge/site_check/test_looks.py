"""What one look at an agent says of a site."""

from typing import Any

import pytest

from edge.site_check.finding import Finding, Verdict, overall
from edge.site_check.looks import clock_finding, uplink_finding, value_findings
from telemetry import quality

NOW_NS = 1_800_000_000 * 10**9


def status(**changes: Any) -> dict[str, Any]:
    return {
        "now_ns": NOW_NS,
        "sources": [{"id": "air"}],
        "clock": {"is_trusted": True, "witness": "kernel", "error_s": 0.0123, "disputed_s": 0.0, "refusal": ""},
        "uplink": {"is_up": True, "server": "InfluxDB 2", "trouble": "", "delivered_lines": 7, "last_delivery_ns": NOW_NS - 2 * 10**9},
    } | changes


def value(age_s: float = 5, bits: int = 0, measurement: str = "weather", **fields: float) -> dict[str, Any]:
    return {
        "source": "air",
        "measurement": measurement,
        "tags": {"device": "roof"},
        "fields": (fields or {"temperature": 26.5}) | {"quality": bits},
        "time": NOW_NS - int(age_s * 1e9),
        "stale": False,
    }


def test_good_value_is_told_with_unit_and_age() -> None:
    (found,) = value_findings(status(), [value()])
    assert found.verdict is Verdict.PASSED
    assert (found.facts["values"], found.facts["age_s"], found.facts["device"]) == ("temperature 26.5 °C", 5, "roof")


@pytest.mark.parametrize(
    ("one", "code", "verdict"),
    [
        (value(age_s=301), "value-old", Verdict.FAILED),
        (value() | {"stale": True}, "value-old", Verdict.FAILED),
        (value(bits=quality.OUT_OF_RANGE), "value-bad", Verdict.FAILED),
        (value(bits=quality.DEVICE_ERROR | quality.SIMULATED), "value-bad", Verdict.FAILED),
        (value(bits=quality.SIMULATED), "value-marked", Verdict.REMARK),
        (value(bits=quality.WARM_UP), "value-marked", Verdict.REMARK),
        (value(measurement="own_thing", n=1.0), "value-unknown", Verdict.REMARK),
        (value(age_s=-3), "value-good", Verdict.PASSED),
    ],
)
def test_value_is_judged_by_age_quality_and_catalogue(one: dict[str, Any], code: str, verdict: Verdict) -> None:
    (found,) = value_findings(status(), [one])
    assert (found.code, found.verdict) == (code, verdict)


def test_source_without_a_value_fails() -> None:
    found = value_findings(status(sources=[{"id": "air"}, {"id": "rain"}]), [value()])
    assert [(each.code, each.verdict) for each in found] == [("value-good", Verdict.PASSED), ("no-value", Verdict.FAILED)]


def test_many_series_are_summed_up_with_the_failures_first() -> None:
    many = [value() | {"tags": {"device": f"d{number:03}"}} for number in range(60)]
    many[59]["fields"] = {"temperature": 99.0, "quality": quality.OUT_OF_RANGE}
    found = value_findings(status(), many)
    assert (len(found), found[0].code, found[-1].code, found[-1].facts) == (41, "value-bad", "more-values", {"count": 20})


def test_clock_is_trusted_disputed_or_not() -> None:
    assert clock_finding(status()).facts == {"witness": "kernel", "error_ms": 12}
    clock = status()["clock"]
    assert clock_finding(status(clock=clock | {"disputed_s": -4.0})).verdict is Verdict.REMARK
    lost = clock_finding(status(clock=clock | {"is_trusted": False, "refusal": "no witness"}))
    assert (lost.verdict, lost.facts["why"]) == (Verdict.FAILED, "no witness")


def test_uplink_delivers_is_quiet_or_down() -> None:
    uplink = status()["uplink"]
    assert uplink_finding(status()).code == "uplink-delivers"
    assert uplink_finding(status(uplink=uplink | {"last_delivery_ns": NOW_NS - 400 * 10**9})).code == "uplink-quiet"
    assert uplink_finding(status(uplink=uplink | {"last_delivery_ns": None})).verdict is Verdict.FAILED
    down = uplink_finding(status(uplink=uplink | {"is_up": False, "trouble": "unreachable"}))
    assert (down.verdict, down.facts["why"]) == (Verdict.FAILED, "unreachable")


def test_one_failure_fails_the_whole() -> None:
    def found(*verdicts: Verdict) -> Verdict:
        return overall(Finding("values", "x", verdict) for verdict in verdicts)

    assert found(Verdict.PASSED, Verdict.REMARK, Verdict.FAILED) is Verdict.FAILED
    assert found(Verdict.PASSED, Verdict.REMARK, Verdict.NOT_DONE) is Verdict.REMARK
    assert found(Verdict.PASSED, Verdict.NOT_DONE) is Verdict.PASSED
    assert found(Verdict.NOT_DONE) is Verdict.NOT_DONE
