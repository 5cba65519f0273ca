"""Tasmota's own words for its topics: `FullTopic %prefix%/%topic%/`, then the name of the message (tasmota.github.io/docs/MQTT)."""

import re
from typing import NamedTuple

_TOKENS = {"%prefix%": r"(?P<prefix>{prefixes})", "%topic%": "(?P<topic>.+?)", "%hostname%": "(?P<hostname>[^/]+)", "%id%": "(?P<id>[^/]+)"}
_TOKEN = re.compile("|".join(_TOKENS))


class Address(NamedTuple):
    """`device` is "" where the topic names none: log lines of the console show the bare name of the message."""

    is_command: bool
    device: str
    message: str


class FullTopic:
    """One setting `FullTopic`, checked when built: ValueError says what is wrong."""

    def __init__(self, text: str, prefixes: tuple[str, str, str]) -> None:
        """`prefixes` are Prefix1 to Prefix3: commands, status, telemetry."""
        tokens = _TOKEN.findall(text)
        if not set(tokens) & {"%topic%", "%hostname%", "%id%"}:
            raise ValueError(f"{text!r}: %topic%, %hostname% or %id% must be in it, or devices cannot be told apart")
        if len(set(tokens)) != len(tokens):
            raise ValueError(f"{text!r}: each of {', '.join(_TOKENS)} stands once")
        if "%" in _TOKEN.sub("", text):
            raise ValueError(f"{text!r}: only {', '.join(_TOKENS)} stand between percent signs")
        self._command_prefix = prefixes[0]
        alternatives = "|".join(map(re.escape, prefixes))
        parts, end = [], 0
        for found in _TOKEN.finditer(text.rstrip("/")):
            parts += [re.escape(text[end : found.start()]), _TOKENS[found[0]].format(prefixes=alternatives)]
            end = found.end()
        parts.append(re.escape(text.rstrip("/")[end:]))
        self._expression = re.compile("".join(parts) + r"/(?P<message>[^/]+)", re.DOTALL)
        self._names = [name for name in ("topic", "hostname", "id") if f"%{name}%" in tokens]

    def read(self, topic: str) -> Address | None:
        """Return who says what; None for a topic of another form."""
        if "/" not in topic:
            return Address(is_command=False, device="", message=topic)
        found = self._expression.fullmatch(topic)
        if found is None:
            return None
        named = found.groupdict()
        return Address(named.get("prefix") == self._command_prefix, "-".join(named[name] for name in self._names), named["message"])
