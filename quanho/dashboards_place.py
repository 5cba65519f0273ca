"""Which dashboards, in which languages, over which time, with which alerts: what several subcommands share."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from quanho.failure import Failed
from quanho.lang import LANGUAGES, say
from quanho.moments import parse_time, take_ages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dashboards.alerting.rendered import Alerting
    from dashboards.built import Built
    from dashboards.influxql.expand import Span
    from dashboards.words import Language


def add_choice(parser: argparse.ArgumentParser, *, has_time: bool = True) -> None:
    """Add --only and --languages, and --from and --to."""
    parser.add_argument("--only", metavar="NAME,…", default="", help="some dashboards: overview, air, water, surroundings, fleet, …")
    parser.add_argument("--languages", type=languages_of, metavar="L,…", default=LANGUAGES, help="vi, en (both)")
    if has_time:
        take_ages(parser)
        parser.add_argument("--from", dest="from_time", metavar="TIME", help="-6h, or 2026-11-27T08:00+07:00 (as each dashboard opens)")
        parser.add_argument("--to", dest="to_time", metavar="TIME", help="now, or as --from (now)")


def _ago(text: str) -> str:
    """Grafana's way of saying -6h is now-6h."""
    return text.removeprefix("now") if text.startswith("now-") else text


def languages_of(text: str) -> "tuple[Language, ...]":
    """Return the languages of --languages, in their order there: the type of the argument. Raises ArgumentTypeError."""
    words = tuple(dict.fromkeys(word.strip() for word in text.split(",")))
    languages = tuple(language for word in words for language in LANGUAGES if word == language)
    if unknown := [word for word in words if word not in LANGUAGES]:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown) or '(nothing)'}: choose from {', '.join(LANGUAGES)}")
    return languages


def alerting_of(languages: "Sequence[Language]", contacts: Path | None) -> "Alerting":
    """Return the alert rules of quanho, and whom they reach by a file of contacts. Raises ConfigError."""
    from dashboards.alerting.contacts import load as load_contacts
    from dashboards.alerting.render import render
    from dashboards.alerting.rules import load

    return render(load(), languages, load_contacts(contacts) if contacts else None)


def chosen_boards(arguments: argparse.Namespace) -> "list[Built]":
    """Return the dashboards asked for. Raises Failed for a name that is none."""
    from dashboards.boards import BOARDS
    from dashboards.built import built

    names = [word.strip() for word in arguments.only.split(",") if word.strip()]
    unknown = ", ".join(name for name in names if name not in BOARDS)
    if unknown:
        known = ", ".join(BOARDS)
        raise Failed(say(f"--only: không có bảng {unknown}; có: {known}", f"--only: there is no dashboard {unknown}; there are {known}"))
    return [
        board
        for board in built([language for language in LANGUAGES if language in arguments.languages])
        if not names or board.name in names
    ]


def span_of(arguments: argparse.Namespace, opens_at: str, now_ms: int) -> "Span":
    """Return the time range asked for; without --from the one a dashboard opens with, "now-6h". Raises ConfigError and Failed."""
    from dashboards.check.moment import moment_ms
    from dashboards.influxql.expand import Span

    until = now_ms if arguments.to_time is None else parse_time("--to", _ago(arguments.to_time), now_ms * 1_000_000) // 1_000_000
    if arguments.from_time is None:
        since = moment_ms(opens_at, until)
    else:
        since = parse_time("--from", _ago(arguments.from_time), now_ms * 1_000_000) // 1_000_000
    if since >= until:
        raise Failed(say("--from phải trước --to", "--from must be before --to"))
    return Span(since, until)
