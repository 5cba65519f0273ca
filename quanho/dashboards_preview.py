"""`quanho dashboards preview`: pictures of the dashboards from live data."""

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING

from quanho.dashboards_place import add_choice, chosen_boards, span_of
from quanho.dashboards_store import add_store, store
from quanho.lang import say

if TYPE_CHECKING:
    from dashboards.built import Built
    from dashboards.preview.asked import Ask

_EPILOG = """\
A picture is what a reviewer without a Grafana looks at: panels at their places of a screen 1920 px wide, with the answers of the store now.
It shows queries, units, colours, limits and texts; it is not Grafana: no base map, no list of firing alerts.

examples:
  quanho dashboards preview --influx http://127.0.0.1:8086 --out pictures/
  quanho dashboards preview --influx http://127.0.0.1:8086 --only air,water --languages en --format svg --out pictures/
  quanho dashboards preview --influx http://127.0.0.1:8086 --from -24h --theme dark --out pictures/

exit codes:
  0 drawn   1 drawn, but the store refused a query; the picture shows its words   2 wrong usage   3 the store cannot be reached
"""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "preview",
        help="pictures of the dashboards from live data",
        description=__doc__,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the pictures, NAME-LANGUAGE.png")
    parser.add_argument("--format", choices=("png", "svg"), default="png", help="kind of picture (png)")
    parser.add_argument("--theme", choices=("light", "dark"), default="light", help="colours (light)")
    add_choice(parser)
    add_store(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    import json

    from quanho.extras import dashboards_extra

    boards = chosen_boards(arguments)
    for board in boards:
        span_of(arguments, board.json["time"]["from"], time.time_ns() // 1_000_000)  # a range that is none is told before anything is asked
    arguments.out.mkdir(parents=True, exist_ok=True)
    drawn: list[dict[str, object]] = []
    with dashboards_extra(), store(arguments) as client:
        for board in boards:
            path = arguments.out / f"{board.name}-{board.language}.{arguments.format}"
            troubles = _draw(board, arguments, client.query, path)
            drawn.append({"file": str(path), "troubles": troubles})
            if not arguments.json:
                print(path)
                for words in troubles:
                    print(say(f"  kho dữ liệu từ chối: {words}", f"  the store refused: {words}"))
    is_good = not any(each["troubles"] for each in drawn)
    if arguments.json:
        print(json.dumps({"ok": is_good, "pictures": drawn}, ensure_ascii=False))
    return 0 if is_good else 1


def _draw(board: "Built", arguments: argparse.Namespace, ask: "Ask", path: Path) -> list[str]:
    from dashboards.preview.asked import ask_board
    from dashboards.preview.sheet import draw_sheet

    span = span_of(arguments, board.json["time"]["from"], time.time_ns() // 1_000_000)
    asked = ask_board(board.json, span, ask)
    picture = draw_sheet(board.json, asked, span, board.language, theme=arguments.theme, file_format=arguments.format)
    path.write_bytes(picture)
    titles = {panel["id"]: panel["title"] for panel in board.json["panels"]}
    return [f"{titles[panel]}: {words}" for panel, words in asked.troubles.items()]
