"""The hands that flash a board of a link source: its port is borrowed, the flashing program of its family runs, the port goes back."""

import hashlib
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import get_args

from edge.boards.hearing import FindLink
from edge.sources.link import LinkInput
from firmware_bridge.bundle.manifest import ImageKind
from firmware_bridge.flash.causes import NOTHING_WRITTEN, Cause, FlashError
from firmware_bridge.flash.flasher import Flasher, open_flasher
from firmware_bridge.flash.image import Image
from firmware_bridge.flash.plan import unfit_chip
from firmware_bridge.flash.progress import Progress
from firmware_bridge.flash.target import Target
from firmware_bridge.ota.firmware import Piece
from firmware_bridge.ota.hands import FlashFailed, Interrupted
from telemetry.errors import TransientError

_FINAL = frozenset({Cause.PORT_DENIED, Cause.WRONG_CHIP, Cause.TOO_LARGE, Cause.LOCKED, Cause.TOOL_MISSING})
_BORROW_S = 60.0  # until a source that is being started or replaced gives its port
_AGAIN_S = 0.5
_SPARE_S = 60.0
_DUMP = "previous"


class LinkHands:
    """firmware_bridge.ota.hands.Hands for a board of the family `target`. `environment` is added to that of the flashing program."""

    def __init__(
        self,
        find: FindLink,
        target: Target,
        stopping: threading.Event,
        on_progress: Callable[[Progress], None] = lambda _: None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._find = find
        self._target = target
        self._stopping = stopping
        self._on_progress = on_progress
        self._environment = environment

    def write(self, pieces: Sequence[tuple[Piece, bytes]]) -> None:
        images = [Image(piece.file, _kind(piece), data, piece.address) for piece, data in pieces]
        with self._flasher() as flasher:
            if not flasher.checks_chip:
                refusal = unfit_chip(self._target, flasher.chip())
                if refusal:
                    raise FlashError(refusal.cause, refusal.reason)
            flasher.write(images, self._on_progress)

    def dump(self) -> Sequence[tuple[Piece, bytes]]:
        with tempfile.TemporaryDirectory(prefix="quanho-dump-") as folder, self._flasher() as flasher:
            image = flasher.dump(Path(folder) / _DUMP, self._on_progress)
        sha = hashlib.sha256(image.data).hexdigest()
        return [(Piece(image.file, image.kind, image.address, len(image.data), sha), image.data)]

    @contextmanager
    def _flasher(self) -> Iterator[Flasher]:
        target = self._target
        longest_s = 3 * target.connect_s + 3 * target.flash_bytes / target.write_bytes_s + _SPARE_S  # more than every program may take
        with ExitStack() as stack:
            port = self._borrowed(stack, longest_s)
            try:
                yield open_flasher(target, port, self._environment)
            except FlashError as error:
                is_final = error.cause in _FINAL
                raise FlashFailed(error.reason, is_written=error.cause not in NOTHING_WRITTEN, is_final=is_final) from error
            except OSError as error:
                raise FlashFailed(f"the flashing program cannot be run: {error}", is_written=False) from error

    def _link(self) -> LinkInput:
        link = self._find()
        if link is None:
            raise TransientError("its source is not there")
        return link

    def _borrowed(self, stack: ExitStack, longest_s: float) -> str:
        """Borrow the port for as long as `stack` is open; a source that is just being started or replaced is waited for."""
        waited_s = 0.0
        while True:
            try:
                return stack.enter_context(self._link().lend(longest_s))
            except TransientError as error:
                if waited_s >= _BORROW_S:
                    raise FlashFailed(error.reason, is_written=False) from error
            if self._stopping.wait(_AGAIN_S):
                raise Interrupted("the agent stops")
            waited_s += _AGAIN_S


def _kind(piece: Piece) -> ImageKind:
    for kind in get_args(ImageKind):
        if kind == piece.kind:
            return kind  # type: ignore[no-any-return]
    raise FlashFailed(f"{piece.file} is of an unknown kind, {piece.kind}", is_written=False, is_final=True)
