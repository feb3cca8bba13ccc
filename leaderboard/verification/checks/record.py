"""What a run's record says about how the answers came about: attempts, lost requests, models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from locomo_vqa.run_notes import asked_notes, lost_note, record_note, toolkit_note
from locomo_vqa.text import counted

from ..checklist import Checklist

__all__ = ["check_record"]

_MOST_NOTES = 10
_NO_RECORD = "run.json has no record of it."
_NO_CALLS = "run.json has no record of calls: no endpoint was asked, or the run was not metered."


def check_record(checks: Checklist, run: Mapping[str, Any]) -> None:
    """Check what run.json says about how the answers came about."""
    for unknown in (record_note(run), toolkit_note(run)):
        if unknown is not None:
            checks.flagged("record", unknown)
    checks.passed("record")
    _check_attempts(checks, run)
    calls, own = run.get("calls"), run.get("model_calls")
    if calls is None and own is None:
        checks.not_done("requests", _NO_CALLS)
        checks.not_done("models", _NO_CALLS)
        return
    if (lost := lost_note(run)) is not None:
        checks.flagged("requests", lost)
    known = [entry["lost"]["requests"] for entry in (calls, own) if entry and entry.get("lost")]
    checks.passed("requests", f"{counted(sum(known), 'request')}." if known else "")
    if calls is None:
        checks.not_done("models", _NO_CALLS)
        return
    checks.flagged("models", *asked_notes(run)[:_MOST_NOTES])
    checks.passed("models")


def _check_attempts(checks: Checklist, run: Mapping[str, Any]) -> None:
    attempts = (run.get("record") or {}).get("attempts")
    if not attempts or run["counts"] is None:
        checks.not_done("attempts", _NO_RECORD)
        return
    checks.flagged("attempts", *_unusual_attempts(attempts, run["counts"]["total"]))
    checks.passed("attempts", f"{counted(len(attempts), 'call')} of the run, each question once.")


def _unusual_attempts(attempts: Sequence[Mapping[str, Any]], total: int) -> Iterator[str]:
    """Yield what shows that some questions were asked again, or that attempts are missing.

    A run asks a question again only with `retry_failed`, and only if it failed; so outcomes beyond
    the number of questions come from these calls, and fewer mean that the journal was cut.
    """
    given = sum(each["answers"] for each in attempts)
    retries = [each for each in attempts if each["retry_failed"]]
    again = given - total
    if again < 0:
        yield (
            f"The record has {counted(given, 'outcome')} for {counted(total, 'question')}: a part "
            "of the journal is missing."
        )
    elif again and retries:
        yield (
            f"{counted(again, 'failed question')} {'was' if again == 1 else 'were'} asked again, "
            f"in {counted(len(retries), 'call')} of the run with `retry_failed`."
        )
    elif again:
        yield (
            f"The record has {counted(given, 'outcome')} for {counted(total, 'question')}, though "
            "no call of the run was with `retry_failed`: answers were asked for again and replaced."
        )
