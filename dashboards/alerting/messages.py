"""What a message says, as Go templates of Grafana's notifications, in the contact's language.

Of each alert: how grave, since when (Vietnam's time; `.Add` takes nanoseconds), what, what to do, and where to look. Annotations of the
rules are in render.py. `.Values` and the like are left to the annotations, which Grafana fills in before.
"""

from dashboards.words import Language, Text

_SEVEN_HOURS_NS = 7 * 3600 * 10**9

_STATE = Text(
    "{{ if .Alerts.Firing }}[{{ len .Alerts.Firing }} cảnh báo]{{ else }}[Đã hết]{{ end }}",
    "{{ if .Alerts.Firing }}[{{ len .Alerts.Firing }} firing]{{ else }}[Resolved]{{ end }}",
)
_SEVERITY = Text(
    '{{ if eq .Labels.severity "critical" }}KHẨN{{ else if eq .Labels.severity "warning" }}CẢNH BÁO{{ else }}THÔNG TIN{{ end }}',
    '{{ if eq .Labels.severity "critical" }}CRITICAL{{ else if eq .Labels.severity "warning" }}WARNING{{ else }}INFO{{ end }}',
)
_SINCE = Text("từ", "since")
_ENDED = Text("Đã hết", "Resolved")
_RUNBOOK = Text("Hướng dẫn", "Runbook")
_PANEL = Text("Biểu đồ", "Panel")
_SILENCE = Text("Tạm im", "Silence")


def title(language: Language) -> str:
    """Return the template of a subject line."""
    return f"{_STATE.to(language)} {{{{ .GroupLabels.site }}}} {{{{ .CommonLabels.alertname }}}}"


def message(language: Language) -> str:
    """Return the template of a message's text."""
    summary, description = f"{{{{ .Annotations.summary_{language} }}}}", f"{{{{ .Annotations.description_{language} }}}}"
    return (
        f"{{{{ range .Alerts.Firing }}}}{_SEVERITY.to(language)}, {_SINCE.to(language)} {_at('StartsAt')}: {summary}\n{description}\n"
        f"{_link(_PANEL.to(language), 'PanelURL')}{_link(_RUNBOOK.to(language), 'Annotations.runbook_url')}"
        f"{_link(_SILENCE.to(language), 'SilenceURL')}\n{{{{ end }}}}"
        f"{{{{ range .Alerts.Resolved }}}}{_ENDED.to(language)} {_at('EndsAt')}: {summary}\n{{{{ end }}}}"
    )


def _at(moment: str) -> str:
    return f'{{{{ (.{moment}.UTC.Add {_SEVEN_HOURS_NS}).Format "15:04 02/01/2006" }}}}'


def _link(label: str, path: str) -> str:
    return f"{{{{ with .{path} }}}}{label}: {{{{ . }}}}\n{{{{ end }}}}"
