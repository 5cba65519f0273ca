"""Every query can be read: rules see into it, and the store will not answer 400."""

from collections.abc import Iterable, Iterator

from dashboards.influxql.reading import read
from dashboards.influxql.tokens import Unreadable
from dashboards.lint.finding import Finding
from dashboards.lint.walk import Asked
from dashboards.words import Text, same

RULE = "readable"


def check(asked: Iterable[Asked]) -> Iterator[Finding]:
    for each in asked:
        try:
            read(each.text)
        except Unreadable as error:
            yield Finding(RULE, each.place, same(str(error)), Text("sửa câu truy vấn InfluxQL", "mend the InfluxQL"))
