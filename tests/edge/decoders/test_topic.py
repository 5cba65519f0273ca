"""Topic patterns: what they subscribe to, what they match, what they name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.decoders.topic import TopicMatcher, TopicPattern


@pytest.mark.parametrize(
    ("pattern", "topic_filter", "topic", "named"),
    [
        ("site/{site}/air/{device}", "site/+/air/+", "site/bn/air/d7", {"site": "bn", "device": "d7"}),
        ("site/{site}/air/{device}", "site/+/air/+", "site/bn/air/d7/x", None),
        ("site/{site}/air/{device}", "site/+/air/+", "site/bn/noise/d7", None),
        ("a/{rest#}", "a/#", "a/b/c", {"rest": "b/c"}),
        ("a/{rest#}", "a/#", "a", None),
        ("a/#", "a/#", "a", {}),
        ("#", "#", "a/b", {}),
        ("+/x", "+/x", "$SYS/x", None),
        ("{a}", "+", "", {"a": ""}),
        ("a.b/{c}", "a.b/+", "aXb/1", None),
        ("$share/group/a/{b}", "$share/group/a/+", "a/1", {"b": "1"}),
        ("/lead/{x}", "/lead/+", "/lead/1\n2", {"x": "1\n2"}),
    ],
)
def test_patterns(pattern: str, topic_filter: str, topic: str, named: dict[str, str] | None) -> None:
    built = TopicPattern(pattern)
    assert (built.filter, built.match(topic)) == (topic_filter, named)


@pytest.mark.parametrize(
    "pattern", ["", "a/{}", "a/{x}/{x}", "a/x{y}", "{a#}/b", "#/a", "a/b+", "a/b#", "{1a}", "a\0", "{a b}", "x" * 70_000, "{a{b}}"]
)
def test_wrong_patterns_say_what_is_wrong(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        TopicPattern(pattern)


def test_the_first_pattern_that_fits_counts() -> None:
    matcher = TopicMatcher(["a/{x}", "+/{y}"])
    assert [matcher.match(topic) for topic in ("a/1", "b/1", "c", "a/1")] == [{"x": "1"}, {"y": "1"}, None, {"x": "1"}]
    assert matcher.names == ("x", "y")


@given(st.lists(st.text(max_size=5), max_size=30))
def test_a_matcher_that_forgets_gives_what_the_pattern_gives(topics: list[str]) -> None:
    matcher, pattern = TopicMatcher(["{a}/{b#}"], remembered=2), TopicPattern("{a}/{b#}")
    for topic in topics:
        assert matcher.match(topic) == pattern.match(topic)
