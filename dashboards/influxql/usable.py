"""Which readings may be compared with a limit: quality bits that concern the value keep it out, those about its time do not.

`&` is InfluxQL's bitwise AND, which InfluxDB 1.x, 2.x and 3 have (their documentation, "mathematical operators").
"""

from telemetry import quality

UNUSABLE = (
    quality.WARM_UP
    | quality.OUT_OF_RANGE
    | quality.FLAT_LINE
    | quality.IMPLAUSIBLE_JUMP
    | quality.MAINTENANCE
    | quality.DEVICE_ERROR
    | quality.STALE
)
USABLE = f'("quality" & {UNUSABLE}) = 0'


def has(bit: int) -> str:
    """Return the condition that a reading carries a quality bit."""
    return f'("quality" & {bit}) = {bit}'
