"""The functions that InfluxDB 1.6 to 3 share, and what each does to the unit of its first argument.

Portable: "InfluxQL functions" of the documentation of 1.6 and the feature support of InfluxDB 3. Absent in 3: HOLT_WINTERS, sample and the
technical analysis set; absent in 1.6: the mathematical functions (abs, round, ln, …), which 1.7 brought.
"""

from collections.abc import Mapping
from typing import Literal

# keep: the unit of the argument. count: a number. per: divided by the duration in the second argument (1 s without). times: multiplied by
# it. duration: in units of it (1 ns without; Grafana asks for no other).
Effect = Literal["keep", "count", "per", "times", "duration"]

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
}
NOW = "now"
