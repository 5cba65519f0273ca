"""Register maps for the tests, as they would stand in a file."""

from edge.modbus.template import Template, parse_template

HEAD = {"name": "x", "vi": "x", "en": "x", "source": "x", "measurement": "own"}


def row(name: str, address: int | str = 0, **more: object) -> dict[str, object]:
    """Return one field of holding registers, unless `more` says otherwise."""
    given: dict[str, object] = {"name": name, "address": address, **more}
    return given if isinstance(address, str) else {"function": 3, **given}


def template(*rows: dict[str, object], **more: object) -> Template:
    return parse_template({**HEAD, **more, "field": list(rows)}, "x.toml")
