"""Names put together from what a message says of itself: `"{site}-{unit}"`."""

import re
from collections.abc import Iterator

_PART = re.compile(r"\{([^{}]*)\}")


def is_template(text: str) -> bool:
    return "{" in text or "}" in text


def placeholders(template: str) -> Iterator[str]:
    """Yield what stands between braces; ValueError if they do not pair up."""
    if is_template(_PART.sub("", template)):
        raise ValueError(f"{template!r}: braces must pair up, as in '{{device}}'")
    for found in _PART.finditer(template):
        if not found[1]:
            raise ValueError(f"{template!r}: empty braces; name a placeholder, as in '{{device}}'")
        yield found[1]


def pieces(template: str) -> list[tuple[str, str]]:
    """Return (literal text, placeholder after it); the last placeholder is empty when the text ends the template."""
    cut = _PART.split(template)
    names = [*cut[1::2], ""]
    return [piece for piece in zip(cut[0::2], names, strict=True) if piece != ("", "")]
