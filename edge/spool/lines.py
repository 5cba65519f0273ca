"""The lines of a text of line protocol: a line feed within a quoted string does not end one."""

from contextlib import suppress

from telemetry.lineprotocol.grammar import SyntaxFault, read_entry


def split_lines(text: bytes) -> list[bytes]:
    """Return the lines without the line feeds that end them."""
    if b'"' not in text:
        return text.removesuffix(b"\n").split(b"\n")
    lines, start = [], 0
    while start < len(text):
        end = text.find(b"\n", start) + 1 or len(text)
        if b'"' in text[start:end]:
            with suppress(SyntaxFault):
                end = max(end, read_entry(text, start).end)
        if text[end : end + 1] == b"\n":  # the string held a line feed; this one ends the line
            end += 1
        lines.append(text[start:end].removesuffix(b"\n"))
        start = end
    return lines
