"""Summarizes the judges behind J for a report: their verdicts, and how often they err."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["judges_of", "verdicts_of"]

_MOST_JUDGES = 20
_MOST_CHARACTERS = 200


def judges_of(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a row for each judge of a scores document: J, verdicts, and two error rates.

    The rates, from 0 to 1, come from the judge's check; None if it was not checked.
    """
    judging = document.get("judging") or {}
    return [
        {
            "name": str(judge["name"])[:_MOST_CHARACTERS],
            "rubric": judging.get("rubric"),
            "value": judge["overall"]["value"],
            "counts": judge["counts"],
            "corrected": _lenient_only(judge.get("corrected")),
            **{
                rate: _rate_of(judge.get("check"), rate)
                for rate in ("false_accept", "false_reject")
            },
        }
        for judge in judging.get("judges", ())[:_MOST_JUDGES]
    ]


def _lenient_only(corrected: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return J corrected by the errors of a judge that accepts too many wrong answers."""
    if not corrected or not corrected["lenient"]:
        return None
    span = corrected["interval"] or {}
    return {"value": corrected["value"], "low": span.get("low"), "high": span.get("high")}


def _rate_of(check: Mapping[str, Any] | None, name: str) -> dict[str, Any] | None:
    if not check or name not in check:
        return None
    interval = check[name].get("interval") or {}
    kept = {key: check[name].get(key) for key in ("value", "n", "errors")}
    return {**kept, "low": interval.get("low"), "high": interval.get("high")}


def verdicts_of(judgements: Sequence[Mapping[str, Any]]) -> dict[str, list[tuple[str, str, str]]]:
    """Return (judge, verdict, reasoning or why there is no verdict) by question id."""
    verdicts: dict[str, list[tuple[str, str, str]]] = {}
    for line in judgements:
        why = line.get("reasoning") or (line.get("reason") or "").replace("_", " ")
        verdict = (str(line["judge"])[:_MOST_CHARACTERS], str(line["state"]), str(why))
        verdicts.setdefault(line["question_id"], []).append(verdict)
    return verdicts
