"""Topic patterns with named levels: `site/{site}/air/{device}` subscribes to `site/+/air/+` and names what matched.

`{name}` is exactly one level; `{name#}`, last only, is all that follows (at least one level when named this way, because an
empty name names nothing). Plain `+` and `#` keep their MQTT meaning and name nothing. `$share/group/` in front is for the
broker: it is part of the filter, not of the topics that arrive.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LEVEL = re.compile(r"\{(.*?)(#?)\}")
_LONGEST_BYTES = 65_535  # MQTT 5.0, section 1.5.4


class TopicPattern:
    """One pattern, checked when built: ValueError says what is wrong."""

    def __init__(self, text: str) -> None:
        if not text or len(text.encode()) > _LONGEST_BYTES or "\0" in text:
            raise ValueError("a topic pattern is 1 to 65,535 bytes without NUL")
        levels = text.split("/")
        self.names: tuple[str, ...] = ()
        self._expressions: list[str] = []
        filters = [self._add(text, level, is_last=number == len(levels) - 1) for number, level in enumerate(levels)]
        self.text = text
        self.filter = "/".join(filters)
        shared = 2 if levels[0] == "$share" and len(levels) > 2 else 0  # $share/<group>/...
        self._match = re.compile("".join(self._expressions[shared:]), re.DOTALL)  # against "/" + topic

    def match(self, topic: str) -> dict[str, str] | None:
        """Return the named levels of `topic`, None if it is not of this pattern."""
        found = self._match.fullmatch(f"/{topic}")
        if found is None or (topic.startswith("$") and self.filter.startswith(("+", "#"))):  # MQTT 5.0, section 4.7.2
            return None
        return found.groupdict()

    def _add(self, text: str, level: str, *, is_last: bool) -> str:
        named = _LEVEL.fullmatch(level)
        if named is None and any(sign in level for sign in "{}"):
            raise ValueError(f"{text!r}: a placeholder is a whole level, as in site/{{site}}/air/{{device}}")
        name, many = (named[1], bool(named[2])) if named else ("", level == "#")
        if named and (not _NAME.fullmatch(name) or name in self.names):
            raise ValueError(f"{text!r}: placeholder {name!r} is empty, not a name, or there twice")
        if many and not is_last:
            raise ValueError(f"{text!r}: # stands only at the end")
        if not named and level not in {"+", "#"} and ("+" in level or "#" in level):
            raise ValueError(f"{text!r}: + and # stand for whole levels")
        if named:
            self.names += (name,)
        self._expressions.append(_expression(level, name, is_many=many))
        return ("#" if many else "+") if named else level


class TopicMatcher:
    """Several patterns, first match wins; remembers the last `remembered` topics, so random topics do not grow it."""

    def __init__(self, patterns: Iterable[str], remembered: int = 5_000) -> None:
        self.patterns = tuple(map(TopicPattern, patterns))
        self.names = tuple(dict.fromkeys(name for pattern in self.patterns for name in pattern.names))
        self._remembered = remembered
        self._known: dict[str, Mapping[str, str] | None] = {}

    def match(self, topic: str) -> Mapping[str, str] | None:
        """Return the named levels of `topic` (do not change them), None if no pattern fits."""
        if topic in self._known:
            return self._known[topic]
        if len(self._known) >= self._remembered:
            del self._known[next(iter(self._known))]
        found = self._known[topic] = next((names for one in self.patterns if (names := one.match(topic)) is not None), None)
        return found


def _expression(level: str, name: str, *, is_many: bool) -> str:
    if name:
        return f"/(?P<{name}>{'.+' if is_many else '[^/]*'})"
    if is_many:
        return "(?:/.*)?"  # MQTT: `a/#` matches `a` itself
    return "/[^/]*" if level == "+" else "/" + re.escape(level)


def _checked(text: str) -> str:
    TopicPattern(text)
    return text


def _as_list(given: object) -> object:
    return [given] if isinstance(given, str) else given


Topics = Annotated[tuple[Annotated[str, AfterValidator(_checked)], ...], BeforeValidator(_as_list)]  # of a config: one pattern or several
