"""All dashboards and alert rules show something on a store that our own agent filled; a lost measurement is named where it is asked."""

from collections.abc import Iterator

import pytest

from dashboards.check.ask import Range, ask
from dashboards.check.subject import Subject, subject
from dashboards.lint.table import lint
from runtime.influx import InfluxClient
from runtime.influx_series import Series
from runtime.influx_settings import InfluxSettings
from tests.dashboards.seeded import Seeded

pytestmark = pytest.mark.server


@pytest.fixture
def store(seeded_store: Seeded) -> Iterator[InfluxClient]:
    client = InfluxClient(InfluxSettings(url=seeded_store.url, database=seeded_store.database))
    yield client
    client.close()


@pytest.fixture(scope="module")
def what() -> Subject:
    return subject()


def _now(seeded: Seeded) -> Range:
    return Range(seeded.past.end_ms + 60_000)


def test_every_dashboard_and_rule_shows_something(seeded_store: Seeded, store: InfluxClient, what: Subject) -> None:
    linted = lint(what.boards, what.rules, what.all_boards)
    found = linted + ask(what.boards, what.rules, store, _now(seeded_store), linted=linted, may_be_empty=what.may_be_empty)
    faults = [f"{each.place}: {each.what.en}" for each in found if each.level == "finding"]
    assert faults == []


def test_a_lost_measurement_is_named_wherever_it_is_asked(seeded_store: Seeded, store: InfluxClient, what: Subject) -> None:
    class WithoutNoise:
        """The same store, had nobody ever written the measurement."""

        def query(self, statement: str) -> list[Series]:
            if statement.startswith("SELECT") and '"noise"' in statement:
                return []
            return [series for series in store.query(statement) if series.name != "noise"]

    found = ask(what.boards, (), WithoutNoise(), _now(seeded_store), may_be_empty=what.may_be_empty)
    faults = [each for each in found if each.level == "finding"]
    assert {each.place.board for each in faults} >= {"quanho-surroundings-vi", "quanho-surroundings-en"}
    assert {each.what.en for each in faults} == {"the store has no measurement “noise”"}
