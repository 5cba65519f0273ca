"""What is written onto every chart: why there is a hole in the data, and which incidents there were.

Grafana's own mapping of columns to events is used (`mappings`; public/app/features/annotations/standardAnnotationSupport.ts), not the
older way of the InfluxDB data source (`fromAnnotations`, `timeEndColumn`): that one takes the point's own time for the beginning, and the
point that knows both ends of a gap stands at its end. Times are ms: a column that is mapped is taken as it is. The data source's backend
answers format "table" with one frame, its columns named as in the statement (pkg/tsdb/influxdb/influxql/buffered/response_parser.go).
"""

from collections.abc import Sequence

from dashboards.house import BLUE, GREY, ORANGE, PURPLE, RED, YELLOW
from dashboards.influxql import ledger
from dashboards.influxql.select import Select, equals, is_variable, literal
from dashboards.influxql.whose import OF_GATEWAY
from dashboards.model.datasource import BY_VARIABLE, GRAFANA
from dashboards.model.json import Json
from dashboards.reasons import NOT_LOST, SOURCE_SILENT
from dashboards.words import Text

INCIDENT_TAG = "quanho-incident"
_MOST_INCIDENTS = 100
_NEWEST = "ORDER BY time DESC LIMIT 500"  # a source that is refused all day says so every few seconds


def annotations(variables: Sequence[str] = ()) -> tuple[Json, ...]:
    """Return the annotations of a dashboard that has these variables; those of site and gateway narrow them down."""
    where = tuple(is_variable(tag) for tag in OF_GATEWAY if tag in variables)
    silent = equals("reason", SOURCE_SILENT)
    other = f'"reason" != {literal(SOURCE_SILENT)}'
    return (
        _of_ledger(
            Text("Khoảng trống chưa kết thúc", "Gap, not over"),
            RED,
            ledger.open_gaps_listed(ledger.until_for_ever(), where=where),
        ),
        _of_ledger(
            Text("Khoảng trống từ trước, chưa kết thúc", "Gap from before, not over"),
            RED,
            ledger.long_open_gaps_listed(ledger.until_for_ever(), where=where),
        ),
        _of_ledger(Text("Nguồn im lặng", "Source silent"), GREY, ledger.closed_gaps(where=(silent, *where), rest=_NEWEST), text="source"),
        _of_ledger(
            Text("Gateway tắt, lý do khác", "Gateway off, other reasons"), BLUE, ledger.closed_gaps(where=(other, *where), rest=_NEWEST)
        ),
        _of_ledger(
            Text("Mất dữ liệu, biết số lượng", "Lost readings, counted"),
            ORANGE,
            ledger.losses_with_span(is_known=True, without=NOT_LOST, where=where, rest=_NEWEST),
        ),
        _of_ledger(
            Text("Mất dữ liệu, chưa rõ số lượng", "Lost readings, number not known"),
            YELLOW,
            ledger.losses_with_span(is_known=False, without=NOT_LOST, where=where, rest=_NEWEST),
        ),
        _incidents(),
    )


def _of_ledger(title: Text, colour: str, statement: Select, text: str = "reason") -> Json:
    """Return regions with their own title; `text` is the column below it, and the source stands beside as a tag."""
    return {
        "name": title,
        "datasource": BY_VARIABLE,
        "enable": True,
        "hide": False,
        "placement": "inControlsMenu",
        "iconColor": colour,
        "target": {
            "refId": "Anno",
            "datasource": BY_VARIABLE,
            "rawQuery": True,
            "query": statement.text,
            "resultFormat": "table",
        },
        "mappings": {
            "time": {"source": "field", "value": "from"},
            "timeEnd": {"source": "field", "value": "to"},
            "title": {"source": "text", "value": title},
            "text": {"source": "field", "value": text},
            "tags": {"source": "field", "value": "source" if text != "source" else "gateway"},
        },
    }


def _incidents() -> Json:
    """Return the incidents that the on-call service writes into Grafana's own store of annotations, known by their tag."""
    return {
        "name": Text("Sự cố", "Incidents"),
        "datasource": GRAFANA,
        "enable": True,
        "hide": False,
        "placement": "inControlsMenu",
        "iconColor": PURPLE,
        "target": {"type": "tags", "tags": [INCIDENT_TAG], "matchAny": False, "limit": _MOST_INCIDENTS},
    }
