"""The expressions of value templates that say where a value is, how it is reckoned and compared: a small part of Jinja, run without Jinja.

    condition   choice ["if" choice "else" condition]
    choice      both ("or" both)*        both   negated ("and" negated)*      negated  "not" negated | compared
    compared    sum [("=="|"!="|"<"|"<="|">"|">=") sum] | sum "is" ["not"] "defined"
    sum         product (("+"|"-") product)*      product  filtered (("*"|"/") filtered)*      filtered  ["-"] atom ("|" filter)*
    atom        value | value_json path | number | text | true | false | none | "(" condition ")" | float(…) | int(…)
    path        (".name" | "[0]" | "['name']" | ".get('name')")*

What is absent makes the whole absent, as an absent value is no reading; only `is defined` asks for it. Filters that only change how a
number is shown (`round`) or put a constant in the place of an absent one (`default`) are passed over. The text is bounded by its reader,
depth here.
"""

import operator
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from edge.decoders.decoder import shown
from edge.decoders.ha_discovery import nodes
from edge.decoders.ha_discovery.nodes import Node

MAX_DEPTH: Final = 16

_TOKEN = re.compile(
    r"\s*(?:(?P<number>[0-9]{1,20}(?:\.[0-9]{1,20})?)|(?P<name>[^\W\d]\w*)|'(?P<single>[^'\\]*)'|\"(?P<double>[^\"\\]*)\"|(?P<sign>==|!=|<=|>=|[-+*/<>()\[\].,|]))"
)
_COMPARE: Mapping[str, Callable[[float, float], bool]] = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_SHOWING = frozenset({"round", "default", "d", "lower", "upper", "trim", "string", "is_defined"})
_WORDS: Mapping[str, object] = {"true": True, "True": True, "false": False, "False": False, "none": None, "None": None}


class ExpressionError(ValueError):
    """What is not understood, and where it begins."""


class Expression:
    """A parser of one text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[tuple[str, str, int]] = []  # kind, content, where it begins
        self._at = 0
        self._depth = 0
        self.is_json = False
        self.is_text = False
        end = 0
        while text[end:].strip():
            found = _TOKEN.match(text, end)
            if found is None or found.lastgroup is None:
                raise ExpressionError(f"not understood at {shown(text[end:].strip())}")
            kind = "text" if found.lastgroup in {"single", "double"} else found.lastgroup
            self._tokens.append((kind, found[found.lastgroup], found.start(found.lastgroup)))
            end = found.end()
        self._tokens.append(("end", "", len(text)))

    @property
    def token_count(self) -> int:
        return len(self._tokens)

    def whole(self) -> Node:
        """Return the expression; ExpressionError if anything is left."""
        node = self._condition()
        if self._tokens[self._at][0] != "end":
            raise self._wrong()
        return node

    def _condition(self) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ExpressionError(f"nested deeper than {MAX_DEPTH}")
        node = self._choice()
        if self._is_name("if"):
            condition = self._choice()
            if not self._is_name("else"):
                raise self._wrong()
            node = partial(nodes.choose, condition, node, self._condition())
        self._depth -= 1
        return node

    def _choice(self) -> Node:
        node = self._both()
        while self._is_name("or"):
            node = partial(nodes.either, node, self._both())
        return node

    def _both(self) -> Node:
        node = self._negated()
        while self._is_name("and"):
            node = partial(nodes.both, node, self._negated())
        return node

    def _negated(self) -> Node:
        is_negated = False
        while self._is_name("not"):
            is_negated = not is_negated
        node = self._compared()
        return partial(nodes.negation, node) if is_negated else node

    def _compared(self) -> Node:
        left = self._sum()
        if self._is_name("is"):
            is_wanted = not self._is_name("not")
            if not self._is_name("defined"):
                raise self._wrong()
            return partial(nodes.presence, left, is_wanted)
        for sign in ("==", "!=", *_COMPARE):
            if self._is_sign(sign):
                right = self._sum()
                return (
                    partial(nodes.order, _COMPARE[sign], left, right)
                    if sign in _COMPARE
                    else partial(nodes.equality, left, right, sign == "==")
                )
        return left

    def _sum(self) -> Node:
        node = self._product()
        while True:
            if self._is_sign("+"):
                node = partial(nodes.reckon, operator.add, node, self._product())
            elif self._is_sign("-"):
                node = partial(nodes.reckon, operator.sub, node, self._product())
            else:
                return node

    def _product(self) -> Node:
        node = self._filtered()
        while True:
            if self._is_sign("*"):
                node = partial(nodes.reckon, operator.mul, node, self._filtered())
            elif self._is_sign("/"):
                node = partial(nodes.reckon, operator.truediv, node, self._filtered())
            else:
                return node

    def _filtered(self) -> Node:
        is_negative = self._is_sign("-")
        node = self._atom()
        while self._is_sign("|"):
            node = self._filter(node)
        return partial(nodes.reckon, operator.sub, nodes.zero, node) if is_negative else node

    def _filter(self, node: Node) -> Node:
        kind, name, _ = self._tokens[self._at]
        self._at += kind == "name"
        if name in {"default", "d"} and self._is_other_source():
            return partial(nodes.first_present, node, self._in_brackets())
        arguments = self._arguments()
        if kind == "name" and name in _SHOWING:
            return node
        if kind == "name" and name in {"float", "int"} and len(arguments) < 2:
            return node
        if name == "abs" and not arguments:
            return partial(nodes.absolute, node)
        if name in {"multiply", "add"} and len(arguments) == 1:
            return partial(nodes.reckon, operator.mul if name == "multiply" else operator.add, node, partial(nodes.constant, arguments[0]))
        if name == "iif" and len(arguments) == 2:
            return partial(nodes.choose, node, partial(nodes.constant, arguments[0]), partial(nodes.constant, arguments[1]))
        raise ExpressionError(f"filter {shown(name)} is not understood")

    def _is_other_source(self) -> bool:
        """Tell whether `default(` names another value of the message, which is one, where a constant is none; goes on to it."""
        if [one[1] for one in self._tokens[self._at : self._at + 2]] in (["(", "value"], ["(", "value_json"]):
            self._at += 1
            return True
        return False

    def _arguments(self) -> list[object]:
        """Return the constants in brackets behind a filter; none where there are no brackets."""
        found: list[object] = []
        if self._is_sign("("):
            while not self._is_sign(")"):
                is_negative = self._is_sign("-")
                kind, content, _ = self._tokens[self._at]
                if kind == "number":
                    found.append(-float(content) if is_negative else float(content))
                elif not is_negative and (kind == "text" or (kind == "name" and content in _WORDS)):
                    found.append(content if kind == "text" else _WORDS[content])
                else:
                    raise self._wrong()
                self._at += 1
                if not self._is_sign(",") and self._tokens[self._at][1] != ")":
                    raise self._wrong()
        return found

    def _atom(self) -> Node:
        start = self._at
        kind, content = self._taken()
        if kind == "number":
            return partial(nodes.constant, float(content))
        if kind == "text":
            return partial(nodes.constant, content)
        if kind == "sign" and content == "(":
            return self._in_brackets()
        if kind == "name" and content == "value":
            self.is_text = True
            return nodes.message
        if kind == "name" and content == "value_json":
            self.is_json = True
            steps = tuple(self._path())
            return partial(nodes.follow, steps) if steps else nodes.root
        if kind == "name" and content in _WORDS:
            return partial(nodes.constant, _WORDS[content])
        if kind == "name" and content in {"float", "int"} and self._is_sign("("):
            return self._in_brackets()
        self._at = start
        raise self._wrong()

    def _in_brackets(self) -> Node:
        node = self._condition()
        if self._is_sign(","):  # what float() gives for what is no number: then it is absent here
            self._condition()
        if not self._is_sign(")"):
            raise self._wrong()
        return node

    def _path(self) -> list[str | int]:
        steps: list[str | int] = []
        while True:
            if self._is_sign("."):
                steps += self._named_step()
            elif self._is_sign("["):
                steps.append(self._step_in_brackets())
            else:
                return steps

    def _named_step(self) -> list[str | int]:
        kind, content, _ = self._tokens[self._at]
        if kind not in {"name", "number"}:
            raise self._wrong()
        self._at += 1
        if kind == "number":
            return [int(one) for one in content.split(".")]
        if content != "get" or self._tokens[self._at][1] != "(":
            return [content]
        arguments = self._arguments()
        if not arguments or not isinstance(arguments[0], str):
            raise self._wrong()
        return [arguments[0]]

    def _step_in_brackets(self) -> str | int:
        is_negative = self._is_sign("-")
        kind, content = self._taken()
        if not self._is_sign("]"):
            raise self._wrong()
        if kind == "text" and not is_negative:
            return content
        if kind == "number" and content.isdigit() and len(content) < 5:
            return -int(content) if is_negative else int(content)
        raise self._wrong()

    def _taken(self) -> tuple[str, str]:
        """Return the next token and go on, but never beyond the end."""
        kind, content, _ = self._tokens[self._at]
        self._at += kind != "end"
        return kind, content

    def _is_sign(self, sign: str) -> bool:
        return self._is("sign", sign)

    def _is_name(self, name: str) -> bool:
        return self._is("name", name)

    def _is(self, kind: str, content: str) -> bool:
        is_it = self._tokens[self._at][:2] == (kind, content)
        self._at += is_it
        return is_it

    def _wrong(self) -> ExpressionError:
        start = min((start for _, _, start in self._tokens[max(self._at - 1, 0) : self._at + 1]), default=0)
        return ExpressionError(f"not understood at {shown(self._text[start:].strip())}")
