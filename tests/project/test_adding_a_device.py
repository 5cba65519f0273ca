"""The code of docs/sensors/adding-a-serial-device.md does what the page says."""

import re
import sys
from pathlib import Path
from types import ModuleType

from edge.decoders.table import Row
from edge.framers.table import build_framer
from telemetry import quality
from tests.edge.decoders.contract import NASTY, check

_PAGE = Path(__file__).parents[2] / "docs/sensors/adding-a-serial-device.md"
_BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


def _frame(distance_cm: int, strength: int) -> bytes:
    body = b"\x59\x59" + distance_cm.to_bytes(2, "little") + strength.to_bytes(2, "little") + b"\x02\x00"
    return body + bytes((sum(body) & 0xFF,))


def _module() -> ModuleType:
    code, _ = _BLOCK.findall(_PAGE.read_text(encoding="utf-8"))
    module = ModuleType("tfmini_of_the_page")
    sys.modules[module.__name__] = module
    exec(compile(code, str(_PAGE), "exec"), module.__dict__)  # noqa: S102 - our own page
    return module


def test_the_decoder_of_the_page_reads_a_stream() -> None:
    module = _module()
    decoder = module.build(module.Options(device="bridge-7"))
    framer = build_framer(decoder.framing)
    frames = framer.feed(b"\x59" + _frame(312, 900) + b"\x00" + _frame(312, 20))
    good, weak = (decoder.decode("", frame).readings[0] for frame in frames)
    assert (good.tags, good.fields, good.quality) == ({"device": "bridge-7"}, {"distance": 3.12, "strength": 900.0}, quality.GOOD)
    assert (weak.fields, weak.quality) == ({"strength": 20.0}, quality.DEVICE_ERROR)


def test_the_decoder_of_the_page_keeps_to_the_contract() -> None:
    module = _module()
    for payload in NASTY.values():
        check(module.build(module.Options()), payload)


def test_the_row_of_the_page_is_a_row() -> None:
    _, row = _BLOCK.findall(_PAGE.read_text(encoding="utf-8"))
    name, made = next(iter(eval(f"{{{row}}}", {"Row": Row}).items()))  # noqa: S307 - our own page
    assert (name, made.module) == ("tfmini", "edge.decoders.tfmini")
