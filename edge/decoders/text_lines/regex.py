r"""Lines of text by pattern: named groups become fields, tags and time (columns.py).

    patterns = ['T=(?P<temperature>[-\d.]+) C H=(?P<humidity>[\d.]+) %']      several: the first that is found in the line

Patterns are the operator's, lines the device's. A pattern with a repeat inside a repeat, `(a+)+`, can take time exponential
in the line, and `max_line_bytes` does not help there: write `a+`, or the possessive `(?:a+)++` of Python 3.11.
"""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from edge.decoders.decoder import Decoded, Refusals, shown
from edge.decoders.text_lines.columns import ColumnMapping, ColumnOptions
from edge.decoders.text_lines.line import lines_of
from telemetry.point import Reading


def _checked(pattern: str) -> str:
    try:
        groups = re.compile(pattern).groupindex
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"pattern {shown(pattern)}: {error}") from None
    if not groups:
        raise ValueError(f"pattern {shown(pattern)}: no named group; write (?P<temperature>...) around what counts")
    return pattern


class Options(ColumnOptions):
    """Options of decoder `regex`."""

    patterns: Annotated[
        tuple[Annotated[str, AfterValidator(_checked)], ...], BeforeValidator(lambda value: [value] if isinstance(value, str) else value)
    ] = Field(description="regular expressions with named groups; the first found in a line counts", min_length=1)
    unmatched: Literal["refuse", "ignore"] = Field("refuse", description="what to do with lines that fit no pattern")

    @model_validator(mode="after")
    def _makes_sense(self) -> "Options":
        self.check_names(sorted({name for pattern in self.patterns for name in re.compile(pattern).groupindex}))
        return self


class RegexDecoder:
    """Decoder `regex`."""

    framing: Literal["lines"] = "lines"

    def __init__(self, options: Options) -> None:
        self._options = options
        self._first, *self._others = map(re.compile, options.patterns)
        self._mapping = ColumnMapping(options)
        self._wanted = {pattern: self._mapping.fields_of(pattern.groupindex) for pattern in (self._first, *self._others)}

    def decode(self, topic: str, payload: bytes) -> Decoded:
        of_topic = self._mapping.of_topic(topic)
        refusals = Refusals()
        readings: list[Reading] = []
        for number, text in lines_of(payload, self._options, refusals):
            found = self._first.search(text)
            for pattern in self._others if found is None else ():
                if found := pattern.search(text):
                    break
            if found is None:
                if self._options.unmatched == "refuse":
                    refusals.add(f"line {number}: fits no pattern: {shown(text)}")
                continue
            groups = [(name, text) for name, text in found.groupdict().items() if text is not None]
            reading = self._mapping.reading(groups, self._wanted[found.re], of_topic, number, refusals)
            if reading is not None:
                readings.append(reading)
        return Decoded(readings, refusals.listed())


def build(options: Options) -> RegexDecoder:
    """Return the decoder for checked options."""
    return RegexDecoder(options)
