"""The result of one check: what was observed, and how to fix the adapter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = ["CheckResult", "CheckState", "failed", "passed", "skipped", "warned"]

CheckState: TypeAlias = Literal["pass", "warn", "fail", "skipped"]
"""The result of a check:

pass      nothing is wrong
warn      worth a look; a run would work
fail      a run would fail, or give meaningless answers
skipped   the check could not be made; the detail says why
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """The result of one check."""

    id: str
    """A short name, for programs."""
    title: str
    """The property that is checked, as a phrase."""
    state: CheckState
    """The result."""
    detail: str = ""
    """What was observed; may be empty."""
    remedy: str = ""
    """How to fix the adapter; empty unless the check failed or warns."""


def passed(id: str, title: str, detail: str = "") -> CheckResult:
    """Return the result of a check that passed."""
    return CheckResult(id=id, title=title, state="pass", detail=detail)


def warned(id: str, title: str, detail: str, remedy: str) -> CheckResult:
    """Return the result of a check that found something worth a look."""
    return CheckResult(id=id, title=title, state="warn", detail=detail, remedy=remedy)


def failed(id: str, title: str, detail: str, remedy: str) -> CheckResult:
    """Return the result of a check that failed."""
    return CheckResult(id=id, title=title, state="fail", detail=detail, remedy=remedy)


def skipped(id: str, title: str, reason: str) -> CheckResult:
    """Return the result of a check that could not be made."""
    return CheckResult(id=id, title=title, state="skipped", detail=reason)
