"""How far a card is: a bar with the time that is left on a terminal, else a line for each tenth; nothing with --json."""

import sys
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from firmware_bridge.card.image_size import ImageSize
from firmware_bridge.card.writing import Stage
from quanho.card_words import size
from quanho.lang import say


class CardProgress:
    """Shows what write_image reports. Where the image's size is unknown, the packed file tells how far it is."""

    def __init__(self, image: ImageSize, packed_bytes: int, *, is_silent: bool) -> None:
        self._image, self._packed_bytes, self._is_silent = image, packed_bytes, is_silent
        self._task: TaskID | None = None
        self._stage: Stage | None = None
        self._tenth = 0
        self._image_bytes = image.least_bytes if image.is_exact else None
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

    def __call__(self, stage: Stage, done: int, packed_read: int) -> None:
        if self._is_silent:
            return
        total = self._total(stage, done, packed_read)
        if stage != self._stage:
            self._stage, self._tenth = stage, 0
            if self._bar:
                self._task = self._bar.add_task(_name(stage), total=total)
        if self._bar and self._task is not None:
            self._bar.update(self._task, completed=done, total=max(total, done))
        elif not self._bar:
            tenth = done * 10 // max(total, 1)
            if tenth > self._tenth:
                self._tenth = tenth
                print(f"{_name(stage)}: {tenth * 10} %, {size(done)}", file=sys.stderr)

    def _total(self, stage: Stage, done: int, packed_read: int) -> int:
        if stage == "write":
            if self._image_bytes is not None:
                return self._image_bytes
            return round(done * self._packed_bytes / packed_read) if packed_read else done
        if self._image_bytes is None or self._stage == "write":
            self._image_bytes = self._written or self._image_bytes or done
        return self._image_bytes

    _written: int | None = None

    def written(self, image_bytes: int) -> None:
        """Tell how large the image turned out to be."""
        self._written = image_bytes


def _name(stage: Stage) -> str:
    return say("Ghi", "Writing") if stage == "write" else say("Đọc lại", "Reading back")
