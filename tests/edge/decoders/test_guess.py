"""Which decoder fits bytes of unknown origin."""

from edge.decoders.guess import SAMPLE_MESSAGES, guess_messages, guess_stream


def test_json_that_no_vendor_claims_is_just_json() -> None:
    [guess] = guess_messages([("a/b", b'{"my_own": 1}'), ("a/b", b"torn {")])
    assert (guess.decoder, guess.score < 0.5) == ("json", True)
    assert "1 of 2" in guess.evidence


def test_lines_of_one_number_of_columns_are_csv() -> None:
    [guess] = guess_messages([("", b"R1,0.2,12.6"), ("", b"R1,0.4,12.6")])
    assert guess.decoder == "csv"
    assert "3 columns" in guess.evidence


def test_noise_is_nothing() -> None:
    assert guess_stream(b"") == []
    assert guess_stream(bytes(5_000)) == []
    assert guess_messages([]) == []
    assert guess_messages([("", b"\xff\x00")]) == []


def test_an_endless_capture_is_looked_at_up_to_a_limit() -> None:
    taken = 0

    def endless() -> object:
        nonlocal taken
        while True:
            taken += 1
            yield "a", b'{"x": 1}'

    assert guess_messages(endless())  # type: ignore[arg-type]
    assert taken <= SAMPLE_MESSAGES + 1


def test_a_position_is_no_ship() -> None:
    sentence = b"$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\r\n"  # the example of the NMEA FAQ
    assert [guess.decoder for guess in guess_stream(20 * sentence)] == ["nmea"]
