"""From the text of a SELECT to its tree: InfluxData's InfluxQL specification, "Queries", without INTO, SLIMIT and tz()."""

from dashboards.influxql.memory.syntax import Binary, Call, Duration, Expression, Literal, NotEvaluated, Pattern, Ref, Statement, Wildcard
from dashboards.influxql.memory.tokens import Token, duration_ns, tokens

_PRECEDENCE = (("OR",), ("AND",), ("=", "!=", "=~", "!~", "<", "<=", ">", ">="), ("+", "-", "|", "^"), ("*", "/", "%", "&"))
_END = Token("end", "", -1)


def parse(text: str) -> Statement:
    """Return the statement. Raises NotEvaluated."""
    parser = _Parser(text)
    statement = parser.statement()
    parser.expect_end()
    return statement


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(tokens(text))
        self._at = 0

    def statement(self) -> Statement:
        self._expect("SELECT")
        columns = [self._column()]
        while self._took(","):
            columns.append(self._column())
        self._expect("FROM")
        sources = [self._source()]
        while self._took(","):
            sources.append(self._source())
        condition = self._expression() if self._took("WHERE") else None
        by: list[Ref | Pattern | Wildcard] = []
        every_ns = offset_ns = 0
        if self._took("GROUP"):
            self._expect("BY")
            while True:
                if self._is("time") and self._is("(", 1):
                    every_ns, offset_ns = self._interval()
                else:
                    by.append(self._dimension())
                if not self._took(","):
                    break
        fill = self._fill()
        is_descending = self._order()
        limit = self._number() if self._took("LIMIT") else 0
        skip = self._number() if self._took("OFFSET") else 0
        return Statement(tuple(columns), tuple(sources), condition, tuple(by), every_ns, offset_ns, fill, is_descending, limit, skip)

    def expect_end(self) -> None:
        if self._peek() is not _END:
            self._fail("the end of the statement")

    def _column(self) -> tuple[Expression, str]:
        expression = self._expression()
        return expression, self._name() if self._took("AS") else ""

    def _source(self) -> str | Statement:
        if self._took("("):
            inner = self.statement()
            self._expect(")")
            return inner
        return f"/{self._next('regex').text}/" if self._peek().kind == "regex" else self._name()

    def _interval(self) -> tuple[int, int]:
        self._at += 2
        every, offset = self._next("duration"), 0
        if self._took(","):
            is_negative = self._took("-")
            offset = duration_ns(self._next("duration").text) * (-1 if is_negative else 1)
        self._expect(")")
        return duration_ns(every.text), offset

    def _dimension(self) -> Ref | Pattern | Wildcard:
        if self._took("*"):
            return Wildcard()
        if self._peek().kind == "regex":
            return Pattern(self._next("regex").text)
        return Ref(self._name())

    def _fill(self) -> str | float:
        if not self._took("fill"):
            return "null"
        self._expect("(")
        is_negative = self._took("-")
        token = self._peek()
        self._at += 1
        self._expect(")")
        if token.kind == "number":
            return float(token.text) * (-1 if is_negative else 1)
        if token.text.lower() in ("null", "none", "previous", "linear"):
            return token.text.lower()
        raise NotEvaluated(f"fill({token.text}) is not known")

    def _order(self) -> bool:
        if not self._took("ORDER"):
            return False
        self._expect("BY")
        self._expect("time")
        is_descending = self._took("DESC")
        self._took("ASC")
        return is_descending

    def _expression(self, level: int = 0) -> Expression:
        if level == len(_PRECEDENCE):
            return self._operand()
        left = self._expression(level + 1)
        while (operator := self._operator(_PRECEDENCE[level])) is not None:
            left = Binary(operator, left, self._expression(level + 1))
        return left

    def _operator(self, operators: tuple[str, ...]) -> str | None:
        token = self._peek()
        text = token.text.upper() if token.kind == "word" else token.text
        if token.kind not in ("operator", "word") or text not in operators:
            return None
        self._at += 1
        return text

    def _operand(self) -> Expression:
        if self._took("("):
            inner = self._expression()
            self._expect(")")
            return inner
        if self._took("*"):
            return Wildcard()
        if self._took("-"):
            operand = self._operand()
            if isinstance(operand, Literal) and not isinstance(operand.value, (bool, str)):
                return Literal(-operand.value)
            return Duration(-operand.ns) if isinstance(operand, Duration) else Binary("*", Literal(-1), operand)
        return self._atom()

    def _atom(self) -> Expression:
        token = self._peek()
        if token.kind in ("end", "operator"):
            self._fail("a field, a number or a call")
        self._at += 1
        match token.kind:
            case "number":
                return Literal(float(token.text) if "." in token.text else int(token.text))
            case "duration":
                return Duration(duration_ns(token.text))
            case "string":
                return Literal(token.text)
            case "regex":
                return Pattern(token.text)
            case "word" if self._took("("):
                return Call(token.text.lower(), self._arguments())
            case "word" if token.text.lower() in ("true", "false"):
                return Literal(token.text.lower() == "true")
        return Ref(token.text)

    def _arguments(self) -> tuple[Expression, ...]:
        if self._took(")"):
            return ()
        arguments = [self._expression()]
        while self._took(","):
            arguments.append(self._expression())
        self._expect(")")
        return tuple(arguments)

    def _number(self) -> int:
        return int(self._next("number").text)

    def _name(self) -> str:
        token = self._peek()
        if token.kind not in ("name", "word"):
            self._fail("a name")
        self._at += 1
        return token.text

    def _peek(self, ahead: int = 0) -> Token:
        at = self._at + ahead
        return self._tokens[at] if at < len(self._tokens) else _END

    def _is(self, text: str, ahead: int = 0) -> bool:
        token = self._peek(ahead)
        return token.kind in ("word", "operator") and token.text.upper() == text.upper()

    def _took(self, text: str) -> bool:
        if not self._is(text):
            return False
        self._at += 1
        return True

    def _expect(self, text: str) -> None:
        if not self._took(text):
            self._fail(text)

    def _next(self, kind: str) -> Token:
        token = self._peek()
        if token.kind != kind:
            self._fail(f"a {kind}")
        self._at += 1
        return token

    def _fail(self, wanted: str) -> None:
        token = self._peek()
        found = self._text[token.at :].strip()[:40] if token is not _END else "the end"
        raise NotEvaluated(f"expected {wanted}, found {found!r} in: {self._text}")
