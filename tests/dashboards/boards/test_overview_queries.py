"""What the operations centre asks, on a real InfluxDB, against what was worked out by hand."""

from collections.abc import Iterator

import pytest

from dashboards.boards.gateway_state import BEHIND, CUT_OFF, REFUSED, REPORTING, SILENT, gateways, in_state, tally
from dashboards.boards.overview_air import LEAST_HOURS, air_now
from dashboards.boards.overview_on_time import on_time
from dashboards.influxql.means import running_mean
from quanho.demo.servers import Influxd
from telemetry import quality
from telemetry.point import FieldValue
from tests.dashboards.boards.asked import DAY, HOUR, Store, last_of

pytestmark = pytest.mark.server

WEEK = 7 * DAY


@pytest.fixture
def store(influxd: Influxd, request: pytest.FixtureRequest) -> Iterator[Store]:
    store = Store(influxd.url, request.node.name)
    yield store
    store.close()


def report(store: Store, gateway: str, age: float, *, at: tuple[float, float] | None = (21.18, 106.07), **told: FieldValue) -> None:
    fields: dict[str, FieldValue] = {"spool_oldest_age_s": 0.5, "uplink_up": True, "spool_records": 1, "rejected_total": 0, **told}
    if at:
        fields |= {"latitude": at[0], "longitude": at[1]}
    store.write([store.point("gateway", gateway, age, site=f"site-{gateway}", gateway=gateway, **fields)])


def states(store: Store) -> dict[str, float]:
    return last_of(store.ask(gateways(), minutes=WEEK), "state", by="gateway")


def test_a_gateway_that_reports_is_green_and_one_that_stopped_is_silent(store: Store) -> None:
    report(store, "here", 1)
    report(store, "just", 9)
    report(store, "gone", 11)
    report(store, "long-gone", 6 * DAY)
    report(store, "forgotten", 8 * DAY)
    assert states(store) == {"here": REPORTING, "just": REPORTING, "gone": SILENT, "long-gone": SILENT}


def test_trouble_is_what_is_not_sent_not_taken_or_cut_off_and_the_worst_is_told(store: Store) -> None:
    report(store, "behind", 1, spool_oldest_age_s=601.0)
    report(store, "not-yet-behind", 1, spool_oldest_age_s=599.0)
    report(store, "cut-off", 1, uplink_up=False)
    report(store, "both", 1, uplink_up=False, spool_oldest_age_s=9000.0)
    report(store, "refused", 50, rejected_total=3)
    report(store, "refused", 1, rejected_total=4)
    report(store, "refused-long-ago", 50, rejected_total=3)
    report(store, "refused-long-ago", 1, rejected_total=3)
    report(store, "restarted", 50, rejected_total=3)
    report(store, "restarted", 1, rejected_total=0)
    report(store, "restarted-and-refused", 50, rejected_total=30)
    report(store, "restarted-and-refused", 20, rejected_total=0)
    report(store, "restarted-and-refused", 1, rejected_total=2)
    assert states(store) == {
        "behind": BEHIND,
        "not-yet-behind": REPORTING,
        "cut-off": CUT_OFF,
        "both": CUT_OFF,
        "refused": REFUSED,
        "restarted-and-refused": REFUSED,
        "refused-long-ago": REPORTING,
        "restarted": REPORTING,
    }


def test_trouble_that_is_over_is_forgotten_and_old_trouble_of_a_silent_gateway_is_silence(store: Store) -> None:
    report(store, "over", 5, uplink_up=False, spool_oldest_age_s=9000.0)
    report(store, "over", 1)
    report(store, "silent", 30, uplink_up=False)
    report(store, "refused-then-silent", 50, rejected_total=3)
    report(store, "refused-then-silent", 30, rejected_total=9)
    assert states(store) == {"over": REPORTING, "silent": SILENT, "refused-then-silent": SILENT}
    [answer] = store.ask(tally(), minutes=WEEK)
    assert answer.values[0][1:] == (1, 0, 2, 3)


def test_the_map_shows_each_gateway_in_one_layer_at_its_last_known_place(store: Store) -> None:
    report(store, "here", 30, at=(20.0, 105.0))
    report(store, "here", 1)
    report(store, "moved-in-silence", DAY, at=(21.3, 106.3))
    report(store, "place-dropped", DAY, at=(21.4, 106.4))
    report(store, "place-dropped", 1, at=None, uplink_up=False)
    report(store, "nowhere", 1, at=None)

    def layer(least: int, most: int) -> dict[str, tuple[float, float]]:
        return last_of(store.ask(in_state(least, most), minutes=WEEK), "latitude", "longitude", by="gateway")

    assert layer(REPORTING, REPORTING) == {"here": (21.18, 106.07)}
    assert layer(REFUSED, CUT_OFF) == {"place-dropped": (21.4, 106.4)}
    assert layer(SILENT, SILENT) == {"moved-in-silence": (21.3, 106.3)}
    sites = {series.tags["site"] for series in store.ask(in_state(SILENT, CUT_OFF), minutes=WEEK)}
    assert sites == {"site-here", "site-place-dropped", "site-moved-in-silence"}, "the name beside the marker"


def test_the_numbers_add_up_and_none_of_them_is_missing_when_it_is_nought(store: Store) -> None:
    for gateway in ("a", "b", "c"):
        report(store, gateway, 2, at=None)
    [answer] = store.ask(tally(), minutes=WEEK)
    assert answer.columns[1:] == ("online", "troubled", "silent", "seen")
    assert answer.values[0][1:] == (3, 0, 0, 3)
    report(store, "d", 1, uplink_up=False)
    report(store, "e", DAY)
    report(store, "f", DAY)
    [answer] = store.ask(tally(), minutes=WEEK)
    assert answer.values[0][1:] == (4, 1, 2, 6)


def test_when_all_are_silent_the_numbers_say_so(store: Store) -> None:
    report(store, "a", DAY)
    [answer] = store.ask(tally(), minutes=WEEK)
    assert answer.values[0][1:] == (0, 0, 1, 1)


def test_on_time_is_the_share_of_series_of_the_week_with_a_reading_of_the_last_minutes(store: Store) -> None:
    def read(measurement: str, device: str, *ages: float) -> None:
        store.write([store.point(measurement, device, age, battery=12.0) for age in ages])

    read("weather", "on-time", 1, 3, 5)
    read("weather", "late", 11, 20)
    read("weather", "silent-for-days", 6 * DAY)
    read("weather", "gone-for-good", 8 * DAY)
    read("noise", "on-time", 9)
    read("power", "late", 15)
    shares = {series.name: series.values[0][-1] for series in store.ask(on_time(), minutes=WEEK)}
    assert shares == {"weather": pytest.approx(100 / 3), "noise": 100, "power": 0}


def test_a_reading_of_the_future_is_neither_on_time_nor_of_the_last_hour(store: Store) -> None:
    store.write([store.point("noise", "ahead", age, laeq=50.0) for age in (DAY, -HOUR)])
    [answer] = [series for series in store.ask(on_time(), minutes=WEEK) if series.name == "noise"]
    assert answer.values[0][-1] == 0
    store.write([store.point("air", "ahead", age, pm2_5=value) for age, value in ((30, 10.0), (-HOUR, 90.0))])
    assert last_of(store.ask(air_now()), "pm2_5_1h") == {"ahead": 10.0}


def test_devices_of_one_name_on_two_gateways_are_two_series(store: Store) -> None:
    store.write([store.point("noise", "meter", 1, gateway="gw-1", laeq=50.0), store.point("noise", "meter", 60, gateway="gw-2", laeq=50.0)])
    [answer] = store.ask(on_time(), minutes=WEEK)
    assert answer.values[0][-1] == 50


def test_a_report_of_the_future_is_no_sign_of_life(store: Store) -> None:
    report(store, "ahead", HOUR)
    report(store, "ahead", -30)
    assert last_of(store.ask(gateways(), minutes=WEEK), "state", by="gateway") == {"ahead": SILENT}


def test_the_air_of_an_hour_and_of_a_day_are_means_of_usable_readings(store: Store) -> None:
    readings = [store.point("air", "full", 30 + HOUR * hour, pm2_5=10.0 + hour, pm10=40.0) for hour in range(20)]
    readings += [store.point("air", "full", 20, pm2_5=900.0, pm10=900.0, quality=quality.OUT_OF_RANGE)]
    readings += [store.point("air", "full", 10, pm2_5=30.0, pm10=60.0, quality=quality.SIMULATED | quality.CLOCK_ESTIMATED)]
    readings += [store.point("air", "short", 30 + HOUR * hour, pm2_5=5.0) for hour in range(LEAST_HOURS - 1)]
    store.write(readings)
    found = last_of(store.ask(air_now()), "pm2_5_1h", "pm2_5_24h", "pm10_1h", "pm10_24h")
    assert found["full"][0] == 20.0, "10 and 30; 900 is out of range"
    assert found["full"][2] == 50.0
    assert 19.0 < found["full"][1] < 21.0, "the mean of 10 to 29 and once 30"
    assert found["short"] == (5.0, None, None, None), "too few hours for a day, and no PM10"


def test_a_day_is_the_mean_of_its_readings_as_on_the_board_of_air(store: Store) -> None:
    hour_ms = 3_600_000
    into_hour = (store.now_ms % hour_ms) / 60_000
    calm = [store.point("air", "street", into_hour + 30 + HOUR * hour, pm2_5=10.0) for hour in range(1, 20)]
    busy = [store.point("air", "street", into_hour + 1 + minute, pm2_5=110.0) for minute in range(58)]
    store.write([*calm, *busy])
    assert last_of(store.ask(air_now()), "pm2_5_24h") == {"street": pytest.approx((19 * 10 + 58 * 110) / 77)}
    [series] = store.ask(running_mean("pm2_5", "air", 24, (), ("device",)))
    assert series.values[0][1] == pytest.approx((19 * 10 + 58 * 110) / 77)
