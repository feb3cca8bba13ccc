"""A point of the self-test: what is looked at, what was seen, and what the adapter should do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = ["CheckResult", "CheckState", "failed", "passed", "skipped", "warned"]

CheckState: TypeAlias = Literal["pass", "warn", "fail", "skipped"]
"""What became of a point:

pass      as it should be
warn      worth a look; a run would go on
fail      a run would give answers that mean nothing, or none
skipped   it could not be looked at; the reason is given
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """One point of the self-test."""

    id: str
    """A short name, for machines."""
    title: str
    """What is looked at, as a phrase."""
    state: CheckState
    """What became of it."""
    detail: str = ""
    """What was seen, in a sentence; empty where there is nothing to say."""
    remedy: str = ""
    """What the adapter should do; only where the point failed or warns."""


def passed(id: str, title: str, detail: str = "") -> CheckResult:
    """Return a point that is as it should be."""
    return CheckResult(id=id, title=title, state="pass", detail=detail)


def warned(id: str, title: str, detail: str, remedy: str) -> CheckResult:
    """Return a point that is worth a look."""
    return CheckResult(id=id, title=title, state="warn", detail=detail, remedy=remedy)


def failed(id: str, title: str, detail: str, remedy: str) -> CheckResult:
    """Return a point that went wrong."""
    return CheckResult(id=id, title=title, state="fail", detail=detail, remedy=remedy)


def skipped(id: str, title: str, reason: str) -> CheckResult:
    """Return a point that could not be looked at."""
    return CheckResult(id=id, title=title, state="skipped", detail=reason)
