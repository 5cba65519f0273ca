"""One alert rule: exactly one in Grafana, and one state machine in a replay."""

from datetime import date, datetime, timedelta, timezone
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from dashboards.alerting.numbers import plain
from dashboards.alerting.queries import Query, tags_of
from dashboards.alerting.states import Policy
from dashboards.house import TAG
from dashboards.words import Language, Text
from rules import limits

Severity = Literal["info", "warning", "critical"]
SEVERITIES: tuple[Severity, ...] = ("info", "warning", "critical")
Choice = Literal["NoData", "Error", "Alerting", "OK", "KeepLast"]
MOST_UID = 40
_DAY_S = 86_400
_VIETNAM = timezone(timedelta(hours=7))  # limits change at midnight there
_REACHED = -0.0005  # an alarm level holds from the very level on, and Grafana before 11.6 knows no "at least"; gauges resolve 1 mm


class Words(BaseModel):
    """A text in both languages. `[called]`, `[limit]` and `[source]` stand for what the case says; `{{ … }}` is Grafana's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    vi: str = Field(description="Vietnamese", min_length=1)
    en: str = Field(description="English", min_length=1)

    @property
    def text(self) -> Text:
        return Text(self.vi, self.en)


class Bound(NamedTuple):
    """When a value is bad: above or below `value`. `source` names the document it comes from, "" for our own judgement."""

    type: Literal["gt", "lt"]
    value: float
    source: str = ""

    def is_crossed(self, value: float) -> bool:
        return value > self.value if self.type == "gt" else value < self.value


class Case(BaseModel):
    """One of the levels, measurements or fields that a rule of a file is about: what of it differs, and when it is bad.

    Exactly one of `above`, `below`, `legal` and `alarm` says when.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field("", description="added to the name of the rule", pattern=r"^[a-z0-9-]*$")
    called: Words | None = Field(None, description="what operators call it; [called] in the texts")
    severity: Severity = Field(description="info: to know; warning: today; critical: now, also at night")
    above: float | None = Field(None, description="bad above this value")
    below: float | None = Field(None, description="bad below this value")
    legal: Literal["1h", "8h", "24h"] | None = Field(None, description="bad above the legal limit for this mean (rules/limits)")
    alarm: Literal[1, 2, 3] | None = Field(None, description="bad from this alarm level of each river gauge on (rules/limits)")
    query: dict[str, object] = Field(default_factory=dict, description="keys of the query that differ")
    panel: str = Field("", description="key of the panel that shows it, where the rule's own does not")

    @property
    def ways(self) -> int:
        """Return how many ways it says when a value is bad."""
        return sum(each is not None for each in (self.above, self.below, self.legal, self.alarm))


class Rule(BaseModel):
    """A rule with one of its cases. `family` is its name in the file and its anchor in docs/runbooks/alerts.md.

    `no_data` is what becomes of it when the whole answer is empty, `on_error` when there is none. KeepLast, the house's choice, leaves
    every alert as it was: an outage of the store is told once, by the rule that watches the store, and resolves nothing.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    family: str
    subject: str
    interval_s: int
    for_s: int
    case: Case
    query: Query
    title: Text
    summary: Text
    meaning: Text
    action: Text
    dashboard: str
    panel: str
    labels: dict[str, str]
    no_data: Choice
    on_error: Choice
    blind_after_s: int

    @property
    def name(self) -> str:
        return f"{self.family}-{self.case.name}" if self.case.name else self.family

    @property
    def uid(self) -> str:
        """Return the stable uid in Grafana."""
        return f"{TAG}-{self.name}"

    @property
    def severity(self) -> Severity:
        return self.case.severity

    @property
    def missing_evaluations(self) -> int:
        """Return after how many evaluations without its series an instance is resolved: those of a day; two where there is one instance.

        The one instance of a rule without tags has no series to lose, but Grafana makes a second one for an empty answer if that was the
        first it got: this must not outlive the recovery.
        """
        return max(2, _DAY_S // self.interval_s) if tags_of(self.query) else 2

    @property
    def policy(self) -> Policy:
        return Policy(self.interval_s, self.for_s, self.missing_evaluations, self.no_data, self.on_error)

    @property
    def levels(self) -> dict[str, float] | None:
        """Return the alarm level of each gauge that has one, None where the rule is not about them."""
        if self.case.alarm is None:
            return None
        at = self.case.alarm - 1
        return {station.device: level for station in limits.stations() if (level := station.levels[at]) is not None}

    def bound(self, day: date) -> Bound | None:
        """Return when a value is bad; None while there is no legal limit in force."""
        case = self.case
        if case.above is not None:
            return Bound("gt", case.above)
        if case.below is not None:
            return Bound("lt", case.below)
        if case.alarm is not None:
            return Bound("gt", _REACHED)
        measurement, field = getattr(self.query, "measurement", ""), getattr(self.query, "field", "")
        found = [
            row for row in limits.legal_limits_on(day, measurement, field) if row.average == case.legal and not (row.area or row.hours)
        ]
        return Bound("gt", found[0].value, found[0].source) if found else None

    def said(self, text: Text, language: Language, bound: Bound) -> str:
        """Return a text of the rule with its marks filled in."""
        called = self.case.called.text.to(language) if self.case.called else ""
        filled = text.to(language).replace("[called]", called).replace("[limit]", plain(bound.value)).replace("[source]", bound.source)
        return filled[:1].upper() + filled[1:]


def today() -> date:
    """Return the day in Vietnam."""
    return datetime.now(_VIETNAM).date()


def day_of(at_ms: int) -> date:
    """Return the day in Vietnam of a time in ms since 1970 UTC."""
    return datetime.fromtimestamp(at_ms / 1000, _VIETNAM).date()
