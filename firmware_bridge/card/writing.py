"""One image onto one target: copy, check, read back; what the command and its tests call."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from firmware_bridge.card.checksum import Expected
from firmware_bridge.card.copying import Cancelled, Copied, Copy
from firmware_bridge.card.read_back import read_back
from firmware_bridge.card.target import Target, open_target

Stage = Literal["write", "read-back"]


@dataclass(frozen=True, slots=True)
class Done:
    """How far it is: bytes of the image, and of the packed file where one is read. `image_bytes` is known once all of it was written."""

    stage: Stage
    done_bytes: int
    packed_read_bytes: int
    image_bytes: int | None


OnProgress = Callable[[Done], None]


class Interrupted(Exception):
    """Ctrl-C. `written_bytes` is how far the image got; `is_complete` when only reading back was cut off."""

    def __init__(self, written_bytes: int, *, is_complete: bool) -> None:
        super().__init__("interrupted")
        self.written_bytes = written_bytes
        self.is_complete = is_complete


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was done. `matched` says what the expected hash was found to be of, None if none was given."""

    copied: Copied
    matched: Literal["packed file", "image"] | None
    is_read_back: bool


def write_image(image: Path, target: Target, expected: Expected | None, on_progress: OnProgress, *, reads_back: bool = True) -> Outcome:
    """Write and compare. Raises CardError, or Interrupted on Ctrl-C."""
    fd = open_target(target)
    copy = Copy(
        image,
        fd,
        is_fresh_file=target.is_file,
        expected=expected.digest if expected else None,
        on_progress=lambda done, read: on_progress(Done("write", done, read, None)),
    )
    try:
        copied = copy.run()
    except (KeyboardInterrupt, Cancelled) as error:
        raise Interrupted(copy.written_bytes, is_complete=False) from error
    finally:
        os.close(fd)
    if reads_back:
        total, packed = copied.image_bytes, copied.packed_bytes
        try:
            read_back(target.path, total, copied.prefix_digests, lambda done: on_progress(Done("read-back", done, packed, total)))
        except KeyboardInterrupt as error:
            raise Interrupted(copied.image_bytes, is_complete=True) from error
    return Outcome(copied, _matched(copied, expected), reads_back)


def _matched(copied: Copied, expected: Expected | None) -> Literal["packed file", "image"] | None:
    if expected is None:
        return None
    return "packed file" if expected.digest == copied.packed_sha256 != copied.image_sha256 else "image"
