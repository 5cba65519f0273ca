"""How each kind of panel is drawn, one file each. A kind without a row is drawn as a note that says so."""

from collections.abc import Mapping

KINDS: Mapping[str, str] = {
    "timeseries": "dashboards.preview.kinds.timeseries",
    "stat": "dashboards.preview.kinds.stat",
    "gauge": "dashboards.preview.kinds.bars",
    "bargauge": "dashboards.preview.kinds.bars",
    "barchart": "dashboards.preview.kinds.barchart",
    "table": "dashboards.preview.kinds.table",
    "state-timeline": "dashboards.preview.kinds.statetimeline",
    "status-history": "dashboards.preview.kinds.statetimeline",
    "geomap": "dashboards.preview.kinds.geomap",
    "heatmap": "dashboards.preview.kinds.heatmap",
    "text": "dashboards.preview.kinds.text",
    "alertlist": "dashboards.preview.kinds.alertlist",
}
