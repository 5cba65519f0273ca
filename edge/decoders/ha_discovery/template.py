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
from edge.decoders.ha_discovery.nodes import Node, choose, follow, member
from edge.decoders.json_mapping.payload import parse_payload
from telemetry.errors import RejectedError

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

    is_json: bool  # of the message only the JSON value counts
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
        part = _blocks(text) if "{%" in text else _expression(text)
    except ExpressionError as error:
        raise TemplateError(f"value_template {shown(text)} is not understood; {error}") from None
    is_both = part.is_json and part.is_text
    return Template(part.is_json and not is_both, partial(_read_both, part.read) if is_both else part.read, part.size)


class _Part(NamedTuple):
    """A part of a template, and of which form of the message it makes use."""

    read: Node
    is_json: bool
    is_text: bool
    size: int


def _expression(text: str) -> _Part:
    found = _WHOLE.fullmatch(text)
    if found is None or "{{" in found[1] or "}}" in found[1]:
        raise ExpressionError("only a path with filters, factors and a choice is")
    if (path := _PATH.fullmatch(found[1])) and ".get(" not in found[1]:
        steps = tuple(next(part for part in one.groups() if part is not None) for one in _STEP.finditer(path[1]))
        read = partial(member, steps[0]) if len(steps) == 1 else partial(follow, steps)
        return _Part(read, is_json=True, is_text=False, size=_BYTES_A_TOKEN + len(text))
    expression = Expression(found[1])
    whole = expression.whole()
    return _Part(whole, expression.is_json, expression.is_text, expression.token_count * _BYTES_A_TOKEN)


def _blocks(text: str) -> _Part:
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
    is_json, is_text, size = False, False, 0
    for mark, following in reversed(list(pairwise(marks))):
        body = _body(text[mark.end() : following.start()].strip())
        is_json, is_text, size = is_json or body.is_json, is_text or body.is_text, size + body.size + _BYTES_A_TOKEN
        if mark[1] == "else":
            read = body.read
        else:
            condition = Expression(mark[2])
            read = partial(choose, condition.whole(), body.read, read)
            is_json, is_text = is_json or condition.is_json, is_text or condition.is_text
            size += condition.token_count * _BYTES_A_TOKEN
    return _Part(read, is_json, is_text, size)


def _body(text: str) -> _Part:
    if "{" in text or "}" in text:
        return _expression(text)
    return _Part(partial(_word, text), is_json=False, is_text=False, size=len(text))


def _read_both(read: Node, text: str, _: object) -> object:
    """Read a template that takes the message as text and as JSON, which it need not be then."""
    try:
        root = parse_payload(text.encode("utf-8", "replace"))
    except RejectedError:
        root = None
    return read(text, root)


def _absent(_: str, __: object) -> object:
    return None


def _word(word: str, _: str, __: object) -> object:
    return word
