"""The live view: one screen of any size from 80×24 up, drawn from a scene. Pure: no terminal, no clock."""

from rich import box
from rich.console import RenderableType
from rich.layout import Layout
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from quanho.demo.charts import bar, curve
from quanho.demo.scene import Mood, Phase, Scene, event, mood
from quanho.demo.watch import Look, SeriesKey
from quanho.demo.words import clock, hour_of_day, number, quantity, source_name
from quanho.lang import say

WIDE_COLUMNS = 112
_LEFT_COLUMNS = 64
_CURVE_COLUMNS = 58  # a list of values so wide has room for their curves
_SOURCES_ROWS = 9  # six sources, their heading, the frame; more with a board
_SOURCES_SHOWN = 6
_SPOOL_ROWS = 5  # bar, uplink, store, the frame; the curve comes on top
_COLOURS = {Mood.CALM: "green", Mood.BEHIND: "yellow", Mood.CUT: "red"}
_DEPTH_SCALE = 250  # lines in the spool that fill bar and curve, doubled until there is room for what it held

# What is shown first where there is little room: one value of each kind.
_VALUES: tuple[SeriesKey, ...] = (
    ("air", "air-01", "pm2_5"),
    ("noise", "noise-01", "laeq"),
    ("power", "meter-01", "active_power"),
    ("weather", "mast-01", "temperature"),
    ("water_level", "dap-cau", "level"),
    ("water_level", "phu-lang-thuong", "level"),
    ("weather", "avr-01", "temperature"),
    ("power", "avr-01", "voltage"),
    ("air", "kiosk-01", "pm10"),
    ("air", "air-05", "co2"),
    ("weather", "mast-01", "humidity"),
    ("weather", "mast-02", "wind_speed"),
    ("weather", "mast-03", "solar_radiation"),
    ("power", "meter-04", "voltage_l1"),
    ("noise", "noise-06", "lamax"),
    ("air", "air-08", "pm2_5"),
    ("air", "air-08", "temperature"),
    ("power", "meter-06", "active_power"),
    ("noise", "noise-03", "la90"),
    ("water_level", "dap-cau", "battery"),
    ("weather", "mast-04", "pressure"),
    ("weather", "mast-02", "wind_direction"),
    ("air", "air-03", "co2"),
    ("noise", "noise-05", "laeq"),
    ("air", "kiosk-01", "pm1"),
    ("air", "air-04", "humidity"),
)


def render(scene: Scene, width: int, height: int) -> RenderableType:
    """Return the screen."""
    sources_rows = _SOURCES_ROWS + max(0, len(scene.look.sources) - _SOURCES_SHOWN)
    room = height - 2 - sources_rows - _SPOOL_ROWS
    body = Layout()
    if width >= WIDE_COLUMNS:
        left = Layout(size=_LEFT_COLUMNS)
        left.split_column(Layout(_sources(scene.look), size=sources_rows), Layout(_spool(scene, _LEFT_COLUMNS - 4, max(1, room))))
        body.split_row(left, Layout(_values(scene.look, height - 4, width - _LEFT_COLUMNS - 4)))
    else:
        curve_rows = max(1, min(8, (room - 6) // 2))
        body.split_column(
            Layout(_sources(scene.look), size=sources_rows),
            Layout(_spool(scene, width - 4, curve_rows), size=_SPOOL_ROWS + curve_rows),
            Layout(_values(scene.look, room - curve_rows - 2, width - 4)),
        )
    screen = Layout()
    screen.split_column(Layout(_title(scene), size=1), body, Layout(_foot(scene), size=1))
    return screen


def _title(scene: Scene) -> RenderableType:
    look = scene.look
    line = Table.grid(expand=True)
    line.add_column(ratio=1, no_wrap=True)
    line.add_column(justify="right", no_wrap=True)
    name = Text.assemble((" quanho ", "bold reverse"), "  ", say("phố Lý Thái Tổ, Bắc Ninh – dữ liệu ", "Lý Thái Tổ street, Bắc Ninh – "))
    name.append(say("mô phỏng", "simulated"), "bold yellow")
    length = f" / {clock(scene.run_s)}" if scene.run_s else ""
    day = say(f"giờ của phố {hour_of_day(look.hour)}", f"street time {hour_of_day(look.hour)}")
    line.add_row(name, Text.assemble((day, "cyan"), "   ", (f"{clock(look.elapsed_s)}{length} ", "bold")))
    return line


def _sources(look: Look) -> RenderableType:
    table = Table(box=None, expand=True, padding=(0, 1, 0, 0), header_style="dim")
    table.add_column(say("nguồn", "source"), no_wrap=True, ratio=1)
    table.add_column(say("qua", "by"), no_wrap=True)
    for heading in (say("tin/s", "msg/s"), say("bản tin", "messages"), say("số đo", "readings"), say("để riêng", "set aside")):
        table.add_column(heading, justify="right", no_wrap=True)
    for source in look.sources:
        mark = ("● ", "green") if source.is_connected else ("○ ", "bold red")
        name = Text.assemble(mark, source_name(source.id))
        if not source.is_connected:
            name.append(say("  mất nối", "  not connected"), "red")
        refused = Text(number(source.refused), "yellow" if source.refused else "dim")
        kind = say("nối tiếp", "serial") if source.kind == "serial" else source.kind.upper()
        table.add_row(name, Text(kind, "dim"), number(source.rate, 1), number(source.messages), number(source.points), refused)
    return _panel(table, say("nguồn dữ liệu", "sources"))


def _spool(scene: Scene, width: int, curve_rows: int) -> RenderableType:
    look = scene.look
    colour = _COLOURS[mood(scene)]
    top = _DEPTH_SCALE
    while top < 1.1 * max(look.depths, default=0):
        top *= 2
    grid = Table.grid(expand=True, padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(no_wrap=True, ratio=1)
    amount = say(
        f"{number(look.depth)} dòng, cũ nhất {number(look.oldest_s)} s", f"{number(look.depth)} lines, oldest {number(look.oldest_s)} s"
    )
    label_width = 11
    room = width - label_width - 2
    filled = Text(bar(look.depth / top, max(10, room - 32)), f"{colour} on grey23")
    grid.add_row(say("kho đệm", "spool"), Text.assemble(filled, "  ", (amount, "bold" if scene.is_store_away else "")))
    for at, line in enumerate(curve(look.depths, room, curve_rows, low=0.0, high=float(top))):
        grid.add_row(say("2 phút qua", "last 2 min") if at == curve_rows - 1 else "", Text(line, colour))
    grid.add_row(say("đường lên", "uplink"), _uplink(look))
    grid.add_row(say("trong kho", "in store"), _stored(look))
    return _panel(grid, say("kho đệm → kho dữ liệu", "spool → store"), "red" if scene.is_store_away else "")


def _uplink(look: Look) -> Text:
    if look.is_uplink_up:
        return Text.assemble(("● ", "green"), say("đang gửi  ", "sending  "), (look.server, "dim"), overflow="ellipsis")
    return Text.assemble(("○ ", "bold red"), (say("mất  ", "down  "), "bold red"), (look.trouble, "dim"), overflow="ellipsis")


def _stored(look: Look) -> Text:
    if look.stored is None:  # it does not answer: what it had is still there
        stored = Text.assemble((f"≥ {number(look.last_stored)}", "bold"), say(" số đo", " readings"))
    else:
        rate = f"  +{number(look.stored_rate)}/s" if look.stored_rate >= 1.0 else ""
        stored = Text.assemble((number(look.stored), "bold"), say(" số đo", " readings"), (rate, "green"))
    stored.append(say(f"   sinh ra {number(look.produced)}", f"   produced {number(look.produced)}"), "dim")
    if look.set_aside:
        stored.append(say(f"   để riêng {number(look.set_aside)}", f"   set aside {number(look.set_aside)}"), "yellow")
    return stored


def _values(look: Look, rows: int, width: int) -> RenderableType:
    grid = Table.grid(expand=True, padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(no_wrap=True, justify="right", style="bold")
    curve_width = max(8, min(24, width - _CURVE_COLUMNS + 8))
    if width >= _CURVE_COLUMNS:
        grid.add_column(no_wrap=True, style="cyan")
    present = [key for key in _VALUES if key in look.values]
    for key in present[: max(1, rows)]:
        measurement, device, field = key
        name, value = quantity(measurement, field, look.values[key][-1])
        cells = [name, device, value]
        if width >= _CURVE_COLUMNS:
            cells.append(curve(look.values[key], curve_width)[0])
        grid.add_row(*cells)
    return _panel(grid, say("số đo mới nhất", "last values"))


def _foot(scene: Scene) -> RenderableType:
    line = Table.grid(expand=True)
    line.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    line.add_column(justify="right", no_wrap=True)
    style = f"bold {_COLOURS[mood(scene)]}"
    keys = say(" q dừng ", " q end ")
    if scene.can_be_cut and scene.phase is Phase.RUNNING:
        keys = (
            say(" c nối lại kho · ", " c store back · ") if scene.is_store_away else say(" c ngắt kho · ", " c cut store · ")
        ) + keys.lstrip()
    line.add_row(Text(f" ▸ {event(scene)}", style), Text(keys, "dim"))
    return line


def _panel(content: RenderableType, title: str, style: str = "") -> Panel:
    return Panel(content, title=title, title_align="left", box=box.ROUNDED, border_style=style or "grey50", padding=(0, 1))
