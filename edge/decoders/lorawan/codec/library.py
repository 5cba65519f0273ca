"""Where codecs come from: those that are shipped (codecs/*.toml), a file of one's own, or a table in the config.

A name is that of a file ("milesight") or of a model in one ("AM308", "DL-PM"), in any case of letters. A file of one's own may hold
models too ("acme.toml#TH-2") and may begin with `extends = "milesight"`. A shipped model may extend another one: the same device under
another name.
"""

import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from edge.decoders.lorawan.codec.compile import Codec
from edge.decoders.lorawan.codec.settings import CodecSettings

_FOLDER = Path(__file__).parent.parent / "codecs"
_LARGEST_BYTES = 1024 * 1024
_DEEPEST = 5
_META = ("models", "euis", "extends", "has_generic_names")


def load(choice: str | Mapping[str, Any], measurement: str | None = None) -> Codec:
    """Return the codec of a name, a path that ends in .toml, or a table; ValueError says what is wrong with it."""
    raw = _table(choice)
    _models_of(raw)
    where = choice if isinstance(choice, str) else "codec"
    try:
        codec = Codec(CodecSettings.model_validate({key: value for key, value in raw.items() if key not in _META}), measurement)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        is_unknown = first["type"] == "extra_forbidden"
        raise ValueError(f"{where}: {place}: {'unknown key' if is_unknown else str(first['msg']).removeprefix('Value error, ')}") from None
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None
    if not _has_layout(raw):
        models = ", ".join(_models_of(raw))[:300]
        hint = (
            f'name the model, as in "{where}#{next(iter(_models_of(raw)))}"; it has {models}'
            if models
            else "no values, tlv, flags, records or cases in it"
        )
        raise ValueError(f"{where}: {hint}")
    return codec


def names() -> list[str]:
    """Return every shipped name: families that need no model first, then models."""
    return [*(name for name, table in _families().items() if _has_layout(table)), *_models()]


def model_named(words: str) -> str:
    """Return the shipped model that `words` (a device profile, a model id) name as a word of its own, "" if none or several.

    Not one of a family with `has_generic_names`: "Soil_Moisture_Sensor" may be anybody's.
    """
    named = (_by_lower().get(word.strip(",;:()"), "") for word in words.lower().split())
    found = {model for model in named if model in _models() and not _families()[_models()[model]].get("has_generic_names")}
    return found.pop() if len(found) == 1 else ""


def family_of_eui(eui: str) -> str:
    """Return the shipped family whose vendor owns the first bytes of `eui`, "" if none."""
    return next((family for prefix, family in _euis() if eui.startswith(prefix)), "")


def _table(choice: str | Mapping[str, Any], depth: int = 0) -> Mapping[str, Any]:
    if depth > _DEEPEST:
        raise ValueError("extends goes round in a circle, or too deep")
    if not isinstance(choice, str):
        base = choice.get("extends")
        return choice if base is None else _laid_over(_table(str(base), depth + 1), choice)
    path, _, model = choice.partition("#")
    if path.endswith(".toml"):
        table = _table(_read(Path(path)), depth + 1)
        models = _models_of(table)
        if model and model not in models:
            raise ValueError(f"{path} has no model {model!r}; it has {', '.join(models) or 'none'}")
        return _laid_over(table, models[model]) if model else table
    name = _by_lower().get(choice.lower())
    if name is None:
        near = get_close_matches(choice.lower(), _by_lower(), n=3)
        hint = f"did you mean {', '.join(_by_lower()[one] for one in near)}?" if near else "a file of your own ends in .toml"
        raise ValueError(f"no codec {choice!r}: {hint}")
    if name in _families():
        if not _has_layout(_families()[name]):
            raise ValueError(f"{name} is a family: name the model, one of {', '.join(_families()[name]['models'])[:300]}")
        return _families()[name]
    family = _families()[_models()[name]]
    own = family["models"][name]
    return _laid_over(_table(own["extends"], depth + 1) if "extends" in own else family, own)


def _models_of(table: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    models = table.get("models", {})
    if not isinstance(models, Mapping) or not all(isinstance(one, Mapping) for one in models.values()):
        raise ValueError("models: a table for each model, as in [models.TH-2]")
    return models


def _read(path: Path) -> Mapping[str, Any]:
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise ValueError(f"{path}: larger than a codec can be")
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"cannot read {path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"{path}: {error}") from None


def _laid_over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return `below` with the tables of `above` laid over it; what is no table is replaced."""
    merged = {**below}
    for key, value in above.items():
        if isinstance(value, Mapping) and isinstance(merged.get(key), Mapping):
            merged[key] = _laid_over(merged[key], value)
        else:
            merged[key] = value
    return merged


def _has_layout(table: Mapping[str, Any]) -> bool:
    return any(table.get(key) for key in ("values", "tlv", "records", "cases")) or bool(table.get("flags", {}).get("groups"))


@cache
def _families() -> dict[str, dict[str, Any]]:
    return {path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(_FOLDER.glob("*.toml"))}


@cache
def _models() -> dict[str, str]:
    return {model: family for family, table in _families().items() for model in table.get("models", {})}


@cache
def _by_lower() -> dict[str, str]:
    return {name.lower(): name for name in (*_families(), *_models())}


@cache
def _euis() -> list[tuple[str, str]]:
    return [(prefix, family) for family, table in _families().items() for prefix in table.get("euis", ())]
