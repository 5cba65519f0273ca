"""Reads the rules out of the TOML files beside this one: a file for each subject, every error at once with file and rule."""

import tomllib
from collections.abc import Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dashboards.alerting.queries import Query
from dashboards.alerting.rule import MOST_UID, Case, Choice, Rule, Words
from dashboards.alerting.soundness import faults
from runtime.config_problems import item_name, problems_of
from telemetry.errors import ConfigError, Problem


class _Written(BaseModel):
    """A [[rule]] of a file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(description="stable name: uid in Grafana, anchor in the runbook", pattern=r"^[a-z][a-z0-9-]*$")
    query: dict[str, object] = Field(description="what is asked (queries.py)")
    case: tuple[Case, ...] = Field(description="each becomes a rule of its own in Grafana", min_length=1)
    for_s: int = Field(description="how long it must be bad before anybody is told", ge=0)
    title: Words = Field(description="what it is called in lists")
    summary: Words = Field(description="the first line of a message")
    meaning: Words = Field(description="what it means")
    action: Words = Field(description="what to do first")
    dashboard: str = Field("", description="the dashboard that shows it")
    panel: str = Field("", description="key of the panel of it; without, the first that shows the field or else the measurement")
    labels: dict[str, str] = Field(default_factory=dict, description="further labels")
    no_data: Choice = Field("KeepLast", description="state when the store has nothing at all")
    on_error: Choice = Field("KeepLast", description="state when the store does not answer")
    blind_after_s: int = Field(1800, description="a replay calls an instance blind when its value is older", gt=0)


class _Subject(BaseModel):
    """A file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    interval_s: int = Field(description="how often the rules are evaluated; a multiple of Grafana's 10 s", ge=10, multiple_of=10)
    rule: tuple[_Written, ...] = Field(description="the rules", min_length=1)


class _Asked(BaseModel):
    query: Query


def load(folder: Traversable | None = None) -> tuple[Rule, ...]:
    """Return every rule, one for each case, by file and place. Raises ConfigError with all that is wrong."""
    problems: list[Problem] = []
    rules: list[Rule] = []
    for file in sorted((folder or files(__package__)).iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml"):
            rules += _read(file, problems)
    seen: dict[str, Rule] = {}
    for rule in rules:
        if rule.uid in seen:
            other = seen[rule.uid].subject
            problems.append(Problem(f"{rule.subject}.toml", rule.name, f"this name is taken by a rule of {other}.toml; choose another"))
        seen.setdefault(rule.uid, rule)
    if problems:
        raise ConfigError(problems)
    return tuple(rules)


def named(rules: tuple[Rule, ...], name: str) -> tuple[Rule, ...]:
    """Return the rule of a name, or all rules of a family."""
    return tuple(rule for rule in rules if name in (rule.name, rule.uid)) or tuple(rule for rule in rules if rule.family == name)


def _read(file: Traversable, problems: list[Problem]) -> Iterator[Rule]:
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
        subject = _Subject.model_validate(table)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        problems.append(Problem(file.name, "", f"not valid TOML: {error}"))
        return
    except ValidationError as error:
        problems += problems_of(error, file.name, _Subject, table)
        return
    for place, written in enumerate(subject.rule):
        for at, case in enumerate(written.case):
            key = f"rule{item_name(place, written)}.case{item_name(at, case) if case.name else f'[{at + 1}]'}"
            found = list(_rule(file.name.removesuffix(".toml"), subject, written, case, Problem(file.name, key, ""), problems))
            for rule in found:
                problems += [Problem(file.name, key, fault) for fault in faults(rule)]
                yield rule


def _rule(subject: str, of: _Subject, written: _Written, case: Case, at: Problem, problems: list[Problem]) -> Iterator[Rule]:
    table: Mapping[str, Any] = {"query": {**written.query, **case.query}}
    try:
        query = _Asked.model_validate(table).query
    except ValidationError as error:
        problems += [Problem(at.file, f"{at.key}.{each.key}", each.message) for each in problems_of(error, at.file, _Asked, table)]
        return
    if case.ways != 1:
        problems.append(Problem(at.file, at.key, "must have exactly one of above, below, legal and alarm"))
        return
    rule = Rule(
        family=written.name,
        subject=subject,
        interval_s=of.interval_s,
        case=case,
        query=query,
        title=written.title.text,
        summary=written.summary.text,
        meaning=written.meaning.text,
        action=written.action.text,
        panel=case.panel or written.panel,
        **written.model_dump(include={"for_s", "dashboard", "labels", "no_data", "on_error", "blind_after_s"}),
    )
    if len(rule.uid) > MOST_UID:
        problems.append(Problem(at.file, at.key, f"its uid {rule.uid} is longer than Grafana's {MOST_UID} characters; shorten the name"))
        return
    yield rule
