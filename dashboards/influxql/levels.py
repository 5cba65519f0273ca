"""Sound levels over time. Levels are logarithms: their mean is taken of the energies, 10 lg(mean(10^(L/10))) (ISO 1996-1, LAeq).

pow and log10 are in InfluxQL of 1.6 (measured), 2.x and 3 (influxql functions: transformations). The power of an integer is cut to an
integer by 1.6 (measured: 0.1 dB at 15 dB(A)), hence 10.0.
"""

from collections.abc import Sequence

from dashboards.influxql.select import TIME_FILTER, Select, name, select
from dashboards.influxql.valid import IS_VALID

# Three blocks of 3 h are a night from 21 to 6 o'clock; time groups begin at multiples of 3 h after 2 o'clock UTC, that is 0, 3, 6 … here.
_BLOCK = "3h, 2h"
_BLOCKS_OF_A_DAY = 8
_NIGHT_BLOCKS = 3
_DAY_FROM_SIX = "24h, 23h"


def energy_mean(field: str, of: str, where: Sequence[str], by: Sequence[str], every: str) -> Select:
    """Return the equivalent level of each `every`, as `level`."""
    return select(('10 * log10(mean("energy"))', "level"), of=_energy(field, of, where, by), where=(TIME_FILTER,), by=by, every=every)


def night_level(field: str, of: str, where: Sequence[str], by: Sequence[str]) -> Select:
    """Return the equivalent level of each night from 21 to 6 o'clock, as `level`; its time is 6 o'clock of the day before that morning.

    InfluxQL cannot choose hours of the day, so: the energy of each 9 h is summed and divided by the number of its readings (a gap adds
    nothing to either), the last of a day that begins at 6 o'clock is that of its night, and a day of fewer than 8 blocks (the first, cut
    by the range, and one whose night has not come to 3 o'clock) is left out.
    """
    nine_hours = select(
        (f'moving_average(sum("energy"), {_NIGHT_BLOCKS}) / moving_average(count("energy"), {_NIGHT_BLOCKS})', "energy"),
        of=_energy(field, of, where, by),
        where=(TIME_FILTER,),
        by=by,
        every=_BLOCK,
        fill="0",
    )
    nights = select(
        ('last("energy")', "energy"),
        ('count("energy")', "blocks"),
        of=nine_hours,
        where=(TIME_FILTER,),
        by=by,
        every=_DAY_FROM_SIX,
    )
    is_whole = (f'"blocks" = {_BLOCKS_OF_A_DAY}', '"energy" > 0')
    return select(('10 * log10("energy")', "level"), of=nights, where=is_whole, by=by)


def _energy(field: str, of: str, where: Sequence[str], by: Sequence[str]) -> Select:
    return select((f"pow(10.0, {name(field)} / 10)", "energy"), of=of, where=(*where, IS_VALID), by=by)
