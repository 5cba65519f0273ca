"""What the demo's devices tell of the time before it began."""

import json
from collections import Counter
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from quanho.cli import main
from quanho.demo.devices import FAULT_EVERY, STREET, Voice
from quanho.demo.past import FIRST_HOUR, Past, usual_spacing_s
from quanho.demo.site import Site
from rules.limits import stations

END_MS = 1_790_000_000_000
SIX_HOURS = Past(END_MS, 6.0, 60.0, has_hole=True)
REFUSALS_KEPT = 20  # by the agent, a minute and topic


@cache
def told(past: Past) -> list[tuple[str, int | None, bytes]]:
    """Return who said what of when; the time is None of what is too broken to be read."""
    found = []
    for voice, message in past.told_by([Voice(device, 1) for device in STREET]):
        try:
            at_ms = json.loads(message.payload)["ts"]
        except ValueError:
            at_ms = None
        found.append((voice.device.id, at_ms, message.payload))
    return found


def test_the_past_is_told_in_the_order_of_time_and_ends_where_the_demo_begins() -> None:
    moments = [at_ms for _, at_ms, _ in told(SIX_HOURS) if at_ms is not None]
    assert all(before < after for before, after in pairwise(moments))
    assert moments[0] == END_MS - 6 * 3_600_000
    assert END_MS - 60_000 < moments[-1] < END_MS


def test_nothing_was_measured_while_the_power_was_away_and_no_device_has_another_gap() -> None:
    away_ms, back_ms = SIX_HOURS.away_ms
    assert back_ms - away_ms > 20 * 60_000
    for device in STREET:
        moments = [at_ms for name, at_ms, _ in told(SIX_HOURS) if name == device.id and at_ms is not None]
        ((before, after),) = [(before, after) for before, after in pairwise(moments) if after - before > 5 * 60_000]
        assert before < away_ms < back_ms <= after


def test_the_past_is_one_day_that_ends_at_the_hour_at_which_the_street_begins() -> None:
    assert SIX_HOURS.hour(END_MS) == FIRST_HOUR
    assert SIX_HOURS.hour(END_MS - 3 * 3_600_000) == pytest.approx(FIRST_HOUR + 12.0)
    assert SIX_HOURS.hour(SIX_HOURS.begin_ms) == pytest.approx(FIRST_HOUR)


@pytest.mark.parametrize("length_h", [0.5, 6.0, 72.0, 160.0])
def test_no_device_has_more_refused_of_its_past_than_the_agent_keeps(length_h: float) -> None:
    past = Past(END_MS, length_h, usual_spacing_s(length_h))
    faults: Counter[str] = Counter()
    for voice, message in past.told_by([Voice(device, 1) for device in STREET if device.fault]):
        faults[voice.device.id] += message.faults
    live_a_minute = 60.0 / 0.4 / FAULT_EVERY
    assert max(faults.values()) + live_a_minute < REFUSALS_KEPT


@pytest.mark.parametrize(("length_h", "spacing_s"), [(0.5, 60.0), (6.0, 60.0), (12.0, 120.0), (30.0, 300.0), (160.0, 300.0)])
def test_readings_are_one_to_five_minutes_apart(length_h: float, spacing_s: float) -> None:
    assert usual_spacing_s(length_h) == spacing_s


def test_one_river_rises_past_its_first_alarm_and_the_others_do_not() -> None:
    levels: dict[str, list[float]] = {}
    for name, _, payload in told(SIX_HOURS):
        if name in {station.device for station in stations()}:
            levels.setdefault(name, []).append(json.loads(payload)["level"])
    alarm_1 = {station.device: station.alarm_1 for station in stations()}
    assert levels.keys() == {"phu-lang-thuong", "luc-nam", "pha-lai"}
    assert min(levels["phu-lang-thuong"]) < 3.0 < (alarm_1["phu-lang-thuong"] or 0.0) < levels["phu-lang-thuong"][-1]
    assert all(max(levels[name]) < (alarm_1[name] or 0.0) for name in ("luc-nam", "pha-lai"))


def test_rain_counters_grow_by_what_fell_in_each_interval() -> None:
    masts = [json.loads(payload) for name, _, payload in told(SIX_HOURS) if name == "mast-01"]
    assert sum(mast["rain"] for mast in masts[1:]) == pytest.approx(masts[-1]["rt"] - masts[0]["rt"], abs=0.05)
    assert max(mast["rr"] for mast in masts) > 10.0


@pytest.mark.parametrize("hours", ["-1", "0.2", "161", "nan", "a day"])
def test_a_past_that_the_agent_would_not_believe_is_refused(hours: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["demo", "--history", hours])
    assert ended.value.code == 2
    assert "--history" in capsys.readouterr().err


def test_without_a_broker_no_past_is_promised(tmp_path: Path) -> None:
    site = Site(tmp_path, print, 6.0)
    assert site.told_h == 6.0
    site.broker = None  # as on a machine without mosquitto
    assert site.told_h == 0.0
