"""Every name in a query is one that we write: of the catalogue, a tag of the wire, or a column of the statement inside.

InfluxDB answers a name that nobody writes with no series and no error, so that a panel with one is empty without a reason.
"""

import re
from collections.abc import Iterable, Iterator

from dashboards.influxql.statement import Expression, Field, Measurement, Pattern, Show, Statement, selects
from dashboards.lint.finding import Finding
from dashboards.lint.literals import mistaken
from dashboards.lint.scope import EVERY_TAG, columns_of, has_fields_like, is_field, measurements_of, names_in, tags_of
from dashboards.lint.walk import Asked
from dashboards.words import Text

RULE = "catalogue"
_WAY_OUT = Text("xem telemetry/catalogue và docs/specs/wire.md", "see telemetry/catalogue and docs/specs/wire.md")


def check(asked: Iterable[Asked]) -> Iterator[Finding]:
    for each in asked:
        statement = each.statement
        found = _of_show(statement) if isinstance(statement, Show) else _of_selects(statement) if statement else ()
        for words in dict.fromkeys(found):
            yield Finding(RULE, each.place, words, _WAY_OUT)


def _of_show(show: Show) -> Iterator[Text]:
    known = EVERY_TAG
    for source in show.sources:
        measurements = list(_measurements(source))
        yield from (each for each in measurements if isinstance(each, Text))
        known = known.union(*(tags_of(each) for each in measurements if isinstance(each, str)))
    if not show.sources:
        known = known.union(*(tags_of(each) for each in measurements_of(Measurement("", 0, is_pattern=True))))
    for key in (*show.keys, *names_in(show.where)):
        if isinstance(key, Field) and key.name not in known:
            yield _no_tag(key.name)


def _of_selects(statement: Statement) -> Iterator[Text]:
    for each in selects(statement):
        if each.inner:
            yield from _of_outer(each)
        for source in each.measurements:
            for measurement in _measurements(source):
                if isinstance(measurement, Text):
                    yield measurement
                else:
                    yield from _of_innermost(each, measurement)


def _measurements(source: Measurement) -> Iterator[str | Text]:
    """Yield the catalogued names that are meant, or what is wrong with them."""
    try:
        names = measurements_of(source)
    except re.error as error:
        yield Text(f"biểu thức /{source.name}/ sai: {error}", f"the expression /{source.name}/ is wrong: {error}")
        return
    if not names and "$" not in source.name:
        yield Text(f"không có phép đo “{source.name}” trong danh mục", f"the measurement “{source.name}” is not in the catalogue")
    yield from names


def _of_innermost(statement: Statement, measurement: str) -> Iterator[Text]:
    tags = tags_of(measurement)
    texts = {right for _, right in mistaken(statement)}  # dashboards.lint.literals says what they are
    for expression in (*(column.expression for column in statement.columns), statement.where):
        for name in names_in(expression):
            if name.name not in tags | texts and not is_field(measurement, name.name):
                yield Text(
                    f"“{name.name}” không phải trường hay thẻ của “{measurement}” trong danh mục",
                    f"“{name.name}” is no field or tag of “{measurement}” in the catalogue",
                )
    for column in statement.columns:
        if isinstance(column.expression, Pattern) and not _finds(measurement, column.expression.text):
            text = column.expression.text
            yield Text(f"/{text}/ không khớp trường nào của “{measurement}”", f"/{text}/ finds no field of “{measurement}”")
    for tag in _tags(statement.tags):
        if tag not in tags:
            yield _no_tag(tag, measurement)


def _of_outer(statement: Statement) -> Iterator[Text]:
    known = frozenset[str]().union(*map(columns_of, statement.inner))
    used = [name.name for column in statement.columns for name in names_in(column.expression)]
    used += [name.name for name in names_in(statement.where)]
    for name in (*used, *_tags(statement.tags)):
        if name not in known and not _is_open(statement):
            yield Text(f"câu truy vấn bên trong không cho cột “{name}”", f"the statement inside gives no column “{name}”")


def _is_open(statement: Statement) -> bool:
    """Whether a statement inside gives columns or tags that its text does not name."""
    return any("" in columns_of(inner) or any(not isinstance(tag, Field) for tag in inner.tags) for inner in statement.inner)


def _finds(measurement: str, pattern: str) -> bool:
    try:
        return "$" in pattern.rstrip("$") or has_fields_like(measurement, pattern)
    except re.error:
        return False


def _tags(groups: tuple[Expression, ...]) -> list[str]:
    return [group.name for group in groups if isinstance(group, Field) and "$" not in group.name]


def _no_tag(tag: str, measurement: str = "") -> Text:
    vi, en = (f" của “{measurement}”", f" of “{measurement}”") if measurement else ("", "")
    return Text(f"“{tag}” không phải thẻ{vi}", f"“{tag}” is no tag{en}")
