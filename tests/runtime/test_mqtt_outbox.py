"""What we publish harms nobody."""

from runtime.mqtt_outbox import MAX_LOSSES, MAX_QUEUED, MAX_UNANSWERED, Outbox


def sent(outbox: Outbox, first: int = 1) -> list[int]:
    """Send all that may leave now; return the numbers of the requests."""
    numbers = []
    while message := outbox.take():
        numbers.append(first + len(numbers))
        outbox.sent(numbers[-1], message[0])
    return numbers


def test_the_queue_is_bounded_and_says_when_it_is_full() -> None:
    outbox = Outbox()
    assert all(outbox.put(f"t/{number}", b"") for number in range(MAX_QUEUED))
    assert not outbox.put("t/more", b"")


def test_few_wait_for_their_answer_and_the_rest_leaves_when_they_have_it() -> None:
    outbox = Outbox()
    for number in range(3 * MAX_UNANSWERED):
        outbox.put(f"t/{number}", b"")
    first = sent(outbox)
    assert len(first) == MAX_UNANSWERED
    assert outbox.answered(first[0]) == "t/0"
    assert outbox.answered(first[0]) is None
    assert outbox.answered(999) is None
    assert outbox.take() == (f"t/{MAX_UNANSWERED}", b"")


def test_what_was_sent_is_not_sent_again_and_what_waited_leaves_on_the_next_connection() -> None:
    outbox = Outbox()
    for number in range(MAX_UNANSWERED + 1):
        outbox.put(f"t/{number}", b"")
    sent(outbox)
    assert not outbox.connection_ended()
    assert outbox.take() == (f"t/{MAX_UNANSWERED}", b"")
    assert outbox.take() is None


def test_a_broker_that_cuts_us_off_each_time_is_left_alone_and_told_of_once() -> None:
    outbox = Outbox()
    ends = []
    for number in range(MAX_LOSSES + 2):
        outbox.put("t", b"")
        sent(outbox, number)
        ends.append(outbox.connection_ended())
    assert ends == [*[False] * (MAX_LOSSES - 1), True, False, False]
    assert outbox.put("t", b"")
    assert outbox.take() is None


def test_an_answer_makes_good_what_was_lost_before() -> None:
    outbox = Outbox()
    for number in range(5 * MAX_LOSSES):
        outbox.put("t", b"")
        outbox.put("u", b"")
        requests = sent(outbox, 10 * number)
        if number % (MAX_LOSSES - 1) == 0:
            outbox.answered(requests[0])
        assert not outbox.connection_ended()


def test_a_connection_without_a_word_of_ours_is_no_loss() -> None:
    outbox = Outbox()
    assert not any(outbox.connection_ended() for _ in range(5 * MAX_LOSSES))
