"""A run of the demo, from the first process to the closing account."""

import json
import shutil
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from quanho.demo import plain
from quanho.demo.account import Account
from quanho.demo.cuts import Cutter, is_cut_due
from quanho.demo.interrupts import Interrupts
from quanho.demo.picture import save_picture
from quanho.demo.scene import Phase, Scene
from quanho.demo.screen import Display, Lines, Screen
from quanho.demo.site import Site
from quanho.demo.store import DATABASE, InfluxStore
from quanho.demo.watch import Watcher
from quanho.lang import say
from telemetry.errors import ConfigError, Problem

_TICK_S = 0.2
_LONGEST_SOCKET_PATH = 107  # bytes; unix(7)


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asks for. `seconds` None: until q or Ctrl-C."""

    seconds: float | None = None
    has_view: bool = True
    cut: bool = False
    folder: Path | None = None
    keep: bool = False
    as_json: bool = False
    picture: Path | None = None
    history_h: float = 0.0


def run(options: Options) -> int:
    """Run the demo; return 0 if the account balances, 1 if not. Leaves at once by KeyboardInterrupt on a second Ctrl-C."""
    console = Console(stderr=options.as_json, highlight=False, soft_wrap=True)
    folder = _folder(options.folder)
    is_kept = options.keep or options.folder is not None
    try:
        with Interrupts() as interrupts, ExitStack() as stack:
            account = _Run(options, folder, console, interrupts, stack).run()
        _report(account, console, as_json=options.as_json)
        is_kept = is_kept or not account.is_balanced
        return 0 if account.is_balanced else 1
    finally:
        if is_kept:
            console.print(say(f"Thư mục được giữ lại: {folder}", f"The folder is kept: {folder}"), markup=False)
        else:
            shutil.rmtree(folder, ignore_errors=True)


class _Run:
    """One run; what it starts is ended by `stack`."""

    def __init__(self, options: Options, folder: Path, console: Console, interrupts: Interrupts, stack: ExitStack) -> None:
        self._options = options
        self._console = console
        self._interrupts = interrupts
        self._stack = stack
        self._site = Site(folder, lambda sentence: console.print(sentence, style="yellow", markup=False), options.history_h)
        self._watcher = Watcher(self._site)
        self._phase = Phase.STARTING
        self._steered_by_hand = False
        self._pictured = Scene(self._watcher.look)

    def run(self) -> Account:
        self._stack.callback(self._site.close)
        self._site.start()
        self._introduce()
        self._site.open_street()
        self._cutter = Cutter(self._site.store)
        for part in (self._watcher, self._cutter):
            self._stack.callback(part.stop)
            part.start()
        self._phase = Phase.RUNNING
        self._interrupts.has_begun = True
        has_view = self._options.has_view and not self._options.as_json and self._console.is_terminal
        with Screen(self._console) if has_view else Lines(self._console) as display:
            self._go_on_until_asked(display)
            self._phase = Phase.DRAINING
            self._cutter.stop()
            account = self._site.balance(lambda: self._show(display))
        if self._options.picture:
            save_picture(self._pictured, self._options.picture)
        return account

    def _go_on_until_asked(self, display: Display) -> None:
        seconds = self._options.seconds
        while not self._interrupts.is_asked and (seconds is None or self._watcher.elapsed_s < seconds) and self._site.agent.is_running:
            pressed = display.pressed()
            if "q" in pressed:
                return
            if "c" in pressed:
                self._steered_by_hand = True
                self._cutter.want(away=not self._cutter.is_away)
            elif self._options.cut and not self._steered_by_hand:
                self._cutter.want(away=is_cut_due(self._watcher.elapsed_s, seconds))
            self._show(display)
            time.sleep(_TICK_S)

    def _show(self, display: Display) -> None:
        look, cutter = self._watcher.look, self._cutter
        scene = Scene(look, self._phase, cutter.is_away, cutter.was_away, self._site.store.can_be_cut, self._options.seconds)
        if self._phase is Phase.RUNNING and _tells_more(scene, self._pictured):
            self._pictured = scene
        display.show(scene)

    def _introduce(self) -> None:
        street, config = self._site.street, self._site.agent.config
        devices = street.device_count if street else 0
        sentences = [
            say(
                f"{devices} thiết bị mô phỏng → tác tử thật → kho đệm → kho dữ liệu",
                f"{devices} simulated devices → the real agent → spool → store",
            ),
            say(f"Cấu hình của tác tử: {config}", f"The agent's config: {config}"),
            say(
                f"Ở cửa sổ khác, hãy thử:  quanho edge status --config {config}",
                f"In another terminal, try:  quanho edge status --config {config}",
            ),
        ]
        if isinstance(self._site.store, InfluxStore):
            sentences += _about_the_store(self._site.store, self._site.told_h)
        if self._options.cut and not self._site.store.can_be_cut:
            sentences.append(say("Kho dạng tệp không ngắt được: bỏ qua --cut.", "Files cannot be taken away: --cut is passed over."))
        for sentence in sentences:
            self._console.print(sentence, markup=False)


def _about_the_store(store: InfluxStore, history_h: float) -> list[str]:
    where = f"--influx {store.url} --database {DATABASE}"
    told = say(f", gồm cả {history_h:g} giờ vừa qua", f", with the last {history_h:g} hours in it") if history_h else ""
    return [
        say(f"Kho dữ liệu: {store.url}{told}. Bảng điều khiển trên đó:", f"The store: {store.url}{told}. Dashboards on it:"),
        f"  quanho dashboards check {where}",
        f"  quanho dashboards preview {where} --out DIR",
    ]


def _folder(wanted: Path | None) -> Path:
    """Return an empty folder; ConfigError where `wanted` cannot be one."""
    if wanted is None:
        return Path(tempfile.mkdtemp(prefix="quanho-demo-"))
    folder = wanted.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise ConfigError([Problem(str(folder), "", "is not empty; the demo starts from nothing: name another folder")])
    if len(str(folder / "agent" / "agent.sock").encode()) > _LONGEST_SOCKET_PATH:
        raise ConfigError([Problem(str(folder), "", "is too long a path for a Unix socket in it (unix(7)); name a shorter one")])
    return folder


def _tells_more(scene: Scene, than: Scene) -> bool:
    """Whether a scene makes the better picture: the store away, and the fuller spool."""
    return (scene.is_store_away, scene.look.depth) >= (than.is_store_away, than.look.depth)


def _report(account: Account, console: Console, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(account.to_json(), ensure_ascii=False), flush=True)
        return
    console.print(plain.account_table(account))
    console.print(plain.verdict(account))
    for sentence in account.explained():
        console.print(f"  {sentence}", markup=False)
