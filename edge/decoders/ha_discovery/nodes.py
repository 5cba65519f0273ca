"""What the parts of an expression do when a message comes: each takes the message as text and as JSON; None is an absent value."""

from collections.abc import Callable

from edge.decoders.values import as_float, as_str

Node = Callable[[str, object], object]  # text of the message, its JSON value → value; None where it is absent

_DIGITS = 15  # every decimal of so many is a float's own: 3 * 0.1 is 0.3


def follow(steps: tuple[str | int, ...], _: str, root: object) -> object:
    """Return what is at the end of a path, None if it leads nowhere."""
    value = root
    for step in steps:
        if isinstance(value, dict):
            value = value.get(str(step))
        elif isinstance(value, list) and isinstance(step, int) and -len(value) <= step < len(value):
            value = value[step]
        else:
            return None
    return value


def member(key: str, _: str, root: object) -> object:
    """Return what `follow` does for the usual path of one step: `value_json.temperature`."""
    return root.get(key) if isinstance(root, dict) else None


def choose(condition: Node, yes: Node, no: Node, text: str, root: object) -> object:
    """Return `yes` or `no`; None where the condition is absent."""
    decided = condition(text, root)
    return None if decided is None else (yes if truth(decided) else no)(text, root)


def message(text: str, _: object) -> object:
    return text


def root(_: str, root: object) -> object:
    return root


def zero(_: str, __: object) -> object:
    return 0


def constant(value: object, _: str, __: object) -> object:
    return value


def truth(value: object) -> bool:
    return bool(value)


def presence(node: Node, is_wanted: bool, text: str, root: object) -> object:
    return (node(text, root) is not None) is is_wanted


def first_present(node: Node, other: Node, text: str, root: object) -> object:
    value = node(text, root)
    return other(text, root) if value is None else value


def negation(node: Node, text: str, root: object) -> object:
    value = node(text, root)
    return None if value is None else not truth(value)


def either(left: Node, right: Node, text: str, root: object) -> object:
    value = left(text, root)
    return value if value is not None and truth(value) else right(text, root)


def both(left: Node, right: Node, text: str, root: object) -> object:
    value = left(text, root)
    return right(text, root) if value is not None and truth(value) else value


def equality(left: Node, right: Node, is_wanted: bool, text: str, root: object) -> object:
    one, other = left(text, root), right(text, root)
    if one is None or other is None:
        return None
    if isinstance(one, str) is not isinstance(other, str):
        return not is_wanted
    return (one == other) is is_wanted


def order(compare: Callable[[float, float], bool], left: Node, right: Node, text: str, root: object) -> object:
    one, other = left(text, root), right(text, root)
    return None if one is None or other is None else compare(as_float(one), as_float(other))


def reckon(combine: Callable[[float, float], float], left: Node, right: Node, text: str, root: object) -> object:
    one, other = left(text, root), right(text, root)
    if one is None or other is None:
        return None
    try:
        return as_float(float(f"{combine(as_float(one), as_float(other)):.{_DIGITS}g}"))
    except ZeroDivisionError:
        raise ValueError(f"{as_str(one)[:20]} divided by 0") from None


def absolute(node: Node, text: str, root: object) -> object:
    value = node(text, root)
    return None if value is None else abs(as_float(value))
