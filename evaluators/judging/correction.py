"""Corrects J by how often its judge errs: the share of answers that are right, not accepted.

A judge that accepts a share a of wrong answers and rejects a share r of right ones accepts
p (1 - r) + (1 - p) a of all if p are right. Solved for p, this is Rogan and Gladen's estimate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import fsum, sqrt
from typing import Any

from locomo_vqa.metric_names import METRICS
from locomo_vqa.scores import CorrectedValue, Interval
from locomo_vqa.statistics.intervals import clustered_mean, student_t_quantile

__all__ = ["MOST_ACCEPTED", "corrected_j", "notes_on_leniency"]

MOST_ACCEPTED = 0.1
"""The share of wrong answers that a judge may accept; beyond it, J is marked and has no rank.

With a tenth accepted, J of a system that is always wrong is 10."""

LEAST_INFORMED = 0.1
"""The least difference between the shares of right and of wrong answers that a judge accepts, for a
correction to make sense; a judge that decides by chance has 0."""

_LEVEL = 0.95
_SCALE = METRICS["j"].scale


def corrected_j(
    accepted: Mapping[str, Sequence[float]], *, judged: int, check: Mapping[str, Any]
) -> CorrectedValue:
    """Return J corrected by both error rates of the judge's check, with its interval.

    With J's mean m, of which a share q of the questions was judged and the others have no answer,
    the estimate is p = (m - a q) / (1 - a - r), from 0 to q. The interval adds to the clustered
    variance of m those of both rates, with one error and one other case more in each, so that a
    rate of 0 in a few cases is not certain:

        t(G - 1) * sqrt(var m + (q - p)^2 a (1 - a) / (n_a + 2) + p^2 r (1 - r) / (n_r + 2))
        / (1 - a - r).

    It assumes that the judge errs on a system's answers as often as on those of the check.

    Sources: W. J. Rogan and B. Gladen, "Estimating Prevalence from the Results of a Screening
    Test", American Journal of Epidemiology 107, 1978, pages 71-76; Z. Lang and J. Reiczigel,
    "Confidence Limits for Prevalence of Disease Adjusted for Estimated Sensitivity and
    Specificity", Preventive Veterinary Medicine 113, 2014, pages 13-22 (the added cases).

    Args:
        accepted: by conversation, 1 for each accepted answer, and 0 for each other question.
        judged: the number of judged answers.
        check: the content of judge-check.json.

    Returns:
        The value is None if the check lacks a verdict, or if the judge accepts right answers hardly
        more often than wrong ones.
    """
    accept, reject = check["false_accept"], check["false_reject"]
    plain = CorrectedValue(
        value=None,
        interval=None,
        false_accept=accept["value"],
        false_reject=reject["value"],
        lenient=_is_lenient(accept),
    )
    count = sum(map(len, accepted.values()))
    if accept["value"] is None or reject["value"] is None or not count:
        return plain
    a, r = accept["value"], reject["value"]
    if 1 - a - r < LEAST_INFORMED:
        return plain
    share = judged / count
    mean = fsum(value for group in accepted.values() for value in group) / count
    value = _within((mean - a * share) / (1 - a - r), share)
    return replace(
        plain,
        value=_SCALE * value,
        interval=_interval(value, accepted, share, accept, reject),
    )


def notes_on_leniency(corrected: CorrectedValue | None) -> list[str]:
    """Return a note if J's judge accepts too many wrong answers."""
    if corrected is None or not corrected.lenient:
        return []
    most = f"{100 * MOST_ACCEPTED:.0f} %"
    share = f"more than {most} of wrong answers"
    if corrected.false_accept is not None:
        share = f"{100 * corrected.false_accept:.1f} % of wrong answers, more than {most}"
    return [f"J has no rank: its judge accepts {share}. {_corrected_sentence(corrected)}"]


def _corrected_sentence(corrected: CorrectedValue) -> str:
    if corrected.value is None:
        return "Its errors are too many, or not known well enough, for J to be corrected."
    span = corrected.interval
    ends = f" [{span.low:.1f} … {span.high:.1f}]" if span else ""
    return f"Corrected by both of its error rates, J is {corrected.value:.1f}{ends}."


def _is_lenient(accept: Mapping[str, Any]) -> bool:
    """Return whether a judge accepts too many wrong answers, whatever it said to those unscored."""
    share = accept["value"] if accept["bounds"] is None else accept["bounds"]["low"]
    return share is not None and share > MOST_ACCEPTED


def _interval(
    value: float,
    accepted: Mapping[str, Sequence[float]],
    judged: float,
    accept: Mapping[str, Any],
    reject: Mapping[str, Any],
) -> Interval | None:
    """Return the interval of a corrected share; `judged` is the share of judged questions."""
    estimate = clustered_mean(accepted)
    if estimate is None:
        return None
    count = sum(map(len, accepted.values()))
    a, a_cases = (accept["errors"] + 1) / (accept["n"] + 2), accept["n"] + 2
    r, r_cases = (reject["errors"] + 1) / (reject["n"] + 2), reject["n"] + 2
    informed = 1 - a - r
    low, high = 0.0, judged
    if informed > 0:
        mean = (count * estimate.mean + 0.5) / (count + 1)
        centre = (mean - a * judged) / informed
        p = _within(centre, judged)
        variance = estimate.error**2 + (judged - p) ** 2 * a * (1 - a) / a_cases
        variance += p**2 * r * (1 - r) / r_cases
        t = student_t_quantile((1 + _LEVEL) / 2, estimate.clusters - 1)
        reach = t * sqrt(variance) / informed
        low, high = _within(centre - reach, judged), _within(centre + reach, judged)
    return Interval(
        low=_SCALE * min(value, low),
        high=_SCALE * max(value, high),
        level=_LEVEL,
        method="Rogan-Gladen, clustered-t",
        clusters=estimate.clusters,
    )


def _within(share: float, most: float) -> float:
    return min(most, max(0.0, share))
