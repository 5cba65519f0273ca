"""What a check found: a code that the words are looked up by (quanho/site_words.py), and the facts that stand in them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Verdict(StrEnum):
    """From good to bad; `NOT_DONE` says nothing."""

    PASSED = "passed"
    REMARK = "remark"  # passed, and somebody should know this
    FAILED = "failed"
    NOT_DONE = "not-done"


@dataclass(frozen=True, slots=True)
class Finding:
    """`check` is one of CHECKS. Facts are text or whole numbers, as records hold them."""

    check: str
    code: str
    verdict: Verdict
    facts: Mapping[str, str | int] = field(default_factory=dict)


CHECKS = ("values", "clock", "uplink", "buffer", "alarm", "place")


def overall(findings: Iterable[Finding]) -> Verdict:
    """Return the verdict on all of them: failed if one failed, remark if one has a remark."""
    verdicts = {finding.verdict for finding in findings}
    for worst in (Verdict.FAILED, Verdict.REMARK):
        if worst in verdicts:
            return worst
    return Verdict.PASSED if Verdict.PASSED in verdicts else Verdict.NOT_DONE
