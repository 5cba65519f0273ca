"""How many reads a register map costs, and coils in a map."""

from itertools import pairwise, product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.decoders.table import build_decoder
from edge.modbus.frame import Span, read_request, rtu
from edge.modbus.plan import merged, reads_of
from edge.modbus.template import load_template, template_names
from telemetry import catalogue

rows = st.lists(st.tuples(st.integers(0, 6), st.integers(1, 4)), min_size=1, max_size=9)  # gap before it, registers


@given(rows, st.integers(4, 20), st.integers(0, 4))
def test_no_other_grouping_of_rows_in_a_row_takes_fewer_reads(gaps: list[tuple[int, int]], limit: int, max_gap: int) -> None:
    spans, at = [], 0
    for gap, length in gaps:
        spans.append(Span(3, at + gap, length))
        at += gap + length
    assert len(merged(spans, limit, max_gap)) == min(
        sum(cuts) + 1 for cuts in product((0, 1), repeat=len(spans) - 1) if _is_allowed(spans, cuts, limit, max_gap)
    )


def _is_allowed(spans: list[Span], cuts: tuple[int, ...], limit: int, max_gap: int) -> bool:
    first = spans[0]
    for cut, (left, right) in zip(cuts, pairwise(spans), strict=True):
        if cut:
            first = right
        elif right.address - left.address - left.length > max_gap or right.address + right.length - first.address > limit:
            return False
    return True


@pytest.mark.parametrize("name", template_names())
def test_the_rows_of_a_template_fit_the_catalogue(name: str) -> None:
    template = load_template(name)
    assert all(span.length <= template.max_registers for span in reads_of(template) if span.function in {3, 4})
    for row in template.field:
        quantity = catalogue.find(template.measurement, row.name)
        assert quantity is not None, f"{row.name} is not in the catalogue of {template.measurement}"
        assert not quantity.unit or row.unit, f"{row.name} has no unit, the catalogue says {quantity.unit}"


def test_coils_of_a_map_are_read_at_once_and_become_true_or_false(tmp_path: Path) -> None:
    at = {"pump": 19, "valve": 20, "door": 27}
    rows = [f'[[field]]\nname = "{name}"\nfunction = 1\naddress = {address}\ntype = "bool"' for name, address in at.items()]
    file = tmp_path / "plant.toml"
    file.write_text("\n".join(['name = "x"', 'vi = "x"', 'en = "x"', 'source = "x"', 'measurement = "plant"', "max_gap = 8", *rows]))
    (span,) = reads_of(load_template(str(file)))
    assert span == Span(1, 19, 9)
    payload = rtu(7, read_request(span)) + rtu(7, b"\x01\x02\x01\x01")
    decoded = build_decoder("modbus", {"slaves": [{"id": 7, "template": str(file)}]}).decode("", payload)
    assert not decoded.refusals
    assert [reading.fields for reading in decoded.readings] == [{"pump": True, "valve": False, "door": True}]
