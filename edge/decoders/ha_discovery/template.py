"""The value templates that devices send with their discovery, as far as they say where a value is, reckon with it and choose by it.

    {{ value }}   {{ value_json.temperature }}   {{ value_json['em:0'].a_voltage | float | round(2) }}   {{ value_json.p * 0.001 }}
    {{ 'ON' if value_json.motion else 'OFF' }}   {% if value_json.level > 0 %}ON{% else %}OFF{% endif %}

`round` is not applied: it would only lose digits. Loops, assignments, states of other entities and functions of time are refused: to run
them would be to run a language.
"""

import re
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import NamedTuple

from edge.decoders.decoder import shown
from edge.decoders.ha_discovery.expression import Expression, ExpressionError
from edge.decoders.ha_discovery.nodes import Node, choose, follow

_LONGEST = 500
_BYTES_A_TOKEN = 256  # of what is made of it
_WHOLE = re.compile(r"\s*\{\{[-+]?(.*?)[-+]?\}\}\s*", re.DOTALL)
_PATH = re.compile(r"\s*value_json((?:\.[A-Za-z_]\w*|\[\s*'[^']*'\s*\]|\[\s*\"[^\"]*\"\s*\])+)\s*", re.ASCII)
_STEP = re.compile(r"\.(\w+)|\[\s*'([^']*)'\s*\]|\[\s*\"([^\"]*)\"\s*\]", re.ASCII)
_BLOCK = re.compile(r"\{%[-+]?\s*(if|elif|else|endif)\b(.*?)[-+]?%\}", re.DOTALL)


class TemplateError(ValueError):
    """A template that says more than where a value is."""


class Template(NamedTuple):
    """`read` takes the text of a message and its JSON value; None where the value is absent, ValueError for what cannot be reckoned."""

    is_json: bool
    read: Callable[[str, object], object]
    size: int = 0  # about how many bytes it takes


def _plain(text: str, _: object) -> object:
    return text


PLAIN = Template(is_json=False, read=_plain)


def parse_template(text: str) -> Template:
    """Return the compiled template; TemplateError names one that is not understood."""
    if len(text) > _LONGEST:
        raise TemplateError(f"value_template {shown(text)} has {len(text)} characters; {_LONGEST} are read")
    try:
        return _blocks(text) if "{%" in text else _expression(text)
    except ExpressionError as error:
        raise TemplateError(f"value_template {shown(text)} is not understood; {error}") from None


def _expression(text: str) -> Template:
    found = _WHOLE.fullmatch(text)
    if found is None or "{{" in found[1] or "}}" in found[1]:
        raise ExpressionError("only a path with filters, factors and a choice is")
    if (path := _PATH.fullmatch(found[1])) and ".get(" not in found[1]:
        steps = tuple(next(part for part in one.groups() if part is not None) for one in _STEP.finditer(path[1]))
        return Template(is_json=True, read=partial(follow, steps), size=_BYTES_A_TOKEN + len(text))
    expression = Expression(found[1])
    read = expression.whole()
    return Template(expression.is_json, read, expression.token_count * _BYTES_A_TOKEN)


def _blocks(text: str) -> Template:
    """Return the template of one `if … elif … else … endif`, whose texts are words or one expression each."""
    marks = list(_BLOCK.finditer(text))
    words = [mark[1] for mark in marks]
    is_whole = (
        words[:1] == ["if"]
        and words[-1] == "endif"
        and set(words[1:-1]) <= {"elif", "else"}
        and "else" not in words[1:-2]
        and not text[: marks[0].start()].strip()
        and not text[marks[-1].end() :].strip()
    )
    if not is_whole:
        raise ExpressionError("of statements only one if is")
    read: Node = _absent
    is_json, size = False, 0
    for mark, following in reversed(list(pairwise(marks))):
        body = _body(text[mark.end() : following.start()].strip())
        is_json, size = is_json or body.is_json, size + body.size + _BYTES_A_TOKEN
        if mark[1] == "else":
            read = body.read
        else:
            condition = Expression(mark[2])
            read = partial(choose, condition.whole(), body.read, read)
            is_json, size = is_json or condition.is_json, size + condition.token_count * _BYTES_A_TOKEN
    return Template(is_json, read, size)


def _body(text: str) -> Template:
    if "{" in text or "}" in text:
        return _expression(text)
    return Template(is_json=False, read=partial(_word, text))


def _absent(_: str, __: object) -> object:
    return None


def _word(word: str, _: str, __: object) -> object:
    return word
