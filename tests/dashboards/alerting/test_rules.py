"""Files of rules: all that is wrong with them is said at once, with file and rule."""

from pathlib import Path

import pytest

from dashboards.alerting.queries import Level
from dashboards.alerting.rule import Rule
from dashboards.alerting.rules import load, named
from telemetry import quality
from telemetry.errors import ConfigError

_SOUND = """
interval_s = 60
[[rule]]
name = "hot"
for_s = 120
query = { kind = "level", measurement = "gateway", field = "cpu_temperature", by = ["site", "gateway"] }
case = [{ name = "warm", severity = "info", above = 60 }, { severity = "warning", above = 80 }]
title = { vi = "Nóng", en = "Hot" }
summary = { vi = "Trên [limit] °C", en = "Above [limit] °C" }
meaning = { vi = "Nóng", en = "It is hot" }
action = { vi = "Quạt", en = "Fan" }
"""


def _load(folder: Path, **texts: str) -> str:
    for name, text in texts.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(folder)
    return "\n".join(map(str, caught.value.problems))


def test_each_case_becomes_a_rule_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "heat.toml").write_text(_SOUND, encoding="utf-8")
    rules = load(tmp_path)
    assert [(rule.uid, rule.subject, rule.severity) for rule in rules] == [
        ("quanho-hot-warm", "heat", "info"),
        ("quanho-hot", "heat", "warning"),
    ]
    assert named(rules, "hot-warm") == rules[:1]
    assert named(rules, "hot") == rules[1:]


def test_every_error_of_every_file_is_told_at_once(tmp_path: Path) -> None:
    said = _load(
        tmp_path,
        broken="interval_s = ",
        unknown=_SOUND.replace("for_s = 120", "fors = 120").replace('severity = "info"', 'severity = "loud"'),
        field=_SOUND.replace("cpu_temperature", "cpu_temprature").replace('"hot"', '"hotter"'),
        marks=_SOUND.replace("[limit]", "[limt]").replace('"hot"', '"hottest"'),
    )
    assert "broken.toml: not valid TOML" in said
    assert 'unknown.toml: rule[1] "hot".fors: unknown key; did you mean for_s?' in said
    assert 'unknown.toml: rule[1] "hot".for_s: is missing' in said
    assert 'unknown.toml: rule[1] "hot".case[1] "warm".severity: must be' in said
    assert 'field.toml: rule[1] "hotter".case[1] "warm": gateway has no field cpu_temprature' in said
    assert 'marks.toml: rule[1] "hottest".case[2]: summary: nothing is known to stand for [limt]' in said


@pytest.mark.parametrize("rule", [rule for rule in load() if isinstance(rule.query, Level)], ids=lambda rule: rule.name)
def test_a_doubt_about_the_time_blinds_no_rule_about_a_value(rule: Rule) -> None:
    """Also not together with another bit that the rule believes: a flash flood (8) after a power cut that left the clock in doubt (16)."""
    assert isinstance(rule.query, Level)
    believed = set(rule.query.qualities)
    of_time = {quality.GOOD, quality.CLOCK_ESTIMATED, quality.TIME_RECONSTRUCTED, quality.CLOCK_ESTIMATED | quality.TIME_RECONSTRUCTED}
    assert {one | other for one in believed for other in of_time} == believed
    told_of_the_value = (
        quality.WARM_UP | quality.OUT_OF_RANGE | quality.FLAT_LINE | quality.SIMULATED | quality.DEVICE_ERROR | quality.STALE
    )
    assert not [bits for bits in believed if bits & told_of_the_value]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("above = 60", "above = 60, below = 3", "exactly one of above, below, legal and alarm"),
        (", above = 60", "", "exactly one of above, below, legal and alarm"),
        ('kind = "level"', 'kind = "levle"', 'did you mean "level"?'),
        ('kind = "level", ', "", "is missing; give"),
        ("for_s = 120", "for_s = 90", "multiple of interval_s"),
        ('by = ["site", "gateway"]', 'by = ["site", "source"]', "points have no tag source"),
        ('"Above [limit] °C"', '"{{ $labels.device }}"', "its alerts have no label device"),
        ("above = 60", 'legal = "24h"', "no legal limit of gateway.cpu_temperature"),
        ('kind = "level"', 'kind = "level", qualities = [0, 8, 16]', "believes 8 and 16, but not 24, which is both at once"),
        ("cpu_temperature", "undervoltage", "undervoltage is a bool"),
        ('kind = "level"', 'kind = "rate", window = "1h"', "cpu_temperature is no counter"),
        ('by = ["site", "gateway"]', 'memory = "soon"', "not a duration"),
        ('by = ["site", "gateway"]', 'mean_of = 24, step = "1d"', "memory must be at least"),
        ('name = "warm"', 'name = "' + "x" * 40 + '"', "longer than Grafana's 40"),
        ('name = "warm", ', "", "this name is taken"),
        ("for_s = 120", 'for_s = 120\ndashboard = "nowhere"', "no dashboard nowhere"),
        ("for_s = 120", 'for_s = 120\ndashboard = "fleet"\npanel = "heat"', "no panel heat on its dashboard; there are silent-count, "),
        ("for_s = 120", 'for_s = 120\npanel = "warmth"', "no panel warmth on its dashboard"),
        ("for_s = 120", 'for_s = 120\nno_data = "Error"', "Grafana knows no such choice"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in _SOUND
    assert said in _load(tmp_path, heat=_SOUND.replace(old, new))
