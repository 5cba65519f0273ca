"""How often devices are told something, whatever the decoder would like to say."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from edge.decoders.decoder import Reply
from edge.sources.replies import EVERY_S, MAX_TOPICS, ReplyPace


@given(st.lists(st.tuples(st.integers(0, 20), st.lists(st.sampled_from("abc"), max_size=4)), max_size=40))
def test_a_topic_is_told_at_most_once_in_its_time_and_in_the_end_the_newest(calls: list[tuple[int, list[str]]]) -> None:
    pace, now_s = ReplyPace(), 0.0
    told: dict[str, list[tuple[float, bytes]]] = {}
    wanted: dict[str, bytes] = {}
    number = 0
    for pause_s, topics in [*calls, (EVERY_S, [])]:
        now_s += pause_s
        fresh = []
        for topic in topics:
            number += 1
            wanted[topic] = b"%d" % number
            fresh.append(Reply(topic, wanted[topic]))
        for reply in pace.due(fresh, now_s):
            told.setdefault(reply.topic, []).append((now_s, reply.payload))
    for times in told.values():
        assert all(later[0] - earlier[0] >= EVERY_S for earlier, later in pairwise(times))
    assert {topic: times[-1][1] for topic, times in told.items()} == wanted


def test_topics_that_are_invented_are_neither_all_told_nor_all_kept() -> None:
    pace = ReplyPace()
    replies = [Reply(f"t{number}", b"") for number in range(3 * MAX_TOPICS)]
    assert len(pace.due(replies, 0.0)) <= MAX_TOPICS
    assert pace.due(replies, 1.0) == []
    assert len(pace.due((), EVERY_S)) <= MAX_TOPICS
    assert pace.due((), 10 * EVERY_S) == []


def test_what_could_not_be_sent_is_due_again_unless_something_newer_is() -> None:
    pace = ReplyPace()
    [first] = pace.due([Reply("a", b"1")], 0.0)
    pace.give_back(first)
    assert pace.due((), 0.0) == [first]
    pace.give_back(first)
    assert pace.due([Reply("a", b"2")], 0.1) == [Reply("a", b"2")]
