"""Statements are read as they are written: what select.py builds, the reader takes apart again, and neither knows the other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.influxql.reading import read
from dashboards.influxql.select import AUTO, Select, call, literal, name, select
from dashboards.influxql.statement import (
    Binary,
    Call,
    Field,
    Measurement,
    Pattern,
    Show,
    Statement,
    Value,
    Variable,
    all_of,
    parts,
    selects,
)
from dashboards.influxql.tokens import Unreadable

_NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1, max_size=8)
_DURATIONS = st.from_regex(r"[1-9][0-9]{0,2}(ms|s|m|h|d)", fullmatch=True)


@st.composite
def _statements(draw: st.DrawFn, depth: int = 1) -> Select:
    """Statements as dashboards build them, with statements inside."""
    is_inner = depth == 0 or draw(st.booleans())
    columns = draw(st.lists(st.tuples(st.sampled_from(["mean", "last", "count"]), _NAMES, st.just("") | _NAMES), min_size=1, max_size=3))
    conditions = draw(st.lists(st.tuples(_NAMES, st.sampled_from(["=", "!="]), _NAMES), max_size=2))
    return select(
        *[(call(function, field), alias) for function, field, alias in columns],
        of=draw(_NAMES.filter(lambda name: not name.startswith("/")))
        if is_inner
        else draw(st.lists(_statements(depth=depth - 1), min_size=1, max_size=2)),
        where=[f"{name(tag)} {operator} {literal(value)}" for tag, operator, value in conditions],
        by=draw(st.lists(_NAMES.filter(lambda tag: not tag.startswith("/")), max_size=2)),
        every=draw(st.sampled_from(["", AUTO]) | _DURATIONS),
        fill=draw(st.sampled_from(["null", "none", "0", "previous", "linear"])),
        rest=draw(st.sampled_from(["", "ORDER BY time DESC", "LIMIT 20", "ORDER BY time DESC LIMIT 1"])),
    )


@given(_statements())
def test_what_select_writes_is_read_as_the_same_parts(written: Select) -> None:
    found = read(written.text)
    assert isinstance(found, Statement)
    _assert_same(written, found)


def _assert_same(written: Select, found: Statement) -> None:
    assert [(_call_text(column.expression), column.alias) for column in found.columns] == list(written.what)
    assert [group.name for group in found.tags if isinstance(group, Field)] == list(written.by)
    assert found.fill == (written.fill if written.every else "")
    assert (_text(found.every) if found.every else "") == written.every
    assert " ".join(f"{clause} {value}" for clause, value in found.clauses.items()) == written.rest
    conditions = list(all_of(found.where))
    if isinstance(written.of, str):
        assert found.sources == (Measurement(written.of, found.measurements[0].at),)
        assert conditions[0] == Variable("$timeFilter", conditions[0].at)
        conditions = conditions[1:]
    else:
        for each, inner in zip(written.of, found.inner, strict=True):
            _assert_same(each, inner)
    assert [_condition_text(each) for each in conditions] == list(written.where)


def _call_text(expression: object) -> str:
    assert isinstance(expression, Call)
    assert isinstance(expression.arguments[0], Field)
    return call(expression.function, expression.arguments[0].name)


def _condition_text(expression: object) -> str:
    assert isinstance(expression, Binary)
    assert isinstance(expression.left, Field)
    assert isinstance(expression.right, Value)
    return f"{name(expression.left.name)} {expression.operator} {literal(expression.right.text)}"


def _text(expression: object) -> str:
    assert isinstance(expression, (Variable, Value))
    return expression.text


@given(st.text(alphabet="SELECT FROM'\"/()*,$a1.;-=~", max_size=30))
def test_any_text_is_read_or_refused_with_a_position_inside_it(text: str) -> None:
    position = 0
    try:
        read(text)
    except Unreadable as error:
        position = error.position
    assert 0 <= position <= len(text)


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("DROP MEASUREMENT air", 0, "SELECT or SHOW"),
        ('SELECT mean("a" FROM "air"', 16, "')' is missing"),
        ('SELECT "a" FROM "air" WHERE "b" = \'x', 34, "does not end"),
        ('SELECT "a" FROM "air" GROUP BY 5', 31, "only time() and tags"),
        ('SELECT "a" FROM "air"; DROP MEASUREMENT "air"', 23, "should end here"),
        ('SELECT "a" FROM "air" WHERE "b" =~ /x', 35, "regular expression"),
        ('SELECT "a" FROM "air" WHERE "a" > 5 ms', 36, "should end here"),
    ],
)
def test_a_refusal_names_what_is_wrong_and_where(text: str, position: int, words: str) -> None:
    with pytest.raises(Unreadable, match=f"at character {position + 1}:") as refused:
        read(text)
    assert refused.value.position == position
    assert words in refused.value.words


def test_brackets_without_end_are_refused_not_a_crash() -> None:
    with pytest.raises(Unreadable, match="brackets"):
        read(f"SELECT {'(' * 100_000}")


def test_a_slash_divides_after_a_value_and_begins_a_regular_expression_before_one() -> None:
    found = read('SELECT sum("a") / 2 / "b" AS "ratio", /^n[0-9]/ FROM /^(air|water\\/x)$/ WHERE "site" !~ /a\\/b/')
    assert isinstance(found, Statement)
    assert [column.name for column in found.columns] == ["ratio", ""]
    assert found.measurements == (Measurement("^(air|water/x)$", 53, is_pattern=True),)
    assert found.columns[1].expression == Pattern("^n[0-9]", 38)
    assert isinstance(found.where, Binary)
    assert found.where.right == Pattern("a/b", found.where.right.at)


def test_arithmetic_binds_stronger_than_comparison_and_comparison_than_and() -> None:
    found = read('SELECT "a" FROM "m" WHERE "a" + 2 * 3 > 4 AND "b" = true OR -"c" < 1')
    assert isinstance(found, Statement)
    condition = found.where
    assert isinstance(condition, Binary)
    assert condition.operator == "OR"
    assert [each.operator for each in parts(condition) if isinstance(each, Binary)] == ["OR", "AND", ">", "+", "*", "=", "<", "*"]


def test_the_last_seen_query_of_two_statements_is_read_with_both() -> None:
    found = read(
        'SELECT sum("n") FROM (SELECT count("quality") AS "n" FROM "gateway" WHERE time > now() - 10m GROUP BY "site"), '
        '(SELECT last("quality") * 0 AS "n" FROM "gateway" WHERE $timeFilter GROUP BY "site") GROUP BY "site"'
    )
    assert [[source.name for source in each.measurements] for each in selects(found)] == [[], ["gateway"], ["gateway"]]
    assert [type(next(all_of(each.where))).__name__ for each in selects(found) if each.where] == ["Binary", "Variable"]


def test_clauses_that_are_not_portable_are_read_too_so_that_they_can_be_named() -> None:
    found = read('SELECT sample("a", 3) INTO "b" FROM "c"."autogen"."d" fill(-1) SLIMIT 2 SOFFSET 1 tz(\'Asia/Ho_Chi_Minh\')')
    assert isinstance(found, Statement)
    assert found.clauses == {"INTO": "b", "SLIMIT": "2", "SOFFSET": "1", "TZ": "Asia/Ho_Chi_Minh"}
    assert (found.measurements[0].name, found.fill) == ("d", "-1")


@pytest.mark.parametrize(
    ("text", "what", "keys", "has_condition"),
    [
        ('SHOW TAG VALUES FROM "air" WITH KEY = "site" WHERE "gateway" =~ /^${gateway:regex}$/', "TAG VALUES", ["site"], True),
        ('show tag values with key in ("site", device) limit 5', "TAG VALUES", ["site", "device"], False),
        ("SHOW TAG VALUES WITH KEY =~ /si.e/", "TAG VALUES", ["si.e"], False),
        ("SHOW FIELD KEYS", "FIELD KEYS", [], False),
        ("SHOW SERIES EXACT CARDINALITY", "SERIES EXACT CARDINALITY", [], False),
    ],
)
def test_statements_that_show_are_read(text: str, what: str, keys: list[str], has_condition: bool) -> None:
    found = read(text)
    assert isinstance(found, Show)
    assert found.what == what
    assert [each.name if isinstance(each, Field) else each.text for each in found.keys] == keys
    assert (found.where is not None) is has_condition
