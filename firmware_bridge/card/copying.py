"""Streaming an image onto a card: unpack, hash and write at the same time, and the first block last.

Three threads hand blocks of 4 MiB to one another through short queues, so that memory stays at a few blocks and the slowest of unpacking,
hashing and writing sets the pace. The first block, with the partition table and the boot sector, is written as zeros at the beginning and
for real at the very end, when the image came through whole and with the right hash: a card that was not finished does not boot and
cannot be taken for a good one.
"""

import hashlib
import os
import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from firmware_bridge.card.archive import packing_of, unpacked
from firmware_bridge.card.causes import CardError, Cause
from telemetry.said import Said, said

BLOCK_BYTES = 4 << 20
_QUEUED_BLOCKS = 4
_SYNC_EVERY_BYTES = 64 << 20  # so that progress tells the card's speed, not the page cache's
_END = None
_ZEROS = bytes(BLOCK_BYTES)

Progress = Callable[[int, int], None]  # bytes of the image written, bytes of the packed file read


@dataclass(slots=True)
class Copied:
    """What went onto the card. `prefix_digests[i]` is the hash of the image up to the end of block i: they tell where a card differs."""

    image_bytes: int = 0
    packed_bytes: int = 0
    image_sha256: str = ""
    packed_sha256: str = ""
    prefix_digests: list[bytes] = field(default_factory=list)


class Cancelled(Exception):
    """Somebody asked to stop."""


class _Hashing:
    """A file that hashes what is read from it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self.read_bytes = 0

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._digest.update(data)
        self.read_bytes += len(data)
        return data

    def hexdigest(self) -> str:
        return self._digest.hexdigest()


class Copy:
    """One copy from `image` into the open `target`. `run` does it; `stop` may be called from anywhere."""

    def __init__(self, image: Path, target: int, *, is_fresh_file: bool, expected: str | None, on_progress: Progress) -> None:
        self._image, self._target = image, target
        self._is_fresh_file = is_fresh_file
        self._expected = expected
        self._on_progress = on_progress
        self._to_hash: queue.Queue[bytes | None] = queue.Queue(_QUEUED_BLOCKS)
        self._to_write: queue.Queue[bytes | None] = queue.Queue(_QUEUED_BLOCKS)
        self._stopping = threading.Event()
        self._failure: list[BaseException] = []
        self._lock = threading.Lock()
        self._copied = Copied()
        self.written_bytes = 0

    def run(self) -> Copied:
        """Copy, check the hash, write the first block, sync. Raises CardError or Cancelled; then the card has no first block."""
        threads = [
            threading.Thread(target=self._guarded, args=(work,), name=f"card-{work.__name__.strip('_')}", daemon=True)
            for work in (self._unpack, self._hash)
        ]
        for thread in threads:
            thread.start()
        try:
            first = self._write()
        except OSError as error:
            raise CardError(Cause.CARD, _why_not_written(error, self.written_bytes), self.written_bytes) from error
        finally:
            self.stop()
            for thread in threads:
                thread.join()
        if self._failure:
            raise self._named(self._failure[0])
        self._check()
        self._finish(first)
        return self._copied

    def stop(self) -> None:
        """Have the threads end soon."""
        self._stopping.set()

    def _unpack(self) -> None:
        with self._image.open("rb") as file:
            packing = packing_of(file.read(16))
            file.seek(0)
            if packing == "raw":
                for block in iter(lambda: file.read(BLOCK_BYTES), b""):
                    self._copied.packed_bytes += len(block)
                    self._put(self._to_hash, block)
            elif packing == "zip":  # read back and forth: hashed once it is done
                for block in _blocks(unpacked(file, packing)):
                    self._copied.packed_bytes = file.tell()
                    self._put(self._to_hash, block)
                file.seek(0)
                self._copied.packed_sha256 = hashlib.file_digest(file, "sha256").hexdigest()
                self._copied.packed_bytes = file.tell()
            else:
                hashing = _Hashing(file)
                for block in _blocks(unpacked(hashing, packing)):  # type: ignore[arg-type]
                    self._copied.packed_bytes = hashing.read_bytes
                    self._put(self._to_hash, block)
                while hashing.read(BLOCK_BYTES):
                    pass
                self._copied.packed_bytes, self._copied.packed_sha256 = hashing.read_bytes, hashing.hexdigest()
        self._put(self._to_hash, _END)

    def _hash(self) -> None:
        digest = hashlib.sha256()
        while (block := self._take(self._to_hash)) is not _END:
            self._put(self._to_write, block)
            digest.update(block)
            self._copied.prefix_digests.append(digest.copy().digest())
        self._copied.image_sha256 = digest.hexdigest()
        self._put(self._to_write, _END)

    def _write(self) -> bytes:
        """Write every block but the first, which is kept and returned; zeros stand in its place."""
        first = b""
        unsynced = 0
        try:
            while (block := self._take(self._to_write)) is not _END:
                at = self._copied.image_bytes
                self._copied.image_bytes += len(block)
                if at == 0:
                    first = block
                    if not self._is_fresh_file:
                        _write_all(self._target, _ZEROS[: len(block)], 0)
                elif not (self._is_fresh_file and block == _ZEROS[: len(block)]):
                    _write_all(self._target, block, at)
                    unsynced += len(block)
                self.written_bytes = self._copied.image_bytes
                if unsynced >= _SYNC_EVERY_BYTES and not self._is_fresh_file:
                    os.fdatasync(self._target)
                    unsynced = 0
                self._on_progress(self.written_bytes, self._copied.packed_bytes)
        except Cancelled:
            if not self._failure:
                raise
        return first

    def _check(self) -> None:
        copied = self._copied
        copied.packed_sha256 = copied.packed_sha256 or copied.image_sha256
        if not copied.image_bytes:
            raise CardError(Cause.IMAGE, said("ảnh rỗng", "the image is empty"), 0)
        if self._expected is not None and self._expected not in (copied.image_sha256, copied.packed_sha256):
            raise CardError(Cause.IMAGE, _another_image(copied, self._expected), self.written_bytes)

    def _finish(self, first: bytes) -> None:
        try:
            if self._is_fresh_file:
                os.ftruncate(self._target, self._copied.image_bytes)
            os.fsync(self._target)
            _write_all(self._target, first, 0)
            os.fsync(self._target)
        except OSError as error:
            raise CardError(Cause.CARD, _why_not_written(error, self.written_bytes), self.written_bytes) from error

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Cancelled:
            return
        except BaseException as error:  # noqa: BLE001 - told by run(), in the thread that can
            with self._lock:
                self._failure.append(error)
            self.stop()

    def _named(self, error: BaseException) -> BaseException:
        if isinstance(error, CardError):
            return CardError(error.cause, error.reason, self.written_bytes)
        if isinstance(error, OSError):
            return CardError(
                Cause.IMAGE,
                said(f"không đọc được ảnh: {error.strerror or error}", f"the image cannot be read: {error.strerror or error}"),
                self.written_bytes,
            )
        return error

    def _put(self, to: "queue.Queue[bytes | None]", block: bytes | None) -> None:
        while not self._stopping.is_set():
            try:
                to.put(block, timeout=0.1)
            except queue.Full:
                continue
            return
        raise Cancelled

    def _take(self, of: "queue.Queue[bytes | None]") -> bytes | None:
        while not self._stopping.is_set():
            try:
                return of.get(timeout=0.1)
            except queue.Empty:
                continue
        raise Cancelled


def _blocks(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield blocks of BLOCK_BYTES, the last one shorter."""
    held: list[bytes] = []
    held_bytes = 0
    for chunk in chunks:
        held.append(chunk)
        held_bytes += len(chunk)
        if held_bytes >= BLOCK_BYTES:
            joined = b"".join(held)
            whole = held_bytes - held_bytes % BLOCK_BYTES
            for at in range(0, whole, BLOCK_BYTES):
                yield joined[at : at + BLOCK_BYTES]
            held, held_bytes = [joined[whole:]], held_bytes - whole
    if held_bytes:
        yield b"".join(held)


def _write_all(fd: int, data: bytes, at: int) -> None:
    view = memoryview(data)
    while view:
        count = os.pwrite(fd, view, at)
        view, at = view[count:], at + count


def _why_not_written(error: OSError, written: int) -> Said:
    reason = error.strerror or error
    return said(f"ghi hỏng sau {written:,} byte: {reason}", f"writing failed after {written:,} bytes: {reason}")


def _another_image(copied: Copied, expected: str) -> Said:
    vi = en = copied.packed_sha256
    if copied.packed_sha256 != copied.image_sha256:
        vi += f" (của ảnh bên trong {copied.image_sha256})"
        en += f" (of the image in it {copied.image_sha256})"
    return said(
        f"SHA-256 là {vi}, lẽ ra phải là {expected}: đây không phải ảnh mà mã băm đó nói tới",
        f"the SHA-256 is {en}, but should be {expected}: this is not the image that the hash is of",
    )
