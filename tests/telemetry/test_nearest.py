"""What is said instead of a name that nobody knows."""

from telemetry.nearest import instead_of


def test_the_nearest_name_comes_first_and_then_all() -> None:
    assert instead_of("sds11", ["plantower", "sds011"]) == "did you mean 'sds011'? known: plantower, sds011"


def test_where_nothing_is_near_only_what_is_known_is_told() -> None:
    assert instead_of("thermometer", {"nmea": 1, "ais": 2}) == "known: nmea, ais"
