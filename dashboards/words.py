"""What operators read, in both languages from one source."""

from typing import Literal, NamedTuple

Language = Literal["vi", "en"]
LANGUAGES: tuple[Language, ...] = ("vi", "en")


class Text(NamedTuple):
    """One text, Vietnamese and English."""

    vi: str
    en: str

    def to(self, language: Language) -> str:
        """Return it in one language."""
        return self.vi if language == "vi" else self.en


def same(text: str) -> Text:
    """Return a text that is the same in every language: a symbol, a name."""
    return Text(text, text)
