"""`python -m tests.docs.operator_pictures`: the pictures of docs/operators.md, made by the demo, `dashboards preview` and `rules test`.

It takes some three minutes. Readings are simulated, times are those of today.
"""

import gzip
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.segment import Segment
from rich.style import Style

from quanho.demo.picture import terminal_svg
from tests.docs.terminal import Terminal

_PICTURES = Path(__file__).resolve().parents[2] / "docs" / "img" / "dashboards"
_QUANHO = (sys.executable, "-m", "quanho")
_HISTORY_H = "48"
_RUN_S = 600  # ended before
_LIVE_S = 150.0  # until there is something to see of what the agent tells of itself
_URL = re.compile(r"http://127\.0\.0\.1:\d+")
_DAY_S = 86_400
_COLUMNS = 110
_SERIES = "water_level,site=bac-ninh,gateway=gw-1,device=dap-cau"


def main() -> None:
    """Make all pictures."""
    _PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="pictures-") as name:
        folder = Path(name)
        demo = subprocess.Popen(
            [*_QUANHO, "demo", "--seconds", str(_RUN_S), "--history", _HISTORY_H, "--no-tui", "--folder", str(folder / "demo")],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            url = _url(demo)
            time.sleep(_LIVE_S)
            words = ("--influx", url, "--database", "quanho_demo", "--out", str(_PICTURES))
            subprocess.run([*_QUANHO, "dashboards", "preview", *words], check=True)
        finally:
            demo.terminate()
            demo.communicate()
        _replays(folder)


def _url(demo: "subprocess.Popen[str]") -> str:
    """Return the address of the demo's store, which it prints at its start."""
    for line in demo.stdout or ():
        if found := _URL.search(line):
            return found[0]
    raise SystemExit("the demo told no store; is influxd installed?")


def _replays(folder: Path) -> None:
    """A flood that rises past alarms I and II, while the gauge falls silent for a while."""
    recording = folder / "flood.lp.gz"
    end_s = int(time.time()) // _DAY_S * _DAY_S
    lines = [
        f"{_SERIES} level={_level(minute / 1440):.2f},quality=0i {end_s - _DAY_S + 60 * minute}000000000"
        for minute in range(0, 1440, 5)
        if not 700 <= minute < 860
    ]
    recording.write_bytes(gzip.compress("\n".join(lines).encode()))
    for language in ("vi", "en"):
        words = ("--lang", language, "dashboards", "rules", "test", "flood", "--replay", recording.name)
        with Terminal([*_QUANHO, *words], folder, os.environ, _COLUMNS) as terminal:
            terminal.wait()
            prompt = [Segment(f"$ quanho dashboards rules test flood --replay {recording.name}", Style(bold=True))]
            lines = [prompt, *terminal.screen.lines()]
        (_PICTURES / f"replay-{language}.svg").write_text(terminal_svg(lines, _COLUMNS, len(lines), "quanho"), encoding="utf-8")


def _level(day: float) -> float:
    """Return metres at Đáp Cầu: from 3.4 in the morning to 5.7 at noon, and down again."""
    return 3.4 + 2.3 * max(0.0, 1.0 - abs(day - 0.55) / 0.4)


if __name__ == "__main__":
    main()
