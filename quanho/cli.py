"""The command line: one row of COMMANDS a command, one module of quanho/commands a row.

A command module has `add_parser(subparsers)`, which sets `run` to a function from the parsed arguments to an exit code. It
must be cheap to import: what is heavy is imported inside `run`.
"""

import argparse
import errno
import importlib
import io
import json
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from quanho import lang
from quanho.failure import EXIT_USAGE, Failed
from quanho.lang import pick, say
from telemetry.errors import ConfigError, QuanhoError
from telemetry.said import reason_of

COMMANDS = {
    "bundle": "quanho.commands.bundle",
    "bus": "quanho.commands.bus",
    "card": "quanho.commands.card",
    "dashboards": "quanho.commands.dashboards",
    "demo": "quanho.commands.demo",
    "decode": "quanho.commands.decode",
    "edge": "quanho.commands.edge",
    "flash": "quanho.commands.flash",
    "link": "quanho.commands.link",
    "lp": "quanho.commands.lp",
    "site": "quanho.commands.site",
    "spool": "quanho.commands.spool",
}

EXIT_FAILED = 1
EXIT_INTERRUPTED = 130  # 128 + SIGINT, as shells report it
_OF_WRITING = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})  # no read ends with these
EXIT_PIPE_CLOSED = 141  # 128 + SIGPIPE

_EPILOG = """\
examples:
  quanho lp parse readings.lp             line protocol to JSON, one point a line
  quanho lp parse - < readings.lp | quanho lp encode -
  quanho --lang en lp parse readings.lp   messages in English

environment:
  QUANHO_LANG   language of messages, vi (default) or en

exit codes:
  0 done   1 failed, or part of the input was refused   2 wrong usage or configuration, or unreadable input
  130 interrupted (Ctrl-C)   141 the reader of our output went away
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv` (default: the process's own) and return the exit code."""
    words = _language_first(sys.argv[1:] if argv is None else argv)
    as_json = False
    _open_streams()
    try:
        arguments = parser_for(words).parse_args(words)
        if arguments.lang:
            lang.use(arguments.lang)
        as_json = getattr(arguments, "json", False)
        code: int = arguments.run(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        _forget_stdout()  # the reader of our pipe got the same Ctrl-C
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        _forget_stdout()
        return EXIT_PIPE_CLOSED
    except ConfigError as error:
        return _failed([problem.text for problem in error.problems], EXIT_USAGE, as_json=as_json)
    except Failed as error:
        return _failed([reason_of(error)], error.exit_code, as_json=as_json)
    except QuanhoError as error:
        return _failed([reason_of(error)], EXIT_FAILED, as_json=as_json)
    except OSError as error:
        return _failed([_said(error)], EXIT_FAILED, as_json=as_json and error.errno not in _OF_WRITING)
    return code


def _failed(problems: Sequence[str], code: int, *, as_json: bool) -> int:
    """Say what is wrong, a line each; for --json one object on standard output, so that a script always has one to read."""
    if as_json:
        answer = {"ok": False, "exit_code": code, "error": "; ".join(problems), "problems": list(problems)}
        with suppress(OSError, ValueError):
            print(json.dumps(answer, ensure_ascii=False), flush=True)
    _forget_stdout()
    for problem in problems:
        _complain(pick(problem))
    return code


def _open_streams() -> None:
    """Have standard streams to write to, also where the caller closed them (`>&- 2>&-`)."""
    if sys.stdout is None:
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 (as long as the process)
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # Vietnamese on a Latin-1 terminal, half a surrogate pair in a topic


def _said(error: OSError) -> str:
    if error.errno in _OF_WRITING and error.filename is None:
        return say(f"không ghi được kết quả: {error.strerror}", f"cannot write the output: {error.strerror}")
    return say(f"lỗi hệ thống: {error}", f"system error: {error}")


def _language_first(words: Sequence[str]) -> list[str]:
    """`--lang` is taken wherever it stands, also behind the command: move it before the command, where the parser knows it."""
    end = words.index("--") if "--" in words else len(words)
    at = next((at for at, word in enumerate(words[:end]) if word == "--lang" or word.startswith("--lang=")), end)
    after = at + (2 if "--lang" in words[at : min(at + 1, end)] else 1)
    return list(words) if at == end else [*words[at:after], *words[:at], *words[after:]]


def parser_for(words: Sequence[str]) -> argparse.ArgumentParser:
    """Build the parser; of the commands only the one that `words` name, so that no other is imported."""
    parser = argparse.ArgumentParser(
        prog="quanho",
        description="Field readings, durably, into InfluxDB: the gateway agent and its tools.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show program's version number and exit")
    parser.add_argument("--lang", choices=lang.LANGUAGES, help="language of messages (default: QUANHO_LANG, else vi)")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    named = [word for word in words if word in COMMANDS][:1]
    for name in named or COMMANDS:
        importlib.import_module(COMMANDS[name]).add_parser(subparsers)
    return parser


class _Version(argparse.Action):
    """Looks the version up when it is asked for: reading the list of installed packages takes as long as many a command."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from runtime.host import installed_version

        print(f"quanho {installed_version() or '(not installed)'}")
        parser.exit()


def _complain(text: str) -> None:
    print(f"quanho: {text}", file=sys.stderr)


def _forget_stdout() -> None:
    """Point stdout at nothing, so that the interpreter's last flush does not fail again (Python docs, SIGPIPE note)."""
    with suppress(OSError, ValueError):
        sys.stdout.flush()
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
