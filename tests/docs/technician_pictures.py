"""Makes docs/img/technician/: every picture of the technician's page, by running the commands that stand in it.

    .venv/bin/python -m tests.docs.technician_pictures          (root; needs the board tools of deploy/setup.sh, and poppler-utils)
    .venv/bin/python -m tests.docs.technician_pictures card     only those of SD cards

The boards are the stand-ins of the tests: an Uno in simavr with Optiboot, flashed by the real avrdude, and an ESP32 loader that the
real esptool talks to. Nothing on the screens is written by this program but the prompt and the command.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.segment import Segment
from rich.style import Style

from quanho.demo.picture import terminal_svg
from tests.docs.place import HOME, enter_place, is_in_place
from tests.docs.terminal import Screen, Terminal

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "docs" / "img" / "technician"
COLUMNS = 104
LANGUAGES = ("vi", "en")
_WIDEST = 160  # letters; a browser scales wider pictures down until nobody reads them
_WITH_ENVIRONMENT = "import json, os, sys; os.environ.update(json.loads(sys.argv.pop(1))); from quanho.cli import main; sys.exit(main())"
_PROMPT, _TYPED, _DIM = Style(color="green", bold=True), Style(bold=True), Style(dim=True)


class Camera:
    """Runs commands and takes pictures of their screens, in one language."""

    def __init__(self, language: str) -> None:
        self.language = language

    @contextmanager
    def running(self, *words: str, programs: Mapping[str, str] | None = None) -> Iterator[Terminal]:
        """`quanho WORDS` in a terminal; `programs` is the environment of the programs that it runs, as in `FlashCommand`."""
        command = [sys.executable, "-c", _WITH_ENVIRONMENT, json.dumps(dict(programs or {})), *words]
        environment = {
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin:/usr/sbin:/sbin",
            "HOME": str(HOME),
            "LOGNAME": HOME.name,
            "LANG": "C.UTF-8",
            "TZ": "Asia/Ho_Chi_Minh",
            "QUANHO_LANG": self.language,
            "PYTHONPATH": str(ROOT),
            "PYTHONWARNINGS": "ignore",
        }
        with Terminal(command, HOME, environment, COLUMNS) as terminal:
            yield terminal

    def shot(self, name: str, *words: str, code: int = 0, programs: Mapping[str, str] | None = None) -> str:
        """Run it to its end, take its picture, and return what it said."""
        with self.running(*words, programs=programs) as terminal:
            ended = terminal.wait()
            assert ended == code, f"{words} ended with {ended}, not {code}:\n{terminal.screen.text()}"
            self.take(name, [(words, terminal.screen)])
            return terminal.screen.text()

    def run(self, *words: str, programs: Mapping[str, str] | None = None) -> None:
        """Run it for what it does; there is no picture."""
        with self.running(*words, programs=programs) as terminal:
            ended = terminal.wait()
            assert ended == 0, f"{words} ended with {ended}:\n{terminal.screen.text()}"

    def take(self, name: str, shown: Sequence[tuple[Sequence[str], Screen]]) -> None:
        """Write the picture of commands and what they said."""
        lines: list[list[Segment]] = []
        for words, screen in shown:
            lines += [*typed(words), *screen.lines()]
        wide = max(sum(segment.cell_length for segment in line) for line in lines)
        assert wide <= _WIDEST, f"a line of {name} is {wide} letters wide: nobody reads that in a picture"
        title = " · ".join(command_line(words) for words, _ in shown)
        path = PICTURES / f"{name}.{self.language}.svg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(terminal_svg(lines, max(wide, 72), len(lines), title), encoding="utf-8")
        print(f"{path.relative_to(ROOT)}", file=sys.stderr)


def command_line(words: Sequence[str]) -> str:
    return " ".join(["quanho", *(f'"{word}"' if " " in word else word for word in words)])


def typed(words: Sequence[str]) -> list[list[Segment]]:
    """Return prompt and command, continued with a backslash where they are wider than the picture."""
    rows: list[list[Segment]] = []
    text = ""
    for word in command_line(words).split(" "):
        if text and len(text) + len(word) > COLUMNS - 6:
            rows.append([Segment("$ " if not rows else "  ", _PROMPT), Segment(text + " \\", _TYPED)])
            text = "    " + word
        else:
            text = f"{text} {word}" if text else word
    return [*rows, [Segment("$ " if not rows else "  ", _PROMPT), Segment(text, _TYPED)]]


def page_picture(pdf: Path, out: Path) -> None:
    """Draw the first page of a PDF as SVG."""
    if shutil.which("pdftocairo") is None:
        sys.exit("pdftocairo is not installed: sudo apt-get install poppler-utils")
    subprocess.run(["pdftocairo", "-svg", "-f", "1", "-l", "1", str(pdf), str(out)], check=True)


def main() -> None:
    if not is_in_place():
        for language in LANGUAGES:
            enter_place("tests.docs.technician_pictures", language, *sys.argv[1:])
        return
    from tests.docs.technician_walk import card, walk

    language, *parts = sys.argv[1:]
    (card if parts == ["card"] else walk)(Camera(language))


if __name__ == "__main__":
    main()
