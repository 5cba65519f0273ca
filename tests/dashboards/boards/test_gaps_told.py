"""Gaps and losses on dashboards, asked of a real InfluxDB that holds what the agent's own ledger wrote."""

import time
from typing import Any

import pytest

from dashboards.boards import board
from dashboards.influxql.expand import Span
from dashboards.model.json import Json
from edge.ledger import Ledger
from edge.spool.spool import Loss
from tests.dashboards.boards.asked_store import BEGIN_S, HOUR, AskedStore, ms, ns
from tests.dashboards.influx_store import rows

pytestmark = pytest.mark.server


def _gap(
    store: AskedStore, source: str, from_s: float, to_s: float | None, count: int | None = None, reason: str = "source silent"
) -> None:
    """Write a gap as the agent does: its beginning where it began, its end two seconds after."""
    ledger = Ledger("s1", "g1")
    gap = ledger.open_gap(source, reason, ns(from_s))
    store.write(ledger.points(ns(from_s)))
    if to_s is not None:
        ledger.close_gap(gap, ns(to_s), count)
        store.write(ledger.points(ns(to_s + 2)))


def _gaps(store: AskedStore, span: Span = HOUR) -> list[tuple[Any, ...]]:
    """Return the rows of the panel: state, source, from, to, length; open gaps first, as the panel sorts them."""
    opened, closed = (rows(store.panel("delivery", "gaps", target, span)) for target in (0, 1))
    return [(row["open"], row["source"], row["from"], row.get("to"), row.get("length")) for row in [*opened, *closed]]


def test_gap_is_one_row_and_one_that_is_not_over_has_no_end(store: AskedStore) -> None:
    _gap(store, "dust", 60, 650, count=10)
    _gap(store, "dust", 1200, None)
    assert _gaps(store) == [(1, "dust", ms(1200), None, None), (0, "dust", ms(60), ms(650), 590)]
    assert [(row["count"], row["count_known"]) for row in rows(store.panel("delivery", "gaps", 1))] == [(10, False)]


def test_overlapping_gaps_of_sources_and_reasons_are_told_apart(store: AskedStore) -> None:
    _gap(store, "dust", 100, 900)
    _gap(store, "tide", 500, None)
    _gap(store, "gateway", 300, 700, reason="gateway off")
    _gap(store, "dust", 1000, 1100)
    found = _gaps(store)
    assert found[0] == (1, "tide", ms(500), None, None)
    assert sorted(row[1:4] for row in found[1:]) == [
        ("dust", ms(100), ms(900)),
        ("dust", ms(1000), ms(1100)),
        ("gateway", ms(300), ms(700)),
    ]


def test_source_that_spoke_once_between_two_silences_is_still_silent(store: AskedStore) -> None:
    _gap(store, "lone", 100, 700)
    _gap(store, "lone", 700, None)  # the end of the first was told at 702, later than the second began
    assert [row[:3] for row in _gaps(store)] == [(1, "lone", ms(700)), (0, "lone", ms(100))]
    assert rows(store.panel("delivery", "open-gaps"))[0]["open"] == 1


def test_gap_that_ended_after_the_range_is_open_at_its_end_and_one_that_began_before_is_told_whole(store: AskedStore) -> None:
    _gap(store, "dust", 100, 2000)
    assert _gaps(store, Span(HOUR.from_ms, HOUR.from_ms + 600_000)) == [(1, "dust", ms(100), None, None)]
    assert _gaps(store, Span(HOUR.from_ms + 1_000_000, HOUR.to_ms)) == [(0, "dust", ms(100), ms(2000), 1900)]


def test_gap_that_began_before_the_range_and_is_not_over_now_is_listed_and_shaded(store: AskedStore) -> None:
    now_s = time.time() - BEGIN_S
    last_hour = Span(round(ms(now_s - 3600)), round(ms(now_s)))
    _gap(store, "pump", now_s - 9000, None)  # open, and began before
    _gap(store, "tide", now_s - 600, None)  # open, and began within: told of as any other
    _gap(store, "dust", now_s - 9000, now_s - 8000)  # over
    _gap(store, "mast", now_s - 9000, now_s - 8000)
    _gap(store, "mast", now_s - 7000, None)
    _gap(store, "gone", now_s - 31 * 86_400, None)  # forgotten
    listed = rows(store.panel("delivery", "gaps", 2, last_hour))
    assert {(row["open"], row["source"], round(row["from"])) for row in listed} == {
        (1, "pump", round(ms(now_s - 9000))),
        (1, "mast", round(ms(now_s - 7000))),
    }
    assert {row["source"] for row in rows(store.panel("delivery", "gaps", 0, last_hour))} == {"tide"}
    shaded = next(each for each in board("air").render("en")["annotations"]["list"] if each["name"] == "Gap from before, not over")
    assert {row["source"] for row in rows(store.ask(shaded["target"]["query"], last_hour))} == {"pump", "mast"}
    assert all(row["to"] > ms(now_s) for row in rows(store.ask(shaded["target"]["query"], last_hour)))


def test_number_of_open_gaps_is_empty_and_not_a_number_when_all_are_over(store: AskedStore) -> None:
    _gap(store, "dust", 100, 200)
    assert store.panel("delivery", "open-gaps") == []
    _gap(store, "dust", 300, None)
    _gap(store, "tide", 300, None)
    assert rows(store.panel("delivery", "open-gaps"))[0]["open"] == 2


def test_timeline_says_gap_until_readings_come_again(store: AskedStore) -> None:
    _gap(store, "dust", 60, 650)
    _gap(store, "gateway", 300, 700, reason="gateway off")
    (series,) = store.panel("delivery", "gap-timeline")
    assert series.tags["source"] == "dust"
    assert [each.tags["source"] for each in store.panel("delivery", "gap-timeline", 1)] == ["gateway"]
    assert store.panel("delivery", "gap-timeline", 2) == []
    assert series.values == ((ms(60), "open"), (ms(652), "closed"))


def _loss(reason: str, source: str, count: int | None, from_s: float = 0, to_s: float = 0, detail: str = "") -> Loss:
    """Return a loss; it has no times where none are told."""
    return Loss(reason, source, count, ns(from_s) if from_s else None, ns(to_s) if to_s else None, detail=detail)


def _note(store: AskedStore, at_s: float, *losses: Loss) -> None:
    ledger = Ledger("s1", "g1")
    for loss in losses:
        ledger.note(loss)
    store.write(ledger.points(ns(at_s)))


def test_losses_are_added_up_and_say_whether_their_number_is_known(store: AskedStore) -> None:
    _note(store, 10, _loss("quota", "dust", 5, 1, 2), _loss("memory full", "dust", None, 3, 4))
    _note(store, 20, _loss("quota", "dust", 7, 3, 4), _loss("frame too long", "tide", 2))
    _note(store, 30, _loss("frame too long", "tide", None), _loss("quota", "dust", -2))
    _gap(store, "dust", 60, 650, count=100)
    found = {
        (row["reason"], row["source"]): (row["lost"], row["inexact"], row["entries"]) for row in rows(store.panel("delivery", "losses"))
    }
    assert found == {
        ("quota", "dust"): (10, 0, 3),
        ("memory full", "dust"): (None, 1, 1),
        ("frame too long", "tide"): (2, 1, 2),
    }
    assert rows(store.panel("delivery", "lost"))[0]["lost"] == 12
    assert rows(store.panel("delivery", "unsure"))[0]["unsure"] == 2
    assert rows(store.panel("delivery", "gaps-estimated"))[0]["missing"] == 100


def test_unknown_number_alone_is_never_shown_as_none(store: AskedStore) -> None:
    _note(store, 10, _loss("memory full", "dust", None))
    assert [row["lost"] for row in rows(store.panel("delivery", "losses"))] == [None]
    assert store.panel("delivery", "lost") == []
    assert rows(store.panel("delivery", "unsure"))[0]["unsure"] == 1


def test_what_was_refused_is_listed_with_its_words_and_does_not_count_as_lost(store: AskedStore) -> None:
    _note(store, 10, _loss("decoder rejected", "dust", 3, detail="bad checksum"))
    _note(store, 20, _loss("refused by the store", "tide", None, detail="field type conflict"), _loss("set-aside shed", "dust", 3))
    found = [(row["reason"], row["count"], row["count_known"], row["note"]) for row in rows(store.panel("delivery", "rejected"))]
    assert found == [
        ("refused by the store", None, False, "field type conflict"),
        ("decoder rejected", 3, True, "bad checksum"),
    ]
    assert store.panel("delivery", "lost") == []


def _events(store: AskedStore, of: str = "delivery", span: Span = HOUR) -> list[tuple[str, str, float, float]]:
    """Return what Grafana would draw: (title, text, time, end), by the mappings of each annotation of the ledger."""
    found = []
    for each in board(of).render("en")["annotations"]["list"]:
        if "query" in each.get("target", {}):
            found += [_event(each["mappings"], row) for row in rows(store.ask(each["target"]["query"], span))]
    return sorted(found)


def _event(mappings: Json, row: Json) -> tuple[str, str, float, float]:
    def told(key: str) -> object:
        mapping = mappings[key]
        return mapping["value"] if mapping["source"] == "text" else row[mapping["value"]]

    title, text, begin, end = (told(key) for key in ("title", "text", "time", "timeEnd"))
    assert isinstance(begin, (int, float))
    assert isinstance(end, (int, float))
    return str(title), str(text), begin, end


def test_annotations_mark_gaps_and_losses_from_end_to_end_in_ms_with_their_reason(store: AskedStore) -> None:
    _gap(store, "dust", 60, 650)
    _gap(store, "gateway", 300, 700, reason="gateway off")
    _gap(store, "tide", 1200, None)
    _note(store, 900, _loss("quota", "dust", 5, 800, 850), _loss("memory full", "tide", None, 810, 860))
    _note(store, 950, _loss("broker queue", "dust", 9, 100, 200), _loss("frame too long", "dust", 1))
    assert _events(store) == [
        ("Gap, not over", "source silent", ms(1200), 4_102_444_800_000),
        ("Gateway off, other reasons", "gateway off", ms(300), ms(700)),
        ("Lost readings, counted", "quota", ms(800), ms(850)),
        ("Lost readings, number not known", "memory full", ms(810), ms(860)),
        ("Source silent", "dust", ms(60), ms(650)),
    ]
    assert _events(store, "air") == _events(store)


def test_annotations_are_of_the_chosen_site_alone(store: AskedStore) -> None:
    _gap(store, "dust", 60, 650)
    annotations = board("delivery").render("vi")["annotations"]["list"]
    query = next(each["target"]["query"] for each in annotations if each["name"] == "Nguồn im lặng")
    assert rows(store.ask(query, variables={"site": "s2", "gateway": ".*"})) == []
    assert len(rows(store.ask(query, variables={"site": "s1", "gateway": "g1"}))) == 1
