"""The SHA-256 that an image should have: given as hex, or in a file as sha256sum(1) writes it, or in such a file beside the image."""

import re
from dataclasses import dataclass
from pathlib import Path

from telemetry.errors import ConfigError, Problem
from telemetry.said import said

_HEX = re.compile(r"[0-9a-fA-F]{64}")
_LINE = re.compile(r"^\\?([0-9a-fA-F]{64})(?:[ \t]+[ *]?(.+?))?[ \t]*$", re.MULTILINE)
_BSD = re.compile(r"^SHA2?-?256 \((.+)\) = ([0-9a-fA-F]{64})[ \t]*$", re.MULTILINE)
_MOST_BYTES = 1 << 20
_BESIDE = ("SHA256SUMS", "sha256sums.txt", "SHA256SUMS.txt")


@dataclass(frozen=True, slots=True)
class Expected:
    """`digest` in lower-case hex, and where it came from. It may be of the packed file or of the image in it."""

    digest: str
    source: str


def expected_digest(asked: str | None, image: Path) -> Expected | None:
    """Return what --sha256 names, else what stands beside the image, else None. Raises ConfigError for what is no hash."""
    if asked is None:
        return _beside(image)
    if _HEX.fullmatch(asked):
        return Expected(asked.lower(), "--sha256")
    path = Path(asked)
    try:
        text = _read(path)
    except OSError as error:
        why = error.strerror or error
        vi = f"{asked!r} không phải 64 chữ số hex, cũng không phải tệp đọc được ({why})"
        en = f"{asked!r} is neither 64 hex digits nor a file that can be read ({why})"
        raise ConfigError([Problem("--sha256", "", said(vi, en))]) from error
    digest = digest_in(text, image.name, allow_other_name=True)
    if digest is None:
        vi = f"không có SHA-256 nào của {image.name}; có đúng tệp không?"
        raise ConfigError([Problem(str(path), "", said(vi, f"holds no SHA-256 for {image.name}; is it the right file?"))])
    return Expected(digest, str(path))


def digest_in(text: str, name: str, *, allow_other_name: bool) -> str | None:
    """Return the digest of `name` (or of the image that is packed in it) in the text of a checksum file.

    A text with a single line counts whatever name it has, if `allow_other_name`: the file was renamed after the download.
    """
    lines = [(found[1].lower(), (found[2] or "").rpartition("/")[2]) for found in _LINE.finditer(text)]
    lines += [(found[2].lower(), found[1].rpartition("/")[2]) for found in _BSD.finditer(text)]
    names = [name, Path(name).stem]
    for wanted in names:
        for digest, of in lines:
            if of == wanted:
                return digest
    if len(lines) == 1 and (allow_other_name or not lines[0][1]):
        return lines[0][0]
    return None


def _beside(image: Path) -> Expected | None:
    for path in (image.with_name(image.name + ".sha256"), image.with_suffix(".sha256"), *(image.with_name(name) for name in _BESIDE)):
        try:
            digest = digest_in(_read(path), image.name, allow_other_name=path.name == f"{image.name}.sha256")
        except OSError:
            continue
        if digest is not None:
            return Expected(digest, str(path))
    return None


def _read(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(_MOST_BYTES).decode("utf-8", errors="replace")
