"""A reason that people read: English as a string, so that logs, records and programs see one language, with its Vietnamese beside it.

Only the command line chooses (`quanho.lang.pick`). Strings made from a `Said` by formatting are plain: make them with `said`
again, from `vi_of` of their parts.
"""

from collections.abc import Iterable


class Said(str):
    """English text; `vi` says the same in Vietnamese."""

    __slots__ = ("vi",)
    vi: str

    def __getnewargs__(self) -> tuple[str]:
        return (str(self),)

    def __getstate__(self) -> tuple[None, dict[str, str]]:
        return None, {"vi": self.vi}


def said(vi: str, en: str) -> Said:
    """Return `en`, with `vi` beside it."""
    text = Said(en)
    text.vi = vi
    return text


def as_is(text: str) -> Said:
    """Return words that nobody translates (a program's, the system's, an identifier), or a text that has its Vietnamese already."""
    return text if isinstance(text, Said) else said(text, text)


def vi_of(text: str) -> str:
    """Return the Vietnamese of a text that has one, else the text."""
    return text.vi if isinstance(text, Said) else text


def joined(separator: str, texts: Iterable[str]) -> Said:
    """Join texts in both languages."""
    parts = list(texts)
    return said(separator.join(map(vi_of, parts)), separator.join(parts))


def named(before: str, text: str) -> Said:
    """Put words of no language (a path and a colon) before a text."""
    return said(before + vi_of(text), before + text)


def without(before: str, text: Said) -> Said:
    """Take those words away again."""
    return said(text.vi.removeprefix(before), text.removeprefix(before))


def reason_of(error: Exception) -> Said:
    """Return what an error says: `str(error)` would lose the Vietnamese of its text."""
    first = error.args[0] if len(error.args) == 1 else None
    return first if isinstance(first, Said) else as_is(str(error))
