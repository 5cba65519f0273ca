from pathlib import Path

from edge.self_metrics import Identity, Totals, Vitals, gateway_point
from edge.spool.lease import QueueState
from edge.storage_life import Rates, Written
from edge.storage_meter import StorageLook
from telemetry.batch import Priority
from telemetry.catalogue import find
from telemetry.point import FieldValue

NOW_NS = 1_700_000_000 * 10**9
HERE = Identity("bn", "gw-1")
QUEUE = QueueState(3, 30, 0, 900, 1, NOW_NS - 10**9, 7)
LOOK = StorageLook(Written(10**6, 5), Rates(100.0, 0.5, 600.0), None)
NOTHING = Totals(0, 0, 0, 0)


def fields(lag_s: float | None, identity: Identity = HERE, *, is_clock_trusted: bool = True) -> dict[str, FieldValue]:
    vitals = Vitals(
        NOW_NS,
        10.0,
        Totals(50, 40, 1, 30),
        NOTHING,
        dict.fromkeys(Priority, QUEUE),
        is_uplink_up=True,
        state_dir=Path("/"),
        lag_s=lag_s,
        storage=LOOK,
        spool_epoch="e",
        is_clock_trusted=is_clock_trusted,
    )
    return dict(gateway_point(identity, vitals).fields)


def test_lag_is_that_of_the_last_delivery_and_absent_before_one() -> None:
    assert fields(1.5)["lag_s"] == 1.5
    assert "lag_s" not in fields(None)


def test_rates_are_per_second_since_the_last_look() -> None:
    assert [fields(None)[name] for name in ("received_rate", "stored_rate", "delivered_rate")] == [5.0, 4.0, 3.0]


def test_a_gateway_says_where_it_stands_and_what_it_runs_where_that_is_known() -> None:
    told = fields(None, Identity("bn", "gw-1", (21.1861, 106.0763), "0.7"))
    assert (told["latitude"], told["longitude"], told["version"]) == (21.1861, 106.0763, "0.7")
    assert not {"latitude", "longitude", "version"} & fields(None).keys()


def test_it_says_whether_the_clock_was_trusted() -> None:
    assert fields(None)["clock_trusted"] is True
    assert fields(None, is_clock_trusted=False)["clock_trusted"] is False


def test_everything_a_gateway_says_of_itself_is_in_the_catalogue_with_its_type() -> None:
    types = {"int": int, "float": float, "bool": bool, "string": str}
    for name, value in fields(1.5, Identity("bn", "gw-1", (21.0, 106.0), "0.7")).items():
        quantity = find("gateway", name)
        assert quantity, name
        assert type(value) is types[quantity.type], name
