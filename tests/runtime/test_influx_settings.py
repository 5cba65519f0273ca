import subprocess
import sys

import pytest
from pydantic import ValidationError

from runtime.influx_settings import InfluxSettings


def test_a_database_or_a_bucket_is_enough() -> None:
    assert InfluxSettings(url="http://127.0.0.1:8086/", database="street").url == "http://127.0.0.1:8086"
    assert InfluxSettings.model_validate({"url": "https://x", "bucket": "street", "max_raw_bytes": "512KiB"}).max_raw_bytes == 512 << 10


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "give either database"),
        ({"database": "a", "bucket": "b"}, "give either database"),
        ({"database": "a", "url": "127.0.0.1:8086"}, "must look like http"),
        ({"database": "a", "url": "http://me:secret@host"}, "must not hold a user"),
        ({"database": "a", "url": "http://host?db=a"}, "must not hold a query"),
        ({"database": "a", "username": "me"}, "go together"),
        ({"database": "a", "username": "me", "password_file": "/p", "token_file": "/t"}, "either username"),
        ({"bucket": "a", "cert_file": "/c"}, "go together"),
        ({"bucket": "a", "retention_policy": "week"}, "needs database"),
        ({"database": "a", "password": "x"}, "Extra inputs"),
    ],
)
def test_settings_that_cannot_work_are_refused_with_the_way_out(settings: dict[str, str], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        InfluxSettings.model_validate({"url": "http://host:8086", **settings})


def test_a_bucket_names_database_and_retention_policy() -> None:
    url = "http://host"
    assert InfluxSettings(url=url, database="a", retention_policy="week").bucket_name == "a/week"
    assert InfluxSettings(url=url, database="a").bucket_name == "a"
    assert InfluxSettings(url=url, bucket="a/week").database_name == ("a", "week")
    assert InfluxSettings(url=url, bucket="a").database_name == ("a", None)


def test_checking_settings_does_not_load_the_client() -> None:
    code = "import sys, runtime.influx_settings, runtime.influx_answers; sys.exit('influxdb_client' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
