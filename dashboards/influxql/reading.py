"""Reads InfluxQL from its text: SELECT, also with statements inside, and SHOW, with Grafana's macros and variables still in it.

Grammar: docs.influxdata.com/influxdb/v1/query_language/spec; priority of operators as in influxdata/influxql `token.go`. It does not
know dashboards.influxql.select, so that what is written there and what is read here prove one another.
"""

from functools import lru_cache

from dashboards.influxql.statement import (
    Binary,
    Call,
    Column,
    Expression,
    Field,
    Measurement,
    Pattern,
    Show,
    Star,
    Statement,
    Value,
    Variable,
)
from dashboards.influxql.tokens import Token, Unreadable, tokens

_PRIORITY = {
    "OR": 1,
    "AND": 2,
    **dict.fromkeys(("=", "!=", "<>", "<", "<=", ">", ">=", "=~", "!~"), 3),
    **dict.fromkeys(("+", "-", "|", "^"), 4),
    **dict.fromkeys(("*", "/", "%", "&"), 5),
}
# What may follow GROUP BY, and how many words of value each has.
_CLAUSES = {"LIMIT": 1, "OFFSET": 1, "SLIMIT": 1, "SOFFSET": 1}
_SHOWN = ("TAG VALUES", "TAG KEYS", "FIELD KEYS", "MEASUREMENTS", "SERIES", "DATABASES", "RETENTION POLICIES")


@lru_cache(maxsize=4096)
def read(statement: str) -> Statement | Show:
    """Return what one statement says. Raises Unreadable, with the position, for what is no SELECT or SHOW of InfluxQL."""
    try:
        return _Reader(statement).whole()
    except RecursionError:
        raise Unreadable(statement, 0, "more brackets in one another than can be read") from None


class _Reader:
    """Goes over the tokens once, from left to right."""

    def __init__(self, statement: str) -> None:
        self._statement = statement
        self._tokens = tokens(statement)
        self._next = 0

    @property
    def now(self) -> Token:
        return self._tokens[self._next]

    def complaint(self, words: str) -> Unreadable:
        return Unreadable(self._statement, self.now.at, words)

    def take(self) -> Token:
        token = self.now
        self._next = min(self._next + 1, len(self._tokens) - 1)
        return token

    def takes(self, *operators: str) -> bool:
        found = self.now.is_operator(*operators)
        if found:
            self.take()
        return found

    def takes_word(self, *words: str) -> bool:
        found = self.now.is_word(*words)
        if found:
            self.take()
        return found

    def need(self, operator: str) -> None:
        if not self.takes(operator):
            raise self.complaint(f"{operator!r} is missing")

    def need_word(self, word: str) -> None:
        if not self.takes_word(word):
            raise self.complaint(f"{word} is missing")

    def whole(self) -> Statement | Show:
        if self.takes_word("SHOW"):
            found: Statement | Show = self.show()
        elif self.now.is_word("SELECT"):
            found = self.select()
        else:
            raise self.complaint("a statement begins with SELECT or SHOW")
        self.takes(";")
        if self.now.kind != "end":
            raise self.complaint("the statement should end here")
        return found

    def select(self) -> Statement:
        at = self.now.at
        self.need_word("SELECT")
        columns = [self._column()]
        while self.takes(","):
            columns.append(self._column())
        clauses: dict[str, str] = {}
        if self.takes_word("INTO"):
            clauses["INTO"] = self._measurement().name
        self.need_word("FROM")
        sources = [self._source()]
        while self.takes(","):
            sources.append(self._source())
        where = self._where()
        time, tags = self._groups()
        fill = self._fill()
        every, offset = (*time, None, None)[:2]
        return Statement(tuple(columns), tuple(sources), at, where, every, offset, tags, fill, clauses | self._clauses())

    def show(self) -> Show:
        words = self.take().text.upper()
        while words not in _SHOWN or self.now.is_word("CARDINALITY", "EXACT"):
            if self.now.kind != "word":
                raise self.complaint(f"SHOW must be one of {', '.join(_SHOWN)}")
            words += f" {self.take().text.upper()}"
            if words.endswith("CARDINALITY"):
                break
        sources: list[Measurement] = []
        if self.takes_word("FROM"):
            sources.append(self._measurement())
            while self.takes(","):
                sources.append(self._measurement())
        keys = self._keys() if self.takes_word("WITH") else ()
        return Show(words, tuple(sources), keys, self._where(), self._clauses())

    def _keys(self) -> tuple[Field | Pattern, ...]:
        self.need_word("KEY")
        if self.takes_word("IN"):
            self.need("(")
            keys = [self._key()]
            while self.takes(","):
                keys.append(self._key())
            self.need(")")
            return tuple(keys)
        if not self.takes("=", "=~"):
            raise self.complaint("'=', '=~' or IN is missing")
        return (self._key(),)

    def _key(self) -> Field | Pattern:
        token = self.take()
        if token.kind == "regex":
            return Pattern(token.value, token.at)
        if token.kind not in ("name", "word"):
            raise Unreadable(self._statement, token.at, "the name of a tag is missing")
        return Field(token.value, token.at)

    def _column(self) -> Column:
        expression = self._expression()
        return Column(expression, self._name()) if self.takes_word("AS") else Column(expression)

    def _name(self) -> str:
        if self.now.kind not in ("name", "word"):
            raise self.complaint("a name is missing")
        return self.take().value

    def _source(self) -> Measurement | Statement:
        if self.takes("("):
            inner = self.select()
            self.need(")")
            return inner
        return self._measurement()

    def _measurement(self) -> Measurement:
        token = self.now
        if token.kind == "regex":
            self.take()
            return Measurement(token.value, token.at, is_pattern=True)
        name = self._name()
        while self.takes("."):  # a database and a retention policy may stand before it
            if self.now.is_operator("."):
                continue
            if self.now.kind == "regex":
                return Measurement(self.take().value, token.at, is_pattern=True)
            name = self._name()
        return Measurement(name, token.at)

    def _where(self) -> Expression | None:
        return self._expression() if self.takes_word("WHERE") else None

    def _groups(self) -> tuple[tuple[Expression, ...], tuple[Expression, ...]]:
        time: tuple[Expression, ...] = ()
        tags: list[Expression] = []
        if not self.takes_word("GROUP"):
            return (), ()
        self.need_word("BY")
        while True:
            group = self._expression()
            if isinstance(group, Call) and group.function == "time" and len(group.arguments) in (1, 2):
                time = group.arguments
            elif isinstance(group, (Field, Pattern, Star)):
                tags.append(group)
            else:
                raise Unreadable(self._statement, getattr(group, "at", 0), "only time() and tags can be grouped by")
            if not self.takes(","):
                return time, tuple(tags)

    def _fill(self) -> str:
        if not self.takes_word("FILL"):
            return ""
        self.need("(")
        sign = "-" if self.takes("-") else ""
        token = self.take()
        if token.kind not in ("word", "number"):
            raise Unreadable(self._statement, token.at, "fill() wants null, none, previous, linear or a number")
        self.need(")")
        return sign + token.text.lower()

    def _clauses(self) -> dict[str, str]:
        found: dict[str, str] = {}
        while self.now.kind == "word":
            if self.takes_word("ORDER"):
                self.need_word("BY")
                name = self._name()
                order = self.take().text.upper() if self.now.is_word("ASC", "DESC") else "ASC"
                found["ORDER BY"] = f"{name} {order}"
            elif self.takes_word("TZ"):
                found["TZ"] = self._zone()
            elif self.now.is_word(*_CLAUSES):
                clause = self.take().text.upper()
                if self.now.kind not in ("number", "variable"):
                    raise self.complaint(f"{clause} wants a number")
                found[clause] = self.take().text
            else:
                break
        return found

    def _zone(self) -> str:
        self.need("(")
        if self.now.kind != "string":
            raise self.complaint("tz() wants the name of a time zone in single quotes")
        zone = self.take().value
        self.need(")")
        return zone

    def _expression(self, least: int = 1) -> Expression:
        left = self._operand()
        while True:
            token = self.now
            operator = token.text.upper() if token.kind in ("operator", "word") else ""
            priority = _PRIORITY.get(operator, 0)
            if priority < least:
                return left
            self.take()
            left = Binary(operator, left, self._expression(priority + 1), token.at)

    def _operand(self) -> Expression:
        token = self.take()
        if token.is_operator("("):
            inside = self._expression()
            self.need(")")
            return inside
        if token.is_operator("*"):
            return Star(token.at, self._kind())
        if token.is_operator("-", "+"):
            sign = Value("number", f"{token.text}1", token.at)
            return Binary("*", sign, self._expression(_PRIORITY["*"] + 1), token.at)
        if token.kind == "word" and self.now.is_operator("("):
            return self._call(token)
        if token.is_word("DISTINCT") and self.now.kind in ("word", "name"):
            return Call("distinct", (self._operand(),), token.at)
        if token.kind in ("name", "word") and not token.is_word("TRUE", "FALSE"):
            return Field(token.value, token.at, self._kind())
        return self._value(token)

    def _value(self, token: Token) -> Expression:
        if token.kind == "variable":
            return Variable(token.text, token.at)
        if token.kind == "regex":
            return Pattern(token.value, token.at)
        if token.kind == "word":
            return Value("boolean", token.text.lower(), token.at)
        if token.kind in ("number", "duration", "string"):
            return Value(token.kind, token.value, token.at)
        raise Unreadable(self._statement, token.at, "a value is missing" if token.kind == "end" else "a value cannot begin so")

    def _kind(self) -> str:
        return self._name() if self.takes("::") else ""

    def _call(self, name: Token) -> Call:
        self.need("(")
        arguments: list[Expression] = []
        if not self.takes(")"):
            arguments.append(self._expression())
            while self.takes(","):
                arguments.append(self._expression())
            self.need(")")
        return Call(name.text.lower(), tuple(arguments), name.at)
