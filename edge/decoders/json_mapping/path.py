"""Paths into a JSON value.

    main.temp            keys, from the current element        weather[0].main    an index (weather.0.main is the same)
    "PM2.5"."a b"        quoted keys, escaped as in JSON       rooms[*].sensors   every element or value (in `each` only)
    $.time               from the whole message                ^.name, ^^.id      from the enclosing element, or the one around it
    @                    the current element itself            @key, ^@key        its key or index in what it was taken from

The current element is the whole message, or what `each` goes through. Each `[*]` opens one level for `^`, and so does an array
at the end of `each`. What is absent is None, like a JSON null.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, Optional

_PLAIN_KEY = re.compile(r'[^.\[\]"$^@{}\s](?:[^.\[\]"{}]*[^.\[\]"{}\s])?')
_QUOTED_KEY = re.compile(r'"(?:[^"\\]|\\.)*"')
_INDEX = re.compile(r"\[(-?\d{1,9}|\*)\]")
_START = re.compile(r"\$|\^*@key|@|\^+")


class Star:
    """The step `[*]`."""


STAR = Star()
Step = str | int | Star


class Scope(NamedTuple):
    """An element, its key or index, and the element around it (None for the whole message)."""

    value: object
    key: object
    outer: Optional["Scope"]


@dataclass(frozen=True, slots=True)
class Path:
    """A path taken apart: `up` levels out (None: from the whole message), then either the element's key or `steps`."""

    up: int | None
    is_key: bool
    steps: tuple[Step, ...]

    @property
    def plain_key(self) -> str | None:
        """The key, where the path is just one key of the current element."""
        step = self.steps[0] if self.up == 0 and not self.is_key and len(self.steps) == 1 else None
        return step if isinstance(step, str) and not step.isdecimal() else None


def parse_path(text: str) -> Path:
    """Take `text` apart; ValueError says where it cannot be read."""
    start = _START.match(text)
    begin = start[0] if start else ""
    position = len(begin)
    up = None if begin == "$" else begin.count("^")
    if begin.endswith("@key"):
        if position != len(text):
            raise ValueError(f"path {text!r}: nothing may follow @key")
        return Path(up, is_key=True, steps=())
    steps: list[Step] = []
    while position < len(text):
        step, position = _step(text, position, is_first=position == 0)
        steps.append(step)
    if not steps and not begin:
        raise ValueError("a path is empty; use @ for the element itself")
    return Path(up, is_key=False, steps=tuple(steps))


def getter(path: Path) -> Callable[[Scope], object]:
    """Return a function from the current scope to the value there, None where there is none."""
    if path.is_key:
        return lambda scope: _out(scope, path.up).key
    if path.plain_key is not None:
        key = path.plain_key
        return lambda scope: scope.value.get(key) if isinstance(scope.value, dict) else None
    ways = _ways(path.steps)
    if path.up == 0:
        return lambda scope: _followed(scope.value, ways)
    return lambda scope: _followed(_out(scope, path.up).value, ways)


def follow(value: object, steps: tuple[Step, ...]) -> object:
    """Return what lies behind `steps`, None where one leads nowhere."""
    return _followed(value, _ways(steps))


def _ways(steps: tuple[Step, ...]) -> list[tuple[str, int | None]]:
    """Return each step as the key that it is in an object, and the index that it is in an array."""
    return [
        (str(step), int(step) if isinstance(step, int) or (isinstance(step, str) and step.isdecimal() and len(step) < 10) else None)
        for step in steps
    ]


def _followed(value: object, ways: list[tuple[str, int | None]]) -> object:
    for key, index in ways:
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list):
            value = value[index] if index is not None and -len(value) <= index < len(value) else None
        else:
            return None
    return value


def elements(path: Path, root: Scope) -> Iterator[Scope] | None:
    """Return the scopes that `path` (of `each`) goes through, None if what it goes through is absent."""
    head, *rest = _split_at_stars(path.steps)
    start = follow(root.value, head)
    if start is None:
        return None
    if rest:
        return _spread(start, root, rest)
    if isinstance(start, list):
        return _children(start, root)
    return iter((Scope(start, head[-1], root) if head else root,))


def _spread(container: object, level: Scope, rest: list[tuple[Step, ...]]) -> Iterator[Scope]:
    steps, *further = rest
    for element in _children(container, level):
        value = follow(element.value, steps)
        if value is None:
            continue
        if further:
            yield from _spread(value, element, further)
        elif steps and isinstance(value, list):
            yield from _children(value, element)
        else:
            yield Scope(value, steps[-1], element) if steps else element


def _children(container: object, level: Scope) -> Iterator[Scope]:
    if isinstance(container, list):
        yield from (Scope(value, index, level) for index, value in enumerate(container))
    elif isinstance(container, dict):
        yield from (Scope(value, key, level) for key, value in container.items())


def _split_at_stars(steps: tuple[Step, ...]) -> list[tuple[Step, ...]]:
    parts: list[list[Step]] = [[]]
    for step in steps:
        if isinstance(step, Star):
            parts.append([])
        else:
            parts[-1].append(step)
    return [tuple(part) for part in parts]


def _out(scope: Scope, up: int | None) -> Scope:
    while scope.outer is not None and (up is None or up > 0):
        scope = scope.outer
        up = None if up is None else up - 1
    return scope


def _step(text: str, position: int, *, is_first: bool) -> tuple[Step, int]:
    if index := _INDEX.match(text, position):
        return (STAR if index[1] == "*" else int(index[1])), index.end()
    if not is_first:
        if text[position] != ".":
            raise ValueError(f"path {text!r}: expected . or [ before {text[position:]!r}")
        position += 1
    if quoted := _QUOTED_KEY.match(text, position):
        return str(json.loads(quoted[0])), quoted.end()
    if plain := _PLAIN_KEY.match(text, position):
        return plain[0], plain.end()
    raise ValueError(f'path {text!r}: expected a key at {text[position:]!r}; put a key with special characters in quotes, "a.b"')
