from concurrent.futures import ThreadPoolExecutor

from edge.ledger import Ledger
from edge.spool.spool import Loss

NOW_NS = 1_700_000_000_000_000_000


def noted(*losses: Loss) -> Ledger:
    ledger = Ledger("bn", "gw-1")
    for loss in losses:
        ledger.note(loss)
    return ledger


def test_losses_of_one_source_and_reason_become_one_point() -> None:
    ledger = noted(Loss("quota", "street", 5, 200, 300), Loss("quota", "street", 7, 100, 250))
    [point] = ledger.points(NOW_NS)
    assert point.measurement == "ledger"
    assert point.tags == {"site": "bn", "gateway": "gw-1", "device": "gw-1", "source": "street", "reason": "quota"}
    assert point.fields == {"count": 12, "count_known": True, "from_ns": 100, "to_ns": 300, "quality": 0}
    assert point.time_ns == NOW_NS


def test_sources_and_reasons_are_kept_apart() -> None:
    ledger = noted(Loss("quota", "street", 1, 1, 1), Loss("quota", "gauge", 2, 1, 1), Loss("memory full", "street", 3, 1, 1))
    assert {(point.tags["source"], point.tags["reason"]): point.fields["count"] for point in ledger.points(NOW_NS)} == {
        ("street", "quota"): 1,
        ("gauge", "quota"): 2,
        ("street", "memory full"): 3,
    }


def test_a_loss_of_unknown_size_says_so_instead_of_a_number() -> None:
    [point] = noted(Loss("broker", "street", None, None, None)).points(NOW_NS)
    assert point.fields == {"count_known": False, "quality": 0}


def test_a_known_part_of_an_unknown_loss_is_kept_as_the_least() -> None:
    [point] = noted(Loss("broker", "street", 4, None, None), Loss("broker", "street", None, None, None)).points(NOW_NS)
    assert (point.fields["count"], point.fields["count_known"]) == (4, False)


def test_what_was_reported_is_not_reported_again_but_stays_in_the_totals() -> None:
    ledger = noted(Loss("quota", "street", 5, 1, 2))
    assert len(ledger.points(NOW_NS)) == 1
    assert ledger.points(NOW_NS + 1) == []
    ledger.note(Loss("quota", "street", 2, 3, 4))
    [point] = ledger.points(NOW_NS + 2)
    assert (point.fields["count"], point.fields["from_ns"]) == (2, 3)
    assert ledger.totals == {("street", "quota"): 7}


def test_a_loss_without_a_source_is_of_an_unknown_one() -> None:
    [point] = noted(Loss("spool damaged", "", 1, 1, 1)).points(NOW_NS)
    assert point.tags["source"] == "unknown"


def test_nothing_is_lost_between_threads() -> None:
    ledger = noted()
    reported: list[int] = []

    def note(_: int) -> None:
        ledger.note(Loss("quota", "street", 1, 1, 1))
        reported.extend(int(point.fields["count"]) for point in ledger.points(NOW_NS))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(note, range(2000)))
    assert sum(reported) == ledger.totals["street", "quota"] == 2000
