"""How far a card is: a bar with the time that is left on a terminal, else a line for each tenth; nothing with --json."""

import sys
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from firmware_bridge.card.image_size import ImageSize
from firmware_bridge.card.writing import Done, Stage
from quanho.card_words import size
from quanho.lang import say


class CardProgress:
    """Shows what write_image reports. Where the image's size is unknown, the packed file tells how far it is."""

    def __init__(self, image: ImageSize, packed_bytes: int, *, is_silent: bool) -> None:
        self._image, self._packed_bytes, self._is_silent = image, packed_bytes, is_silent
        self._task: TaskID | None = None
        self._stage: Stage | None = None
        self._tenth = 0
        has_bar = sys.stderr.isatty() and not is_silent
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
        self._bar = Progress(*columns, console=Console(stderr=True)) if has_bar else None

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._bar:
            self._bar.stop()

    def __call__(self, done: Done) -> None:
        if self._is_silent:
            return
        total = done.image_bytes or self._total(done)
        if done.stage != self._stage:
            self._stage, self._tenth = done.stage, 0
            if self._bar:
                self._task = self._bar.add_task(_name(done.stage), total=total)
        if self._bar and self._task is not None:
            self._bar.update(self._task, completed=done.done_bytes, total=max(total, done.done_bytes))
        elif not self._bar:
            tenth = done.done_bytes * 10 // max(total, 1)
            if tenth > self._tenth:
                self._tenth = tenth
                print(f"{_name(done.stage)}: {tenth * 10} %, {size(done.done_bytes)}", file=sys.stderr)

    def _total(self, done: Done) -> int:
        if self._image.is_exact:
            return self._image.least_bytes
        return round(done.done_bytes * self._packed_bytes / done.packed_read_bytes) if done.packed_read_bytes else done.done_bytes


def _name(stage: Stage) -> str:
    return say("Ghi", "Writing") if stage == "write" else say("Đọc lại", "Reading back")
