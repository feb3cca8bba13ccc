"""Finds the verdicts of a judge that a file carries, and who gave them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

from .fields import first_text, is_row, plain_keys, shown
from .raw_rows import RawRow
from .verdict_values import verdicts_in

__all__ = ["FoundVerdicts", "find_verdicts", "judge_named_in"]

_SURE_KEYS = (
    *("llm_score", "judge_score", "llm_judge_score", "j_score", "judge_correct", "llm_correct"),
    *("is_correct", "correct", "judge_result", "llm_judgments", "llm_judgements", "judgments"),
    *("judgements", "llm_judgment", "llm_judgement", "judgment", "judgement", "judge_label"),
    *("judge_verdict", "llm_judge", "llm_label", "verdict", "grade", "llm_grade", "judge"),
    *("autoeval_label", "is_right", "judge_evaluation"),
)
"""Keys that hold a verdict, the clearest first."""
_SURE_ENDINGS = ("_verdict", "_judgment", "_judgement", "_is_correct", "_correct", "_grade")
"""Endings of keys that also hold a verdict, such as original_verdict."""
_MAYBE_KEYS = (
    *("score", "label", "result", "passed", "success", "accuracy", "scores"),
    *("evaluation", "eval_result", "eval"),
)
"""Keys that hold a verdict if all their values are one: right or wrong, 1 or 0."""

_JUDGE_KEYS = (
    *("judge_model", "judge_llm", "judge_model_name", "judge_name", "judge", "llm_judge_model"),
    *("evaluator_model", "eval_model", "evaluation_model", "grader_model", "grader", "evaluator"),
    *("judge_id",),
)
_REASON_KEY = re.compile(
    r"(?:(?:[a-z0-9_]+_)?(?:judge|judgement|judgment|llm|eval|evaluation|evaluator|grade|grader"
    r"|score|verdict|label|correctness)_)?(?:reason|reasoning|explanation|rationale|feedback)"
    r"|judge_(?:raw|response|error)"
)
"""A key that holds the judge's reason, not the system's: reason or llm_reason."""
_ERROR = re.compile(
    r"^\W*(?:\w*error\b|\w*exception\b|traceback\b|failed to\b|(?:request )?timed? ?out\b)"
    r"|error code: ?[45]\d\d|rate.?limit(?:ed| reached| exceeded)|insufficient_quota"
    r"|(?:connection|api|server) error|service unavailable|bad gateway",
    re.IGNORECASE,
)
_READABLE = 0.9
_DEPTH = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundVerdicts:
    """The verdicts in a file's rows, by the rows' order."""

    key: str
    """The key that holds them."""
    judge: str | None
    """The judge that the file names; None if it names none."""
    values: Mapping[int, float]
    """From 0, refused, to 1, accepted: the mean of repeated verdicts."""
    every: Mapping[int, Sequence[float]]
    """The verdicts themselves, several where they were repeated."""
    asked: frozenset[int]
    """The rows that have the key, with a verdict or without."""
    repeated: frozenset[int] = field(default=frozenset())
    """Rows with several verdicts."""
    disagreeing: frozenset[int] = field(default=frozenset())
    """Rows whose verdicts contradict each other, in one key or in two."""
    errors: frozenset[int] = field(default=frozenset())
    """Rows in which the judge's reason is the message of a failed call."""


def find_verdicts(
    rows: Sequence[RawRow], document: Sequence[tuple[str, Any]]
) -> FoundVerdicts | None:
    """Return the verdicts that rows carry; None if there are none under a known key."""
    plain = [plain_keys(row.fields) for row in rows]
    names = dict.fromkeys(name for row in plain for name in row)
    ending = [n for n in names if n.endswith(_SURE_ENDINGS) and n not in _SURE_KEYS]
    keys = [key for key in (*_SURE_KEYS, *ending, *_MAYBE_KEYS) if key in names]
    read = {key: found for key in keys if (found := _read_key(plain, key))}
    if not read:
        return None
    key, values = next(iter(read.items()))
    others = [other for name, other in read.items() if name != key]
    repeated = {order for order, found in values.items() if len(found) > 1}
    split = {order for order in repeated if len(set(values[order])) > 1}
    crossed = {
        order
        for order, found in values.items()
        for other in others
        if order in other and (fmean(other[order]) >= 0.5) != (fmean(found) >= 0.5)
    }
    return FoundVerdicts(
        key=key,
        judge=judge_named_in(plain, document),
        values={order: fmean(found) for order, found in values.items()},
        every=values,
        asked=frozenset(order for order, row in enumerate(plain) if row.get(key) is not None),
        repeated=frozenset(repeated),
        disagreeing=frozenset(split | crossed),
        errors=frozenset(order for order, row in enumerate(plain) if _has_error(row, row.get(key))),
    )


def _read_key(rows: Sequence[Mapping[str, Any]], key: str) -> dict[int, list[float]]:
    """Return the verdicts under a key by row, from 0 to 1; empty if they are not verdicts."""
    given = {order: row[key] for order, row in enumerate(rows) if row.get(key) is not None}
    found = {order: values for order, value in given.items() if (values := verdicts_in(value))}
    if not found or len(found) < _READABLE * len(given):
        return {}
    different = {value for values in found.values() for value in values}
    if key in _MAYBE_KEYS and not (different <= {0.0, 1.0} and len(found) == len(given)):
        return {}
    highest = max(different)
    if highest <= 1:
        return found
    if highest <= 10:  # A grade on a scale that the file doesn't state.
        return {}
    return {order: [value / 100 for value in values] for order, values in found.items()}


def judge_named_in(
    rows: Sequence[Mapping[str, Any]], document: Sequence[tuple[str, Any]]
) -> str | None:
    """Return the model that a file names as its judge, outside its rows or in all of them."""
    for _, value in document:
        for name in _named_judges(value, _DEPTH):
            return shown(name, 80)
    named = {first_text(row, _JUDGE_KEYS[:4]) for row in rows if _names_a_judge(row)}
    only = named.pop() if len(named) == 1 else None
    return shown(only, 80) if only else None


def _names_a_judge(row: Mapping[str, Any]) -> bool:
    return any(isinstance(row.get(key), str) for key in _JUDGE_KEYS[:4])


def _named_judges(value: Any, depth: int) -> Iterator[str]:
    if not isinstance(value, dict) or depth == 0 or is_row(value):
        return
    plain = plain_keys(value)
    for key in _JUDGE_KEYS:
        found = plain.get(key)
        if isinstance(found, dict):
            found = first_text(plain_keys(found), ("model", "name", "model_name"))
        if isinstance(found, str) and found.strip() and not verdicts_in(found):
            yield found.strip()
    for inner in value.values():
        yield from _named_judges(inner, depth - 1)


def _has_error(row: Mapping[str, Any], verdict: Any) -> bool:
    inner = plain_keys(verdict) if isinstance(verdict, dict) else {}
    return any(_ERROR.search(reason[:300]) for place in (inner, row) for reason in _reasons(place))


def _reasons(place: Mapping[str, Any]) -> Iterator[str]:
    for name, value in place.items():
        if isinstance(value, str) and _REASON_KEY.fullmatch(name):
            yield value
