"""Runs every query of dashboards and alert rules against a store, each different one once, and tells what does not answer as it should."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from dashboards.check.moment import moment_ms
from dashboards.check.schema import Schema, Store, schema_of
from dashboards.check.verdict import fault_of, has_value
from dashboards.influxql.chosen import ALL_VALUE, chosen, saved_with
from dashboards.influxql.expand import Choice, Span, expand, expand_every, interval_ms, variables_in
from dashboards.influxql.reading import read
from dashboards.influxql.statement import Field, Show
from dashboards.influxql.tokens import Unreadable
from dashboards.lint import catalogue, literals, portable, readable, variables
from dashboards.lint.finding import Finding, Place
from dashboards.lint.walk import Asked, name_of, queries, rule_queries
from dashboards.lint.walk import variables as variables_of
from dashboards.model.json import Json
from dashboards.words import Text, same
from runtime.influx_series import QueryError

RULE = "store"
_DEVICE = "device"
# A query with such a finding finds nothing for a known reason, so that its answer tells no more.
_DOOMING = frozenset({readable.RULE, literals.RULE, catalogue.RULE, portable.RULE, variables.RULE})
_REFUSED = Text("sửa câu truy vấn", "mend the query")
_UNSEEN = Text(
    "kiểm tra thiết bị có gửi trường này không; ô được phép trống thì đặt may_be_empty",
    "see whether a device sends it; a panel that may be empty says may_be_empty",
)
_NO_VALUES = Text("kiểm tra phép đo và thẻ của biến", "look at the variable's measurement and tag")
_NOTHING = Text("thiết bị không có gì để hiện trong ô này", "the device has nothing to show in this panel")
OnAsked = Callable[[int, int], None]  # how many are done, of how many


@dataclass(frozen=True, slots=True)
class Range:
    """What to look at: as the dashboards themselves open, or from and to as the command was told."""

    now_ms: int
    from_text: str = ""
    to_text: str = "now"

    def span(self, default_from: str, points: int = 1000) -> Span:
        return Span(moment_ms(self.from_text or default_from, self.now_ms), moment_ms(self.to_text, self.now_ms), points)


@dataclass(slots=True)
class _Questions:
    """Statements as the store gets them, each with all who ask it."""

    by_text: dict[str, list[Asked]] = field(default_factory=dict)

    def add(self, text: str, asked: Asked) -> None:
        self.by_text.setdefault(text, []).append(asked)


@dataclass(slots=True)
class _Panels:
    """Panels of one chosen device: they ask for whatever it might have, and must show something of it.

    `of_one_device` are the variables that choose it, by the uid of the dashboard.
    """

    of_one_device: Mapping[str, set[str]]
    seen: dict[Place, tuple[Asked, bool]] = field(default_factory=dict)

    def note(self, asked: Asked, *, has_value: bool) -> None:
        place = Place(asked.place.board, asked.place.panel)
        _, had_value = self.seen.get(place, (asked, False))
        self.seen[place] = (asked, had_value or has_value)

    def empty(self, may_be_empty: Mapping[str, frozenset[int]]) -> Iterator[Finding]:
        for place, (asked, had_value) in self.seen.items():
            if not had_value:
                yield Finding(RULE, place, _NOTHING, _UNSEEN, "note" if _may_be_empty(asked, may_be_empty) else "finding")


def one_device(board: Json) -> set[str]:
    """Return the variables of a dashboard that choose exactly one device."""
    found = set()
    for variable in variables_of(board):
        if variable.get("type") == "query" and not (variable.get("multi") or variable.get("includeAll")):
            try:
                statement = read(str(variable.get("query", "")))
            except Unreadable:
                continue
            if isinstance(statement, Show) and [key.name for key in statement.keys if isinstance(key, Field)] == [_DEVICE]:
                found.add(str(variable["name"]))
    return found


def ask(
    boards: Sequence[Json],
    rules: Sequence[Json],
    store: Store,
    when: Range,
    *,
    linted: Sequence[Finding] = (),
    may_be_empty: Mapping[str, frozenset[int]] | None = None,
    on_asked: OnAsked | None = None,
) -> list[Finding]:
    """Return what is wrong with the answers. `may_be_empty` are ids of panels by the uid of their dashboard.

    Raises TransientError when the store does not answer, ValueError for a range that is none.
    """
    schema = schema_of(store)
    doomed = {finding.place for finding in linted if finding.rule in _DOOMING}
    questions, found = _Questions(), list[Finding]()
    for board in boards:
        found += _prepare(board, store, when, questions)
    for rule in rules:
        for asked in rule_queries(rule):
            questions.add(_of_rule(asked, when), asked)
    panels = _Panels({name_of(board): one_device(board) for board in boards})
    for done, (text, askers) in enumerate(questions.by_text.items()):
        if on_asked:
            on_asked(done, len(questions.by_text))
        sound = [asked for asked in askers if asked.place not in doomed]
        if sound:
            found += _verdicts(text, sound, store, schema, may_be_empty or {}, panels)
    if on_asked:
        on_asked(len(questions.by_text), len(questions.by_text))
    return found + list(panels.empty(may_be_empty or {}))


def _prepare(board: Json, store: Store, when: Range, questions: _Questions) -> list[Finding]:
    """Resolve the variables, collect the queries, and return what is wrong with the variables."""
    found: list[Finding] = []
    span = when.span(board.get("time", {}).get("from", "now-6h"))
    listed: dict[str, list[str]] = {}

    def list_values(statement: str) -> list[str]:
        if statement not in listed:
            answer = store.query(statement)
            listed[statement] = sorted({str(row[-1]) for series in answer for row in series.values})
        return listed[statement]

    try:
        choices = chosen(board, span, list_values)
    except QueryError as error:
        place = Place(name_of(board), "$…")
        return [Finding(RULE, place, same(f"{error.words}: {error.statement}"), _REFUSED)]
    except KeyError:
        return []  # dashboards.lint.variables names the variable that is not there
    for variable in variables_of(board):
        if variable.get("type") == "query":
            found += _defaults(board, variable, list_values(expand(str(variable["query"]), span, choices)))
    for asked in queries(board):
        if asked.kind != "variable":
            try:
                questions.add(_of_board(asked, when, board, choices), asked)
            except KeyError:
                continue
    return found


def _defaults(board: Json, variable: Json, values: Sequence[str]) -> Iterator[Finding]:
    """Yield what of a variable's default the store does not list."""
    place = Place(name_of(board), f"${variable.get('name', '')}")
    if not values:
        yield Finding(RULE, place, Text("biến không có giá trị nào trong kho", "the store has no value for the variable"), _NO_VALUES)
        return
    for value in saved_with(variable):
        if value != ALL_VALUE and value not in values:
            words = Text(f"giá trị mặc định “{value}” không có trong kho", f"its default “{value}” is not in the store")
            yield Finding(RULE, place, words, _NO_VALUES)


def _of_board(asked: Asked, when: Range, board: Json, choices: Mapping[str, Choice]) -> str:
    panel = asked.panel or {}
    time_from = str(panel.get("timeFrom") or "")
    opened = f"now-{time_from}" if time_from and not time_from.startswith("now") else time_from
    default = opened or str(board.get("time", {}).get("from", "now-6h"))
    points = int(panel.get("maxDataPoints") or 1000)
    return expand(asked.text, when.span(default, points), choices, str(panel.get("interval") or "").lstrip(">"))


def _of_rule(asked: Asked, when: Range) -> str:
    seconds, model = asked.holder.get("relativeTimeRange", {}), asked.holder.get("model", {})
    from_ms, to_ms = (when.now_ms - int(seconds.get(key, 0)) * 1000 for key in ("from", "to"))
    span = Span(from_ms, to_ms, int(model.get("maxDataPoints") or 43_200))
    return expand_every(asked.text, span, int(model.get("intervalMs") or interval_ms(span)))


def _verdicts(
    text: str, askers: Sequence[Asked], store: Store, schema: Schema, may_be_empty: Mapping[str, frozenset[int]], panels: _Panels
) -> Iterator[Finding]:
    statement = askers[0].statement
    try:
        answer = store.query(text)
    except QueryError as error:
        for asked in askers:
            yield Finding(RULE, asked.place, same(f"{error.words} (HTTP {error.status})"), _REFUSED)
        return
    missing = list(dict.fromkeys(schema.missing(statement))) if statement else []
    fault = fault_of(answer)
    for asked in askers:
        if asked.place.board in panels.of_one_device and variables_in(asked.text) & panels.of_one_device[asked.place.board]:
            panels.note(asked, has_value=has_value(answer))
            continue
        is_fine = _may_be_empty(asked, may_be_empty) or (_is_table(asked) and has_value(answer))
        for words in missing or ([fault] if fault else []):
            yield Finding(RULE, asked.place, words, _UNSEEN, "note" if is_fine else "finding")


def _is_table(asked: Asked) -> bool:
    """An empty column of a table may be good news (no such quality bit) or a question of equipment; an empty curve is neither."""
    return bool(asked.holder.get("resultFormat") == "table")


def _may_be_empty(asked: Asked, may_be_empty: Mapping[str, frozenset[int]]) -> bool:
    """Annotations and alert rules are mostly silent, and that is good."""
    if asked.kind != "panel":
        return True
    return (asked.panel or {}).get("id") in may_be_empty.get(asked.place.board, frozenset())
