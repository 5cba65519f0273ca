"""Random points, and random statements over them, of the grammar that dashboards use."""

from hypothesis import strategies as st

from dashboards.influxql.select import Fill, Select, call, literal, name, select
from telemetry.point import Point

FROM_MS = 1_790_000_017_000  # not at the edge of any window
LENGTH_MS = 600_000
EVERY = ("1m", "45s", "2m", "10m")
TAGS = ("site", "device")

_tags = st.fixed_dictionaries({"site": st.sampled_from(["a", "b"])}, optional={"device": st.sampled_from(["d1", "d2", "d 3"])})
_fields = st.fixed_dictionaries(
    {},
    optional={
        "x": st.integers(-40, 40).map(lambda n: n / 4),
        "n": st.integers(-9, 99),
        "s": st.sampled_from(["open", "closed", ""]),
        "up": st.booleans(),
    },
).filter(bool)


@st.composite
def points(draw: st.DrawFn, measurement: str) -> list[Point]:
    """Points of one measurement, no two at the same time, some before and behind the range."""
    moments = draw(st.lists(st.integers(-120, LENGTH_MS // 1000 + 60), min_size=1, max_size=24, unique=True))
    return [Point(measurement, draw(_tags), draw(_fields), (FROM_MS + 1000 * at) * 1_000_000) for at in moments]


_numeric = st.sampled_from(["x", "n"])
_any_field = st.sampled_from(["x", "n", "s", "up"])
_reduced = st.sampled_from(["mean", "sum", "max", "min", "median", "spread", "stddev"])
_kept = st.sampled_from(["count", "last", "first", "mode"])
_selected = st.sampled_from(["last", "first", "max", "min"])
_conditions = st.sampled_from(
    [
        (),
        (f"{name('site')} = {literal('a')}",),
        (f"{name('site')} =~ /^(a|b)$/", f"{name('device')} != {literal('')}"),
        (f"({name('site')} = {literal('b')} OR {name('device')} =~ /^d/)",),
        (f"{name('x')} > 0",),
        (f"{name('n')} <= 40 AND {name('s')} != {literal('open')}",),
        (f"({name('x')} < 1 OR {name('n')} >= 20)",),
        (f"{name('s')} = {literal('')}",),
        (f"{name('device')} !~ /2$/",),
        (f"{name('up')} = true",),
        (f"({name('site')} = {literal('a')} OR {name('x')} > 2)",),
        (f"{name('no_such_tag')} = {literal('')}",),
    ]
)
_by = st.sampled_from([(), ("site",), ("device",), ("site", "device")])
_fill: st.SearchStrategy[Fill] = st.sampled_from(["null", "none", "0", "previous", "linear"])


@st.composite
def _aggregate(draw: st.DrawFn) -> str:
    kind = draw(st.integers(0, 5))
    if kind <= 2:
        return call(draw(_reduced), draw(_numeric))
    if kind == 3:
        return call(draw(_kept), draw(_numeric))
    if kind == 4:
        return call("percentile", draw(_numeric), str(draw(st.sampled_from([1, 50, 90, 95, 100]))))
    return call("count", draw(_any_field))


@st.composite
def _computed(draw: st.DrawFn) -> str:
    left, right = draw(_aggregate()), draw(_aggregate())
    return draw(
        st.sampled_from(
            [
                left,
                f"{left} / 1000",
                f"{left} * 2 + 1.5",
                f"{left} - {right}",
                f"({left} + {right}) / 2",
                f"{left} / {right}",
                f"-1 * {left}",
                f"abs({left})",
                f"sqrt({left})",
                f"round({left} * 10) / 10",
                f"pow({left}, 2)",
                f"10 * log10(abs({left}) + 1)",
            ]
        )
    )


@st.composite
def _moving(draw: st.DrawFn, inner: str) -> str:
    """Return a transform, of a field or of a function of one."""
    return draw(
        st.sampled_from(
            [
                f"derivative({inner}, 1s)",
                f"non_negative_derivative({inner}, 1m)",
                f"derivative({inner})",
                f"difference({inner})",
                f"non_negative_difference({inner})",
                f"moving_average({inner}, 2)",
                f"moving_average({inner}, 3)",
                f"cumulative_sum({inner})",
                f"elapsed({inner}, 1s)",
            ]
        )
    )


@st.composite
def aggregated(draw: st.DrawFn, of: str) -> Select:
    """Functions, over windows or over the whole range."""
    every = draw(st.sampled_from(("", *EVERY)))
    what = draw(st.lists(_computed(), min_size=1, max_size=3))
    rest = draw(st.sampled_from(["", "", "ORDER BY time DESC", "LIMIT 3", "ORDER BY time DESC LIMIT 4"]))
    return select(*what, of=of, where=draw(_conditions), by=draw(_by), every=every, fill=draw(_fill), rest=rest)


@st.composite
def selected(draw: st.DrawFn, of: str) -> Select:
    """A selector, with other fields of the same point."""
    what = [(call(draw(_selected), draw(_numeric)), draw(st.sampled_from(["", "value"])))]
    what += [(name(each), "") for each in draw(st.lists(st.sampled_from(["x", "n", "s", "up", "device"]), max_size=2, unique=True))]
    every = draw(st.sampled_from(("", "", *EVERY)))
    return select(*what, of=of, where=draw(_conditions), by=draw(_by), every=every, fill=draw(_fill))


@st.composite
def raw(draw: st.DrawFn, of: str) -> Select:
    """Fields as they are, and arithmetic on them."""
    what = draw(
        st.lists(
            st.sampled_from([name("x"), name("n"), name("s"), f"{name('x')} * 2", f"{name('x')} + {name('n')}"]), min_size=1, max_size=3
        )
    )
    rest = draw(st.sampled_from(["", "ORDER BY time DESC", "ORDER BY time DESC LIMIT 3", "LIMIT 2"]))
    return select(*what, of=of, where=draw(_conditions), by=draw(_by), rest=rest)


@st.composite
def transformed(draw: st.DrawFn, of: str) -> Select:
    """Differences, rates, running sums."""
    every = draw(st.sampled_from(("", *EVERY)))
    inner = call(draw(st.sampled_from(["mean", "max", "last", "sum", "count"])), draw(_numeric)) if every else name(draw(_numeric))
    what = [draw(_moving(inner))]
    if every and draw(st.booleans()):
        what.append(draw(_aggregate()))
    rest = draw(st.sampled_from(["", "", "ORDER BY time DESC"]))
    return select(*what, of=of, where=draw(_conditions), by=draw(_by), every=every, fill=draw(_fill), rest=rest)


@st.composite
def ranked(draw: st.DrawFn, of: str) -> Select:
    """top and bottom."""
    field = draw(_numeric)
    what = draw(
        st.sampled_from(
            [
                call("top", field, "2"),
                call("bottom", field, "1"),
                call("top", field, name("device"), "2"),
            ]
        )
    )
    return select(what, of=of, where=draw(_conditions), by=draw(_by), every=draw(st.sampled_from(("", *EVERY))), fill="none")


@st.composite
def nested(draw: st.DrawFn, of: str) -> Select:
    """A statement over one or two others."""
    every = draw(st.sampled_from(["", "", "2m"]))  # not filled: the windows of an outer statement go on until the server's now
    inner = []
    for _ in range(draw(st.integers(1, 2))):
        function = draw(st.sampled_from(["mean", "count", "last", "max", "sum"]))
        by = draw(st.sampled_from([("site", "device"), ("device",), ("site",), ()]))
        inner_every = draw(st.sampled_from(["", "", "1m"]))
        expression = call(function, draw(_numeric)) + draw(st.sampled_from(["", "", " * 0"]))
        inner.append(
            select(
                (expression, "v"), of=of, where=draw(_conditions), by=by, every=inner_every, fill=draw(st.sampled_from(["null", "none"]))
            )
        )
    function = draw(st.sampled_from(["sum", "mean", "max", "min", "count"]))
    where = draw(st.sampled_from([(), (), (f"{name('v')} > 1",)]))
    return select((call(function, "v"), "w"), of=inner, where=where, by=draw(_by), every=every, fill="none")


@st.composite
def integrated(draw: st.DrawFn, of: str) -> Select:
    """The area under a curve; of one group, since 1.6 gives several in any order."""
    return select(call("integral", draw(_numeric), draw(st.sampled_from(["1s", "1m"]))), of=of, where=draw(_conditions))


@st.composite
def layered(draw: st.DrawFn, of: str) -> Select:
    """Windows, with the range of the dashboard, around points that were computed with, around steps of a counter, or around windows."""
    field = draw(_numeric)
    kind = draw(st.sampled_from(["computed", "stepped", "windows", "averaged"]))
    by = ("site", "device")
    where = (*draw(_conditions), f"{name('n')} & 3 != 1") if draw(st.booleans()) else draw(_conditions)
    every = draw(st.sampled_from(["2m", "3m, 2m", "10m", "5m, 4m"]))
    if kind == "computed":
        inner = select((f"floor(pow({name(field)}, 2) / 10)", "v"), of=of, where=where, by=by)
    elif kind == "stepped":
        step = draw(st.sampled_from(["non_negative_difference", "difference", "derivative", "elapsed", "cumulative_sum"]))
        inner = select((f"{step}({name(field)}{', 1s' if step in ('derivative', 'elapsed') else ''})", "v"), of=of, where=where, by=by)
    elif kind == "windows":
        # of floats: what integers are divided to, 1.6 cuts off where a statement two levels up selects it
        inner = select((f"sum({name('x')}) / count({name('x')})", "v"), of=of, where=where, by=by, every="1m")
    else:
        raw = select((f"{name(field)} * 2", "v"), of=of, where=where, by=by)
        averages = f"moving_average(sum({name('v')}), 3) / moving_average(count({name('v')}), 3)"
        inner = select(
            (averages, "v"), of=raw, where=("$timeFilter",), by=by, every="1m", fill=draw(st.sampled_from(["0", "null", "none"]))
        )
    function = draw(st.sampled_from(["sum", "mean", "max", "count", "last", "first"]))
    what = [(call(function, "v"), "w")] + ([(call("count", "v"), "c")] if draw(st.booleans()) else [])
    is_bounded = draw(st.booleans())
    fill: Fill = draw(_fill) if is_bounded else "none"
    outer = select(*what, of=inner, where=("$timeFilter",) * is_bounded, by=draw(_by), every=every, fill=fill)
    return select(name("w"), of=outer, where=(f"{name('w')} > 0",), by=("site",)) if draw(st.booleans()) else outer


def statement(of: str) -> st.SearchStrategy[Select]:
    """Return statements of every kind over one measurement."""
    return st.one_of(
        aggregated(of), aggregated(of), selected(of), raw(of), transformed(of), ranked(of), integrated(of), nested(of), layered(of)
    )
