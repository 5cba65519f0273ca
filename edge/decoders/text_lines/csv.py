"""Rows of cells (RFC 4180: cells may be quoted, a quote inside is doubled; a cell never spans lines) → readings.

The columns are named by `columns`, for a device that sends one row at a time (a name left empty is skipped; a header line
that a logger prints at start is recognised and left out), or by the first row of each message (`header = true`), perhaps with other rows
before it and behind it (TOA5 of Campbell loggers: 1 and 2). A delimiter of one blank stands for any run of blanks.
"""

import re
from csv import Error as CsvError
from csv import reader
from typing import Literal

from pydantic import Field, model_validator

from edge.decoders.decoder import Decoded, Refusals
from edge.decoders.text_lines.columns import ColumnMapping, ColumnOptions
from edge.decoders.text_lines.line import lines_of
from telemetry.errors import RejectedError
from telemetry.point import Reading

_MOST_COLUMNS = 1_000
_BLANKS = re.compile(r"[ \t]+")
_LONGEST_CELL = 131_072  # characters; the csv module refuses more


class Options(ColumnOptions):
    """Options of decoder `csv`."""

    delimiter: str = Field(
        ",", description="one character between cells; a blank: any run of blanks", min_length=1, max_length=1, pattern=r'^[^"\r\n]$'
    )
    columns: tuple[str, ...] = Field((), description="names of the columns in order; empty names are skipped", max_length=_MOST_COLUMNS)
    header: bool = Field(False, description="the first row of each message names the columns")  # noqa: FBT003

    rows_before_header: int = Field(
        0, description="with header: rows ahead of the one with the names, for example 1 for TOA5", ge=0, le=100
    )
    rows_after_header: int = Field(0, description="with header: rows of units and the like behind it, for example 2 for TOA5", ge=0, le=100)
    any_length: bool = Field(False, description="rows may have more cells than columns, or fewer; others are refused")  # noqa: FBT003

    @model_validator(mode="after")
    def _makes_sense(self) -> "Options":
        if bool(self.columns) == self.header:
            raise ValueError('name the columns, for example columns = ["time", "temperature"], or set header = true')
        if (self.rows_before_header or self.rows_after_header) and not self.header:
            raise ValueError("rows_before_header and rows_after_header need header = true")
        if self.delimiter == self.decimal:
            raise ValueError(f"delimiter and decimal are both {self.decimal!r}; a delimiter of ; is usual with a decimal comma")
        if self.columns:
            self.check_names([name for name in self.columns if name])
        return self


class CsvDecoder:
    """Decoder `csv`."""

    def __init__(self, options: Options) -> None:
        self.framing: Literal["message", "lines"] = "message" if options.header else "lines"
        self._options = options
        self._delimiter = options.delimiter
        self._columns = [name.strip() for name in options.columns]
        self._mapping = ColumnMapping(options)
        self._wanted = self._mapping.fields_of(self._columns)

    def decode(self, topic: str, payload: bytes) -> Decoded:
        of_topic = self._mapping.of_topic(topic)
        refusals = Refusals()
        readings: list[Reading] = []
        columns, wanted = self._columns, self._wanted
        before, after = self._options.rows_before_header, 0
        for number, text in lines_of(payload, self._options, refusals):
            if before or after:
                before, after = (before - 1, after) if before else (before, after - 1)
                continue
            cells = self._cells(text)
            if cells is None:
                refusals.add(f"line {number}: not a row of cells")
            elif not columns:
                columns, after = self._header(cells), self._options.rows_after_header
                wanted = self._mapping.fields_of(columns)
            elif not _is_header(cells, columns):
                if len(cells) != len(columns) and not self._options.any_length:
                    refusals.add(f"line {number}: {len(cells)} cells where {len(columns)} columns are named")
                    continue
                reading = self._mapping.reading(zip(columns, cells, strict=False), wanted, of_topic, number, refusals)
                if reading is not None:
                    readings.append(reading)
        return Decoded(readings, refusals.listed())

    def _cells(self, text: str) -> list[str] | None:
        if self._delimiter == " ":
            text = _BLANKS.sub(" ", text.strip())
        if '"' not in text and len(text) <= _LONGEST_CELL:
            return text.split(self._delimiter)
        try:
            return next(reader([text], delimiter=self._delimiter, strict=True), None)
        except CsvError:
            return None

    def _header(self, cells: list[str]) -> list[str]:
        columns = [cell.strip() for cell in cells]
        named = [name for name in columns if name]
        if len(columns) > _MOST_COLUMNS or len(set(named)) != len(named):
            raise RejectedError(f"header: more than {_MOST_COLUMNS} columns, or a name twice")
        try:
            self._options.check_names(named)
        except ValueError as error:
            raise RejectedError(f"header: {error}") from None
        return columns


def _is_header(cells: list[str], columns: list[str]) -> bool:
    return cells[0].strip() == columns[0] and [cell.strip() for cell in cells] == columns


def build(options: Options) -> CsvDecoder:
    """Return the decoder for checked options."""
    return CsvDecoder(options)
