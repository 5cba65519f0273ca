r"""Lines of text by pattern: named groups become fields, tags and time (columns.py).

    patterns = ['T=(?P<temperature>[-\d.]+) C H=(?P<humidity>[\d.]+) %']      several: the first that is found in the line
    pairs = '(?P<name>\w+)=(?P<value>[^,]+)'                                  all in the line: each value under its name, in any order

Patterns are the operator's, lines the device's: one may take time exponential in the other, `(a+)+$`, or its third power, `.*.*.*x`, and
Python's own matcher would stop the whole process for that long. Package `regex` ends a search after a time: `match_ms` a line, and
_MESSAGE_LINES times that a message. What was not done by then is refused.
"""

from time import perf_counter
from typing import Annotated, Literal

import regex
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from edge.decoders.decoder import Decoded, Refusals, shown
from edge.decoders.text_lines.columns import ColumnMapping, ColumnOptions, Wanted
from edge.decoders.text_lines.line import as_list, lines_of
from telemetry.point import Reading

_MESSAGE_LINES = 10  # so many lines of one message may take as long as they are allowed to
_MOST_PAIRS = 1_000


def _checked(pattern: str) -> str:
    try:
        groups = regex.compile(pattern).groupindex
    except (regex.error, RecursionError, OverflowError, MemoryError) as error:
        raise ValueError(f"pattern {shown(pattern)}: {error}") from None
    if not groups:
        raise ValueError(f"pattern {shown(pattern)}: no named group; write (?P<temperature>...) around what counts")
    return pattern


class Options(ColumnOptions):
    """Options of decoder `regex`."""

    patterns: Annotated[tuple[Annotated[str, AfterValidator(_checked)], ...], BeforeValidator(as_list)] = Field(
        (), description="regular expressions with named groups; the first found in a line counts"
    )
    pairs: Annotated[str, AfterValidator(_checked)] | None = Field(
        None, description="regular expression with groups name and value, found again and again: each value is a column of its name"
    )
    unmatched: Literal["refuse", "ignore"] = Field("refuse", description="what to do with lines that fit no pattern")
    match_ms: int = Field(50, description="time that the patterns may take on one line; beyond it the line is refused", ge=1, le=1000)

    @model_validator(mode="after")
    def _makes_sense(self) -> "Options":
        if self.pairs is not None:
            if not {"name", "value"} <= set(regex.compile(self.pairs).groupindex):
                raise ValueError(f"pairs {shown(self.pairs)}: groups (?P<name>...) and (?P<value>...) are needed")
        elif not self.patterns:
            raise ValueError("patterns or pairs are needed, for example patterns = ['T=(?P<temperature>[-.0-9]+)']")
        else:
            self.check_names(sorted({name for pattern in self.patterns for name in regex.compile(pattern).groupindex}))
        return self


class RegexDecoder:
    """Decoder `regex`."""

    framing: Literal["lines"] = "lines"

    def __init__(self, options: Options) -> None:
        self._options = options
        self._patterns = [(regex.compile(pattern), pattern) for pattern in options.patterns]
        self._pairs = regex.compile(options.pairs) if options.pairs else None
        self._line_s = options.match_ms / 1000
        self._search_s = self._line_s / (len(self._patterns) + (self._pairs is not None))
        self._mapping = ColumnMapping(options)
        self._wanted = {pattern: self._mapping.fields_of(compiled.groupindex) for compiled, pattern in self._patterns}

    def decode(self, topic: str, payload: bytes) -> Decoded:
        of_topic = self._mapping.of_topic(topic)
        refusals = Refusals()
        readings: list[Reading] = []
        until_s = perf_counter() + _MESSAGE_LINES * self._line_s
        lines = lines_of(payload, self._options, refusals)
        for number, text in lines:
            if perf_counter() > until_s:
                count = 1 + sum(1 for _ in lines)
                refusals.add(f"line {number} and on: {count} lines left, the patterns took too long on those before")
                break
            try:
                groups, wanted = self._found(text)
            except (TimeoutError, MemoryError):
                refusals.add(f"line {number}: the patterns took more than {self._options.match_ms} ms on it: {shown(text)}")
                continue
            if not groups:
                if self._options.unmatched == "refuse":
                    refusals.add(f"line {number}: fits no pattern: {shown(text)}")
                continue
            reading = self._mapping.reading(groups, wanted, of_topic, number, refusals)
            if reading is not None:
                readings.append(reading)
        return Decoded(readings, refusals.listed())

    def _found(self, text: str) -> tuple[list[tuple[str, str]], list[Wanted]]:
        """Return the named pieces of a line (none where no pattern is found) and the fields that they are; TimeoutError in time."""
        groups: list[tuple[str, str]] = []
        wanted: list[Wanted] = []
        for compiled, pattern in self._patterns:
            found = compiled.search(text, timeout=self._search_s)
            if found is not None:
                groups = [(name, value) for name, value in found.groupdict().items() if value is not None]
                wanted = self._wanted[pattern]
                break
        if self._pairs is None:
            return groups, wanted
        known = {name for name, _ in groups}
        for count, pair in enumerate(self._pairs.finditer(text, timeout=self._search_s)):
            if count >= _MOST_PAIRS:
                break
            name, value = pair["name"], pair["value"]
            if name and value is not None and (name := name.strip()) not in known:  # the first counts
                known.add(name)
                groups.append((name, value))
        return groups, self._mapping.fields_of(name for name, _ in groups)


def build(options: Options) -> RegexDecoder:
    """Return the decoder for checked options."""
    return RegexDecoder(options)
