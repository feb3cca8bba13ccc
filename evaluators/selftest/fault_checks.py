"""Checks of what a system does when its model fails, and of the model that it asks."""

from __future__ import annotations

from collections.abc import Mapping

from locomo_vqa.run_notes import asked_notes
from locomo_vqa.text import counted

from .observations import DOES_NOT_OPEN, Observations
from .result import CheckResult, failed, passed, skipped, warned

__all__ = ["asks_named_model", "failures"]

_NO_CALLS = "no call to an endpoint was seen"


def failures(seen: Observations) -> CheckResult:
    """Check that a call without a reply is an error of reading or of the answer."""
    id, title = "failures", "a call to the model that fails is not ignored"
    if seen.does_not_open:
        return skipped(id, title, DOES_NOT_OPEN)
    if not seen.metered:
        return passed(id, title, _NO_CALLS)
    lost = _lost(seen.lost_reading)
    if lost and seen.read_without_model is None:
        return failed(
            id,
            title,
            f"{counted(lost, 'request')} of reading a conversation failed (HTTP 500), but neither "
            "add() nor flush() raised an exception: memories would be missing without a word",
            "Raise an exception from add() or flush() when a call has failed for good.",
        )
    lost, reply = _lost(seen.lost_answering), seen.answered_without_model
    if lost and reply is not None and reply.failure is None:
        said = " ".join(reply.text.split())[:60] or "(nothing)"
        return failed(
            id,
            title,
            f"{counted(lost, 'request')} of an answer failed (HTTP 500), and this was the answer: "
            f"{said}",
            "Raise an exception from answer() or search() when a call has failed for good.",
        )
    if not _lost(seen.lost_reading) and not lost:
        return passed(id, title, "it made no call")
    return passed(id, title)


def asks_named_model(seen: Observations) -> CheckResult:
    """Check that the calls name the run's model, at its temperature."""
    id, title = "asked", "it asks the named model, at temperature 0"
    if seen.does_not_open:
        return skipped(id, title, DOES_NOT_OPEN)
    if not seen.metered or not seen.asked:
        return passed(id, title, _NO_CALLS)
    answerer = {"model": seen.model, "temperature": seen.temperature}
    notes = asked_notes({"answerer": answerer, "calls": {"asked": seen.asked}})
    if not notes:
        return passed(id, title)
    return warned(
        id,
        title,
        " ".join(notes),
        "Use services.llm.model and temperature 0; a run records what was asked, and says so.",
    )


def _lost(stages: Mapping[str, Mapping[str, int]]) -> int:
    return sum(stage["lost"] for stage in stages.values())
