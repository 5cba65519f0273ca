"""House defaults: what every dashboard has the same of. Colours of an index or a limit come with its data, not from here."""

from dataclasses import dataclass

from dashboards.words import Language, Text, same

SCHEMA_VERSION = 42  # the last of the classic model; Grafana 12 and 13 take it as it is
DATASOURCE_UID = "quanho-influxdb"
DATASOURCE_NAME = "quanho InfluxDB"
DATASOURCE_TYPE = "influxdb"
DATASOURCE_VARIABLE = "datasource"
TAG = "quanho"  # what we made is known by it
TIME_ZONE = "Asia/Ho_Chi_Minh"
REFRESH = "1m"  # `python -m bench dashboards`: the store of 1,000 devices is at work for a fifth of it at most
REFRESH_QUICK = "30s"  # of what asks little: the wall, one device
REFRESH_SLOW = "5m"  # of what asks for days and nights of all stations
TIME_FROM = "now-6h"
REPORTED_WITHIN = "10m"  # a gateway reports every 10 s, most sensors every minute: two missed visits are a gap, not a hiccup
SEEN_WITHIN = "7d"  # a last value, a place, a device counts as known for so long after its last word
MISSED_WITHIN = "30d"  # whoever spoke is missed, and a gap is found as open, for so long

GAP_MS = 600_000  # a curve is joined across shorter pauses: most devices speak every minute, some every five

GREEN = "#1dce6c"
YELLOW = "#fff954"
ORANGE = "#f08432"
RED = "#ea3223"
PURPLE = "#8f3f97"
GREY = "#999999"
BLUE = "#3274d9"


@dataclass(frozen=True, slots=True)
class Folder:
    """The folder of one language: all that we deploy lies in it."""

    uid: str
    title: Text


FOLDERS: dict[Language, Folder] = {
    "vi": Folder("quanho-vi", Text("quanho · Giám sát", "quanho · Giám sát")),
    "en": Folder("quanho-en", Text("quanho · Monitoring", "quanho · Monitoring")),
}
# One folder for both languages, so one title: Grafana's alert list finds a folder by its title.
ALERTS_FOLDER = Folder("quanho-alerts", same("quanho · Cảnh báo · Alerts"))


def uid(board: str, language: Language) -> str:
    """Return the stable uid of a dashboard, `quanho-air-vi`."""
    return f"quanho-{board}-{language}"
