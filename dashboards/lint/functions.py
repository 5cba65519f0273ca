"""The functions that InfluxDB 1.6 to 3 share, and what each does to the unit of its first argument.

Portable: measured on InfluxDB 1.6.7, and in the feature support of InfluxDB 3 (influxql-v3-reference). Absent in 3: HOLT_WINTERS, sample
and the technical analysis set.
"""

from collections.abc import Mapping
from typing import Literal

# keep: the unit of the argument. count: a number. per: divided by the duration in the second argument (1 s without). times: multiplied by
# it. duration: in units of it (1 ns without). angle: radians. ratio: a number of an angle. formula: what comes out, no table tells.
Effect = Literal["keep", "count", "per", "times", "duration", "angle", "ratio", "formula"]

FUNCTIONS: Mapping[str, Effect] = {
    "count": "count",
    "distinct": "keep",
    "integral": "times",
    "mean": "keep",
    "median": "keep",
    "mode": "keep",
    "spread": "keep",
    "stddev": "keep",
    "sum": "keep",
    "bottom": "keep",
    "first": "keep",
    "last": "keep",
    "max": "keep",
    "min": "keep",
    "percentile": "keep",
    "top": "keep",
    "cumulative_sum": "keep",
    "derivative": "per",
    "difference": "keep",
    "elapsed": "duration",
    "moving_average": "keep",
    "non_negative_derivative": "per",
    "non_negative_difference": "keep",
    **dict.fromkeys(("abs", "ceil", "floor", "round"), "keep"),
    **dict.fromkeys(("acos", "asin", "atan", "atan2"), "angle"),
    **dict.fromkeys(("cos", "sin", "tan"), "ratio"),
    **dict.fromkeys(("exp", "ln", "log", "log2", "log10", "pow", "sqrt"), "formula"),
}
NOW = "now"
