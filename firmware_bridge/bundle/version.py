"""Versions of firmware: Semantic Versioning 2.0.0, as in 1.2.0 or 2.0.0-rc.1+build5."""

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator

_LONGEST = 31  # esp_app_desc_t keeps 32 bytes with the ending zero
_NUMBER = r"(0|[1-9][0-9]{0,8})"
_PART = r"(?:0|[1-9][0-9]{0,8}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_VERSION = re.compile(rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-({_PART}(?:\.{_PART})*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Precedence:
    """Orders versions (section 11): numbers below words, a pre-release below its release; what follows `+` does not count."""

    numbers: tuple[int, int, int]
    is_release: bool
    parts: tuple[tuple[int, int, str], ...]


def precedence(version: str) -> Precedence:
    """Return what to compare `version` by. Raises ValueError with the rule where it is none."""
    found = _VERSION.fullmatch(version) if len(version) <= _LONGEST else None
    if found is None:
        raise ValueError(f"{version!r} is no version: write three numbers, as in 1.2.0 or 2.0.0-rc.1, at most {_LONGEST} characters")
    major, minor, patch, before = found.groups()
    parts = tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in before.split(".")) if before else ()
    return Precedence((int(major), int(minor), int(patch)), before is None, parts)


def is_older(version: str, than: str) -> bool:
    """Whether `version` comes before `than`. Raises ValueError."""
    return precedence(version) < precedence(than)


def _checked(version: str) -> str:
    precedence(version)
    return version


Version = Annotated[str, AfterValidator(_checked)]
