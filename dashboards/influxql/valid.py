"""What the quality bits of readings say in InfluxQL: which readings count, what share is good, which bits are set.

`&` on an integer field is InfluxQL of 1.x, 2.x (the same engine) and 3 (iox_query_influxql, binary_operator_to_df_operator); it binds
as `*` does, so it needs no parentheses before `=`.
"""

from collections.abc import Sequence

from dashboards.influxql.select import TIME_FILTER, Select, select
from telemetry import quality

# A reading under one of these says nothing about the air or the noise outside. What is left: a time that was estimated, and simulated
# data, which are what they are in every panel.
_NOT_VALID = (
    quality.WARM_UP
    | quality.OUT_OF_RANGE
    | quality.FLAT_LINE
    | quality.IMPLAUSIBLE_JUMP
    | quality.MAINTENANCE
    | quality.DEVICE_ERROR
    | quality.STALE
)
_JUDGED = sum(flag.bit for flag in quality.FLAGS) & ~quality.SIMULATED
IS_VALID = f'"quality" & {_NOT_VALID} = 0'

# Curves show more: what is suspicious is there to be seen, but one 850 °C of a broken probe would flatten all the others.
IS_POSSIBLE = f'"quality" & {quality.OUT_OF_RANGE | quality.DEVICE_ERROR} = 0'


def share_of_good(of: str, where: Sequence[str], by: Sequence[str], every: str = "") -> Select:
    """Return the share of readings that bear no mark, in percent, as `share`. What is simulated is judged as what it stands for.

    InfluxDB 1.6 answers null to a quotient of two counts from two statements (measured). The mean of 1 for a good and 0 for any other
    reading is the same number: 1 / (quality + 1) is 1 for quality 0 and below 1 for every other.
    """
    good = select((f'floor(1 / (("quality" & {_JUDGED}) + 1))', "good"), of=of, where=where, by=by)
    return select(('100 * mean("good")', "share"), of=good, where=(TIME_FILTER,) if every else (), by=by, every=every)


def marks(of: str, where: Sequence[str], by: Sequence[str], *more: tuple[str, str]) -> Select:
    """Return in how many readings each bit is set, by the names of telemetry.quality.FLAGS; before it `more` columns made of `quality`."""
    told = ('"quality"',) if more else ()
    bits = select(*told, *((f'"quality" & {flag.bit}', flag.name) for flag in quality.FLAGS), of=of, where=where, by=by)
    return select(*more, *((f'sum("{flag.name}") / {flag.bit}', flag.name) for flag in quality.FLAGS), of=bits, by=by)
