"""What influxd calls the columns (influxql.SelectStatement.ColumnNames).

Aliases come first, then the others by function or field, `_1` for a second one.
"""

from dashboards.influxql.memory.syntax import Binary, Call, Expression, Ref

_WITH_TAGS = ("top", "bottom")


def column_names(columns: tuple[tuple[Expression, str], ...]) -> tuple[str, ...]:
    """Return the names without `time`, one for each column."""
    found: list[str] = [alias for _, alias in columns]
    seen = {alias: 1 for alias in found if alias}
    for at, (expression, alias) in enumerate(columns):
        if alias:
            continue
        name = "_".join(_words(expression))
        if name in seen:
            count = seen[name]
            while f"{name}_{count}" in seen:
                count += 1
            seen[name] = count + 1
            name = f"{name}_{count}"
        seen[name] = seen.get(name, 0) + 1
        found[at] = name
    return tuple(found)


def with_tags(columns: tuple[tuple[Expression, str], ...]) -> tuple[tuple[Expression, str], ...]:
    """Return the columns with one more for each tag that top() or bottom() is asked for."""
    wide: list[tuple[Expression, str]] = []
    for expression, alias in columns:
        wide.append((expression, alias))
        if isinstance(expression, Call) and expression.name in _WITH_TAGS:
            wide += [(argument, "") for argument in expression.arguments[1:] if isinstance(argument, Ref)]
    return tuple(wide)


def _words(expression: Expression) -> list[str]:
    if isinstance(expression, Ref):
        return [expression.name]
    if isinstance(expression, Call):
        return [expression.name]
    if isinstance(expression, Binary):
        return _words(expression.left) + _words(expression.right)
    return []
