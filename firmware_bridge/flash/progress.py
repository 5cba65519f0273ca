"""How far a program has come, from what it prints: each reader takes text as it arrives, in pieces of any size.

| program | prints | source |
|---|---|---|
| avrdude | `Writing \\| ####` … `\\| 100% 0.45s`: 50 marks, 2 % each; then `Reading \\| …` for what it verifies | avrdude 7.1, run |
| esptool | `… 21.8% 64.00kB/292.97kB [0s]` a block, counted on the wire (compressed), once a file | esptool 5.6, run |
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

Phase = Literal["read", "write", "verify"]


@dataclass(frozen=True, slots=True)
class Progress:
    """`done_bytes` of `total_bytes` are written, or verified."""

    phase: Phase
    done_bytes: int
    total_bytes: int


OnProgress = Callable[[Progress], None]

_AVRDUDE_MARKS = 50
_PHASES: dict[str, Phase] = {"Writing": "write", "Reading": "verify"}
_AVRDUDE_HEAD = re.compile(r"(Reading|Writing) +\| ")
_ESPTOOL_PERCENT = re.compile(r"(\d{1,3}\.\d)% +[\d.]+ ?\w?B/")
_LONGEST = 4096


class AvrdudeProgress:
    """avrdude's bars. Its first `Reading` is the signature, and nobody's progress."""

    def __init__(self, total_bytes: int, on_progress: OnProgress, *, is_read: bool = False) -> None:
        self._total_bytes = total_bytes
        self._on_progress = on_progress
        self._is_read = is_read
        self._text = ""
        self._bar_count = 0
        self._phase: Phase | None = None
        self._marks = 0

    def __call__(self, text: str) -> None:
        self._text = (self._text + text)[-_LONGEST:]
        while True:
            if self._phase is None:
                head = _AVRDUDE_HEAD.search(self._text)
                if head is None:
                    return
                self._begin(_PHASES[head[1]])
                self._text = self._text[head.end() :]
            end = self._text.find("|")
            bar = self._text if end < 0 else self._text[:end]
            self._grow(bar.count("#"), is_whole=end >= 0)
            self._text = "" if end < 0 else self._text[end + 1 :]
            if end < 0:
                return
            self._phase = None

    def _begin(self, phase: Phase) -> None:
        self._bar_count += 1
        self._phase = "read" if self._is_read else phase
        self._marks = 0

    def _grow(self, marks: int, *, is_whole: bool) -> None:
        is_signature = self._bar_count == 1 and self._phase != "write"
        if is_signature or self._phase is None or not (marks or is_whole):
            return
        self._marks = _AVRDUDE_MARKS if is_whole else min(self._marks + marks, _AVRDUDE_MARKS)
        self._on_progress(Progress(self._phase, self._total_bytes * self._marks // _AVRDUDE_MARKS, self._total_bytes))


class EsptoolProgress:
    """esptool's percentages, summed over the files in the order in which they are written."""

    def __init__(self, sizes: Sequence[int], on_progress: OnProgress, *, phase: Phase = "write") -> None:
        self._sizes = list(sizes)
        self._total_bytes = sum(sizes)
        self._on_progress = on_progress
        self._phase: Phase = phase
        self._file = 0
        self._before_bytes = 0
        self._line = ""

    def __call__(self, text: str) -> None:
        *lines, self._line = (self._line + text).replace("\r", "\n").split("\n")
        self._line = self._line[-_LONGEST:]
        for line in lines:
            found = _ESPTOOL_PERCENT.search(line)
            if found and self._file < len(self._sizes):
                size = self._sizes[self._file]
                share = min(float(found[1]), 100.0) / 100.0
                self._on_progress(Progress(self._phase, self._before_bytes + int(size * share), self._total_bytes))
                if share >= 1.0:
                    self._before_bytes += size
                    self._file += 1


class PercentProgress:
    """`… 42%` in the last line that has one: stm32flash (`(42.00%)`) and dfu-util (`[====] 42%`)."""

    def __init__(self, total_bytes: int, on_progress: OnProgress, *, phase: Phase = "write") -> None:
        self._total_bytes = total_bytes
        self._on_progress = on_progress
        self._phase: Phase = phase
        self._text = ""

    def __call__(self, text: str) -> None:
        self._text = (self._text + text)[-_LONGEST:]
        found = re.findall(r"(\d{1,3}(?:\.\d+)?)%", self._text)
        if found:
            self._text = ""
            share = min(float(found[-1]), 100.0) / 100.0
            self._on_progress(Progress(self._phase, int(self._total_bytes * share), self._total_bytes))
