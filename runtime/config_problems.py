"""What pydantic says of a config, in the words of the file: `source[1] "street".decoder.kind: must be one of …`.

Items of a list are counted from one, as a person counts the `[[source]]` tables, and shown with their `id` or `name`.
"""

import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from telemetry.errors import Problem

_SHOWN_CHARACTERS = 40
_PRIVATE_WORDS = ("password", "token", "secret", "psk", "claim_code")
_KINDS = {
    "bool_type": "true or false",
    "int_type": "a whole number",
    "float_type": "a number",
    "string_type": 'a text in quotes, as in "this"',
    "list_type": "a list in brackets",
    "tuple_type": "a list in brackets",
    "set_type": "a list in brackets",
    "dict_type": "a table",
    "mapping_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "path_type": "a path in quotes",
}


class _Place(NamedTuple):
    """Where an error is: the key as the user sees it, the models that may stand there, and that table of the file."""

    key: str
    models: tuple[type[BaseModel], ...]
    table: object


def problems_of(error: ValidationError, file: str, model: type[BaseModel], table: Mapping[str, object]) -> list[Problem]:
    """Return one Problem for each thing `error` found in `table`, the content of `file`."""
    found = [details for details in error.errors(include_url=False) if not _is_echo(details)]
    return list(dict.fromkeys(_problem(details, file, model, table) for details in found))


def item_name(index: int, item: object) -> str:
    """Return how an item of a list is called: `[1] "street"`."""
    for key in ("id", "name"):
        name = item.get(key) if isinstance(item, Mapping) else getattr(item, key, None)
        if isinstance(name, str):
            return f'[{index + 1}] "{name}"'
    return f"[{index + 1}]"


def _is_echo(details: ErrorDetails) -> bool:
    """Tell a list that pydantic calls too short only because its items were refused, each with an error of its own."""
    given = details["input"]
    return details["type"] == "too_short" and isinstance(given, Sequence) and len(given) >= details["ctx"]["min_length"]


def _problem(details: ErrorDetails, file: str, model: type[BaseModel], table: Mapping[str, object]) -> Problem:
    *parents, last = details["loc"] or ("",)
    place = _walk(model, table, parents)
    kind, context = details["type"], details.get("ctx", {})
    if kind == "extra_forbidden":
        return Problem(file, _join(place.key, str(last)), _unknown_key(str(last), place.models))
    if kind == "missing":
        return Problem(file, _join(place.key, str(last)), _missing_key(str(last), place.models))
    here = _walk(model, table, details["loc"])
    if kind in {"union_tag_invalid", "union_tag_not_found"}:
        choice = str(context["discriminator"]).strip("'")
        known = _literals(choice, here.models)
        given = here.table.get(choice) if isinstance(here.table, Mapping) else None
        return Problem(file, _join(here.key, choice), _not_one_of(given, known))
    return Problem(file, here.key, _wrong_value(details, context))


def _walk(model: type[BaseModel], table: object, location: Iterable[int | str]) -> _Place:
    """Follow pydantic's location through the file and the models; the tag of a union is a step in the models only."""
    key, models = "", typing.cast(tuple[type[BaseModel], ...], (model,))
    for step in location:
        if isinstance(step, int):
            if isinstance(table, Sequence) and not isinstance(table, str) and step < len(table):
                table = table[step]
            key += item_name(step, table)
            continue
        tagged = tuple(one for one in models if any(step in _literals_of(field) for field in one.model_fields.values()))
        if len(models) > 1 and tagged:
            models = tagged
        elif isinstance(table, Mapping) and (step in table or _has_field(models, step)):
            key, models, table = _join(key, step), tuple(_models_below(models, step)), table.get(step)
    return _Place(key, models, table)


def _join(key: str, step: str) -> str:
    return f"{key}.{step}" if key else step


def _fields(models: Iterable[type[BaseModel]]) -> dict[str, FieldInfo]:
    return {field.alias or name: field for model in models for name, field in model.model_fields.items()}


def _has_field(models: Iterable[type[BaseModel]], key: str) -> bool:
    return key in _fields(models)


def _models_below(models: Iterable[type[BaseModel]], key: str) -> Iterator[type[BaseModel]]:
    field = _fields(models).get(key)
    return _models_in(field.annotation) if field else iter(())


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield the settings models that an annotation mentions, through Annotated, unions and containers."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in typing.get_args(annotation):
        yield from _models_in(inner)


def _literals(key: str, models: Iterable[type[BaseModel]]) -> list[str]:
    """Return the values that the models offer for their literal field `key`."""
    return [value for model in models if key in model.model_fields for value in _literals_of(model.model_fields[key])]


def _literals_of(field: FieldInfo) -> list[str]:
    return [value for value in typing.get_args(field.annotation) if isinstance(value, str)]


def _unknown_key(key: str, models: Iterable[type[BaseModel]]) -> str:
    known = list(_fields(models))
    near = get_close_matches(key.lower(), known, n=1)
    if near:
        return f"unknown key; did you mean {near[0]}?"
    return f"unknown key; known here: {', '.join(sorted(known))}" if known else "unknown key; remove it"


def _missing_key(key: str, models: Iterable[type[BaseModel]]) -> str:
    field = _fields(models).get(key)
    return f"is missing: {field.description}" if field and field.description else "is missing; add it"


def _not_one_of(given: object, known: Sequence[str]) -> str:
    listed = " or ".join(f'"{each}"' for each in known)
    if given is None:
        return f"is missing; give {listed}"
    near = get_close_matches(str(given), known, n=1)
    return f"must be {listed}, not {given!r}" + (f'; did you mean "{near[0]}"?' if near else "")


def _wrong_value(details: ErrorDetails, context: Mapping[str, Any]) -> str:
    kind, given = details["type"], details["input"]
    if kind in {"value_error", "assertion_error"}:
        return str(context.get("error", details["msg"]))
    if kind in {"list_type", "tuple_type"} and isinstance(given, Mapping):
        return "must be a list of tables: write its head in double brackets, as in [[source]]"
    if kind == "too_short":
        return f"must have at least {context['min_length']}"
    text = f"must be {_KINDS[kind]}" if kind in _KINDS else details["msg"].replace("Input should be", "must be", 1)
    shown = _shown(given, details["loc"])
    return f"{text}, not {shown}" if shown else text


def _shown(given: object, location: Iterable[int | str]) -> str:
    """Return a short scalar as it stands in the file; nothing where it might be a secret (a URL can hold a password)."""
    if not isinstance(given, str | int | float) or any(word in str(step) for step in location for word in _PRIVATE_WORDS):
        return ""
    text = str(given).lower() if isinstance(given, bool) else repr(given)
    return text if len(text) <= _SHOWN_CHARACTERS and "://" not in text else ""
