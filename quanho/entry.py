"""Where the program begins. Ctrl-C while Python imports ends it without a traceback; from `cli.main` on it is an exception as usual."""

import os
import signal

_INTERRUPTED = 130


def _quiet(*_: object) -> None:
    os._exit(_INTERRUPTED)


_IS_OURS = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # not where a shell had it ignored
if _IS_OURS:
    signal.signal(signal.SIGINT, _quiet)


def main() -> int:
    """Run the command line and return the exit code."""
    from quanho import cli

    if _IS_OURS:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    return cli.main()
