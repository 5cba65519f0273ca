"""Which kinds of NMEA 0183 sentences are read, and by what: a row a kind.

A function takes the fields behind the address and returns what is stored; empty fields are not there. ValueError says what is wrong.
Stored are the catalogue's units: knots become m/s, feet and fathoms m, inches of mercury hPa.
"""

from collections.abc import Callable, Mapping

from edge.decoders.nmea import air, fixes, heading, water
from edge.decoders.nmea.said import Said

SENTENCES: Mapping[str, tuple[int, Callable[[list[str]], Said]]] = {  # kind → least number of fields, what it says
    "GGA": (11, fixes.gga),
    "RMC": (9, fixes.rmc),
    "GLL": (4, fixes.gll),
    "GNS": (9, fixes.gns),
    "VTG": (1, fixes.vtg),
    "GSA": (2, fixes.gsa),
    "GST": (8, fixes.gst),
    "GBS": (4, fixes.gbs),
    "ZDA": (4, fixes.zda),
    "HDT": (1, heading.hdt),
    "THS": (2, heading.ths),
    "HDM": (1, heading.hdm),
    "HDG": (1, heading.hdg),
    "ROT": (1, heading.rot),
    "VLW": (2, heading.vlw),
    "MWV": (5, air.mwv),
    "MWD": (5, air.mwd),
    "MDA": (3, air.mda),
    "MTA": (1, air.mta),
    "MMB": (1, air.mmb),
    "MHU": (1, air.mhu),
    "VWR": (3, air.vwr),
    "VWT": (3, air.vwt),
    "DBT": (1, water.dbt),
    "DBS": (1, water.dbs),
    "DBK": (1, water.dbk),
    "DPT": (1, water.dpt),
    "MTW": (1, water.mtw),
    "VHW": (5, water.vhw),
    "VDR": (5, water.vdr),
    "CUR": (7, water.cur),
}
