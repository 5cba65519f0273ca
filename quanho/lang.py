"""The language of what operators read: Vietnamese, or English by QUANHO_LANG=en or --lang en.

Logs and the messages inside exceptions are English; they are for maintainers. A reason that people read has its Vietnamese beside it
(`telemetry.said`).
"""

import os
from typing import Literal

from telemetry.said import vi_of

Language = Literal["vi", "en"]
LANGUAGES: tuple[Language, ...] = ("vi", "en")

_chosen: dict[str, Language] = {}


def use(language: Language) -> None:
    """Choose the language for this process; it outranks QUANHO_LANG."""
    _chosen["now"] = language


def current() -> Language:
    """The chosen language, else QUANHO_LANG, else Vietnamese (also when QUANHO_LANG names another)."""
    if "now" in _chosen:
        return _chosen["now"]
    return "en" if os.environ.get("QUANHO_LANG", "").lower().startswith("en") else "vi"


def say(vi: str, en: str) -> str:
    """Return the text in the operator's language."""
    return vi if current() == "vi" else en


def pick(text: str) -> str:
    """Return a reason in the operator's language, where it has its Vietnamese beside it; else as it is."""
    return say(vi_of(text), str(text))
