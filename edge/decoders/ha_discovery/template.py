"""The value templates that devices send with their discovery, as far as they say where a value is and nothing more.

    {{ value }}   {{ value_json.temperature }}   {{ value_json['em:0'].a_voltage | float | round(2) }}   {{ value_json.p * 0.001 }}

A template is a path from `value` or `value_json`, then filters (float, int, round, default, abs, lower …) and factors. `round` is not
applied: it would only lose digits. Conditions, loops and functions are refused: to run them would be to run a language.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from edge.decoders.decoder import shown
from edge.decoders.values import as_float

_LONGEST = 300
_WHOLE = re.compile(r"\s*\{\{-?\s*(?P<path>value(?:_json)?)(?P<rest>.*?)-?\}\}\s*", re.DOTALL)
_STEP = re.compile(r"\.([A-Za-z_]\w*)|\[\s*'([^']*)'\s*\]|\[\s*\"([^\"]*)\"\s*\]|\[\s*(-?\d{1,4})\s*\]|\.(\d{1,4})")
_FILTER = re.compile(r"\s*\|\s*(float|int|round|default|abs|lower|upper|trim|string|is_defined|d)\s*(?:\(\s*([^()]{0,40})\s*\))?")
_FACTOR = re.compile(r"\s*([*/])\s*(\d+(?:\.\d+)?)")


class TemplateError(ValueError):
    """A template that says more than where a value is."""


class Template(NamedTuple):
    """`read` takes the text of a message and its JSON value; None where the value is absent, ValueError where a factor meets no number."""

    is_json: bool
    read: Callable[[str, object], object]


def _plain(text: str, _: object) -> object:
    return text


PLAIN = Template(is_json=False, read=_plain)


def parse_template(text: str) -> Template:
    """Return the compiled template; TemplateError names one that is not understood."""
    found = _WHOLE.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        raise TemplateError(f"value_template {shown(text)} is not understood; only a path with filters is")
    steps, end = _steps(found["rest"])
    factor = 1.0
    divisor = 1.0
    while end < len(found["rest"].rstrip()):
        if one := _FILTER.match(found["rest"], end):
            end = one.end()
        elif (one := _FACTOR.match(found["rest"], end)) and float(one[2]):
            factor, divisor = (factor * float(one[2]), divisor) if one[1] == "*" else (factor, divisor * float(one[2]))
            end = one.end()
        else:
            raise TemplateError(f"value_template {shown(text)} is not understood at {shown(found['rest'][end:])}")
    is_json = found["path"] == "value_json"
    if steps and not is_json:
        raise TemplateError(f"value_template {shown(text)}: value is text and has no parts")
    return Template(is_json, _reader(is_json, steps, factor, divisor))


def _steps(rest: str) -> tuple[list[str | int], int]:
    steps: list[str | int] = []
    end = 0
    while one := _STEP.match(rest, end):
        name = next((group for group in one.groups()[:3] if group is not None), None)
        steps.append(name if name is not None else int(one[4] or one[5]))
        end = one.end()
    return steps, end


def _member(key: str) -> Callable[[str, object], object]:
    """Return what `_reader` does for the usual template: `value_json.temperature`."""
    return lambda _, root: root.get(key) if isinstance(root, dict) else None


def _reader(is_json: bool, steps: list[str | int], factor: float, divisor: float) -> Callable[[str, object], object]:
    if is_json and len(steps) == 1 and isinstance(steps[0], str) and factor == divisor == 1.0:
        return _member(steps[0])

    def read(text: str, root: object) -> object:
        value: object = root if is_json else text
        for step in steps:
            if isinstance(value, dict):
                value = value.get(str(step))
            elif isinstance(value, list) and isinstance(step, int) and -len(value) <= step < len(value):
                value = value[step]
            else:
                return None
        if value is None or (factor == 1.0 and divisor == 1.0):
            return value
        return as_float(value) * factor / divisor

    return read
