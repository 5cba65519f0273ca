"""Numbers as InfluxQL and people read them: InfluxQL has no exponents."""


def plain(value: float) -> str:
    """Return a number without exponent and without zeros at its end: 1e9 is "1000000000", 4.30 is "4.3"."""
    text = f"{value:.9f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
