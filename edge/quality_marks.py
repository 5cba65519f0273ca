"""Quality bits in the fields of a point: `quality` covers the point, `<field>_quality` is there only where fields differ."""

from collections.abc import Mapping

from telemetry import quality
from telemetry.point import FieldValue

_SUFFIX = "_quality"


def is_mark(name: str) -> bool:
    """Whether a stored field holds quality bits (by its name: a device that has such a field of its own is treated alike)."""
    return name == "quality" or name.endswith(_SUFFIX)


def mark(fields: dict[str, FieldValue], bits: Mapping[str, int]) -> None:
    """Add `bits` of single fields to the quality that `fields` hold."""
    of_point = _bits(fields["quality"])
    names = [name for name in fields if not is_mark(name)] or list(bits)
    each = {name: _bits(fields.get(name + _SUFFIX, of_point)) | bits.get(name, quality.GOOD) for name in names}
    if len(set(each.values())) > 1:
        for name, own in each.items():
            if isinstance(fields.get(name + _SUFFIX, own), int):
                fields[name + _SUFFIX] = own
    for own in each.values():
        of_point |= own
    fields["quality"] = of_point


def merge(fields: dict[str, FieldValue], held: Mapping[str, FieldValue]) -> None:
    """Add the bits of a point that `fields` will be one with: same series, same time."""
    for name, value in held.items():
        if is_mark(name) and isinstance(value, int):
            fields[name] = _bits(fields.get(name, quality.GOOD)) | value


def _bits(value: FieldValue) -> int:
    return int(value) if isinstance(value, int) else quality.GOOD
