"""How far a long read has come, on stderr; nothing where nobody looks, or where it would run into the output."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

_LEAST_BYTES = 8 * 1024 * 1024  # shorter files are done before anybody wonders


@contextmanager
def watched(stream: BinaryIO) -> Iterator[BinaryIO]:
    """Yield `stream`, or the same with a progress bar."""
    size = os.fstat(stream.fileno()).st_size
    if size < _LEAST_BYTES or not sys.stderr.isatty() or sys.stdout.isatty():
        yield stream
        return
    from rich.console import Console
    from rich.progress import wrap_file

    with wrap_file(stream, total=size, description="", console=Console(stderr=True), transient=True) as shown:
        yield shown
