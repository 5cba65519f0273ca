"""The demo without a terminal view: a line every few seconds, and the closing account as a table."""

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from quanho.demo.account import Account, Row
from quanho.demo.scene import Scene, event
from quanho.demo.words import clock, number, source_name
from quanho.lang import say


def line(scene: Scene) -> str:
    """Return one line of progress."""
    look = scene.look
    connected = sum(source.is_connected for source in look.sources)
    stored = number(look.stored) if look.stored is not None else "–"
    parts = (
        clock(look.elapsed_s),
        say(f"nguồn {connected}/{len(look.sources)}", f"sources {connected}/{len(look.sources)}"),
        say(f"sinh ra {number(look.produced)}", f"produced {number(look.produced)}"),
        say(f"trong kho {stored}", f"in store {stored}"),
        say(f"kho đệm {number(look.depth)}", f"spool {number(look.depth)}"),
        event(scene),
    )
    return "  ".join(parts)


def account_table(account: Account) -> RenderableType:
    """Return the closing account."""
    table = Table(box=box.SIMPLE_HEAD, title=say("Quyết toán", "The account"), title_justify="left", title_style="bold")
    table.add_column(say("nguồn", "source"))
    for heading in (
        say("sinh ra", "produced"),
        say("hỏng cố ý", "bad on purpose"),
        say("trong kho", "stored"),
        say("để riêng", "set aside"),
        say("chênh lệch", "difference"),
    ):
        table.add_column(heading, justify="right")
    for row in account.rows:
        table.add_row(source_name(row.source), *_cells(row, row.difference))
    table.add_section()
    table.add_row(account.total.source, *_cells(account.total, account.difference), style="bold")
    return table


def verdict(account: Account) -> Text:
    """Return whether it balances, in a sentence."""
    if account.is_balanced:
        return Text(say("✓ Sổ khớp: không mất số đo nào.", "✓ It balances: no reading was lost."), "bold green")
    return Text(say("✗ Sổ không khớp:", "✗ It does not balance:"), "bold red")


def _cells(row: Row, difference: int) -> list[RenderableType]:
    shown = Text(number(difference), "green" if difference == 0 else "bold red")
    return [number(row.produced), number(row.faults), number(row.stored), number(row.set_aside), shown]
