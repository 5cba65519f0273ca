"""Value templates of Home Assistant: which are followed, what they give, and which are refused by name."""

import tracemalloc
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.decoders.decoder import Decoded
from edge.decoders.ha_discovery.template import TemplateError, parse_template
from tests.edge.decoders.ha_told import fresh, tell, told_sensor, values


@pytest.mark.parametrize(
    ("template", "message", "value"),
    [
        ("{{ value }}", "21.5", 21.5),
        ("{{ value | float | round(1) }}", "21.54", 21.54),
        ("{{ value_json.temperature }}", '{"temperature": 21.5}', 21.5),
        ("{{value_json['em:0'].a_voltage|float(0)}}", '{"em:0": {"a_voltage": 21.5}}', 21.5),
        ('{{ value_json["t"][0] }}', '{"t": [21.5]}', 21.5),
        ("{{ value_json.mt | float * 0.001 }}", '{"mt": 21500}', 21.5),
        ("{{ value_json.t / 10 | round(2) }}", '{"t": 215}', 21.5),
        ("{{- value_json.t -}}", '{"t": "21.5"}', 21.5),
        ("{{ value_json.t | is_defined }}", '{"t": 21.5}', 21.5),
        ("{{ value_json.get('t', 0) }}", '{"t": 21.5}', 21.5),
        ("{{ value_json.value | default(value) | float(0) }}", "21.5", 21.5),
        ("{{ value_json.value | default(value) }}", '{"value": 21.5}', 21.5),
        ("{% if value_json.t is defined %}{{ value_json.t }}{% else %}{{ value }}{% endif %}", "21.5", 21.5),
        ("{{ value_json.a | default(value_json.b) }}", '{"b": 21.5}', 21.5),
        ("{{ value_json.0.t.1 }}", '{"0": {"t": [1, 21.5]}}', 21.5),
        ("{{ float(value|float) * 1.5 }}", "20", 30.0),
        ("{{ (float(value) * 0.1) | round(2) }}", "3", 0.3),
        ("{{ ((float(value) * 99)|round(0)) + 1 }}", "0.5", 50.5),
        ("{{ (value_json.a + value_json.b) | round(1) }}", '{"a": 1.5, "b": 2}', 3.5),
        ("{{ -value_json.t | abs - 2 * 3 }}", '{"t": -4}', -10.0),
        ("{{ value_json.t | float(0) | multiply(0.001) | add(1) }}", '{"t": 500}', 1.5),
        ("{{ value_json.FanSpeed*1/3*100 }}", '{"FanSpeed": 3}', 100.0),
        ("{{ value_json.a if value_json.a is defined else value_json.b }}", '{"b": 7}', 7.0),
        ("{% if value_json.x > 3 %}{{ value_json.x / 2 }}{% elif value_json.x == 3 %}9{% else %}0{% endif %}", '{"x": 8}', 4.0),
        ("{% if value_json.x > 3 %}{{ value_json.x / 2 }}{% elif value_json.x == 3 %}9{% else %}0{% endif %}", '{"x": 3}', 9.0),
        ("{% if value_json.x > 3 %}1{%- else -%} 0 {%- endif %}", '{"x": 2}', 0.0),
    ],
)
def test_templates_that_say_where_a_value_is_are_followed(template: str, message: str, value: float) -> None:
    decoder = told_sensor(device_class="temperature", unit_of_measurement="°C", value_template=template)
    assert values(decoder, message) == {"air.temperature": value}


def test_an_absent_or_unknown_value_is_no_reading() -> None:
    decoder = told_sensor(device_class="temperature", value_template="{{ value_json.t }}")
    for message in ('{"x": 1}', '{"t": null}', '{"t": "unavailable"}'):
        assert decoder.decode("box/s1", message.encode()) == Decoded([], (), is_understood=True)


@pytest.mark.parametrize(
    "template",
    [
        "{% for x in value_json %}1{% endfor %}",
        "{% set x = 1 %}{{ x }}",
        "{% if value_json.x %}{% if value_json.y %}1{% endif %}{% endif %}",
        "{{ states('sensor.x') }}",
        "{{ value.split(',')[0] }}",
        "{{ value_json.t | timestamp_custom('%H') }}",
        "{{ value | int(base=16) }}",
        "{{ value | int(0, 16) }}",
        "{{ value_json }} and {{ value }}",
        "{{ (value }}",
        "{{value_json[}}",
        "{{value_json[-}}",
        "{{value_json.}}",
        "{{value_json.get(}}",
        "{{value |}}",
        "{{value | iif(1,}}",
        "{{}}",
        "{% if %}{% endif %}",
        "{% endif %}",
        "{{ value ** 2 }}",
        "{{ [1, 2] | max }}",
        "{{ " + "(" * 100 + "value" + ")" * 100 + " }}",
        "{{ value " + "+ 1" * 200 + " }}",
    ],
)
def test_another_template_is_refused_once_and_by_name(template: str) -> None:
    decoder = fresh()
    decoded = tell(decoder, "sensor/box/s1", {"state_topic": "box/s1", "value_template": template})
    assert [template[:20] in refusal.reason for refusal in decoded.refusals] == [True]
    assert decoder.decode("box/s1", b"1") == Decoded((), is_understood=True)


@pytest.mark.parametrize(
    ("template", "message", "value"),
    [
        ("{{ 'ON' if value_json.motion else 'OFF' }}", '{"motion": true}', True),
        ("{{ 'ON' if value_json.motion else 'OFF' }}", '{"motion": 0}', False),
        ("{% if value_json.motion %}ON{%else%}OFF{%endif%}", '{"motion": false}', False),
        ("{{ value_json.motion | iif('ON', 'OFF') }}", '{"motion": 1}', True),
        ("{{ value_json.state == 'open' }}", '{"state": "open"}', True),
        ("{{ value_json.value != 0 and not value_json.off }}", '{"value": 1, "off": false}', True),
        ("{{ value_json.a or value_json.b }}", '{"a": false, "b": true}', True),
        ("{{ value_json.state == 1 }}", '{"state": "1"}', False),
        ("{{ value_json.x is defined }}", '{"y": 1}', False),
        ("{{ value_json.x is not defined }}", '{"y": 1}', True),
    ],
)
def test_templates_may_choose_and_compare(template: str, message: str, value: bool) -> None:
    decoder = fresh()
    on, off = ("ON", "OFF") if "'ON'" in template or "ON{" in template else ("True", "False")
    config = {"state_topic": "box/s1", "payload_on": on, "payload_off": off, "value_template": template, "device_class": "motion"}
    assert not tell(decoder, "binary_sensor/box/s1", config).refusals
    assert values(decoder, message) == {"state.occupancy": value}


@pytest.mark.parametrize(
    "template",
    [
        "{{ 'ON' if value_json.motion else 'OFF' }}",
        "{% if value_json.a.b %}ON{% endif %}",
        "{{ value_json.motion | default(0) }}",
        "{{ value_json.motion == 'x' }}",
        "{{ value_json.motion > 1 }}",
        "{{ not value_json.motion }}",
        "{{ value_json.other and value_json.motion }}",
        "{{ value_json.motion * 2 }}",
    ],
)
def test_what_is_absent_decides_nothing(template: str) -> None:
    decoder = fresh()
    tell(decoder, "binary_sensor/box/s1", {"state_topic": "box/s1", "value_template": template})
    assert decoder.decode("box/s1", b'{"other": 1}') == Decoded([], (), is_understood=True)


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{{ 1 / value_json.t }}", '{"t": 0}'),
        ("{{ value_json.t * 2 }}", '{"t": "x"}'),
        ("{{ value < 1 }}", "x"),
        ("{{ value_json.t * 10 }}", '{"t": 1e308}'),
    ],
)
def test_what_cannot_be_reckoned_is_refused(template: str, message: str) -> None:
    decoded = told_sensor(device_class="temperature", value_template=template).decode("box/s1", message.encode())
    assert (list(decoded.readings), len(decoded.refusals)) == ([], 1)


def test_long_templates_count_as_memory() -> None:
    decoder = fresh()
    template = "{{ value " + "+ 1" * 160 + " }}"
    tracemalloc.start()
    try:
        refused = 0
        for number in range(1_000):
            refused += len(tell(decoder, f"sensor/n/{number}", {"stat_t": f"t/{number}", "val_tpl": template}).refusals)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert refused > 800
    assert kept < 16_000_000


@given(text=st.text(max_size=40) | st.from_regex(r"\{\{ value(_json)?[a-z.|*/ 0-9'\[\]()]{0,20} \}\}", fullmatch=True))
def test_any_template_is_followed_or_refused(text: str) -> None:
    with suppress(TemplateError):
        template = parse_template(text)
        with suppress(ValueError):
            template.read("1", {"a": [1]})


_PIECES = st.sampled_from(
    [
        *"()[].,|+-*/<>",
        "==",
        " if ",
        " else ",
        " and ",
        " or ",
        "not ",
        " is defined",
        "value",
        "value_json",
        ".a",
        "[0]",
        "['a']",
        ".get('a')",
        "| float",
        "|int(0)",
        "| abs",
        "| multiply(1e3)",
        "| iif('a', 'b')",
        "1",
        "0",
        "'x'",
        "true",
        "none",
        "float(",
        "0.5",
        "9" * 30,
    ]
)


@given(pieces=st.lists(_PIECES, max_size=12), is_block=st.booleans())
def test_any_expression_is_followed_or_refused(pieces: list[str], is_block: bool) -> None:
    text = "".join(pieces)
    with suppress(TemplateError):
        template = parse_template(f"{{% if {text} %}}{{{{ {text} }}}}{{% endif %}}" if is_block else f"{{{{ {text} }}}}")
        for message in ("1", "x", ""):
            for root in ({"a": 1e308}, {"a": [0]}, {"a": "x"}, [{"a": None}], None):
                with suppress(ValueError):
                    template.read(message, root)
