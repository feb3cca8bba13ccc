"""What is known of the judge behind an entry's J."""

from __future__ import annotations

from locomo_vqa.scores import CorrectedValue, MetricScores

from ..checklist import Checklist

__all__ = ["check_judge"]


def check_judge(checks: Checklist, j: MetricScores | None) -> None:
    """Check that J's judge rejects wrong answers; a J whose judge accepts too many has no rank."""
    if j is None or j.state == "not_computed":
        reason = (j and j.reason) or "J was not computed."
        checks.not_done("judge", f"{reason.partition('. ')[0].removesuffix('.')}.")
    elif j.state == "incomplete":
        checks.flagged("judge", j.reason or "Some answers have no verdict.")
    elif j.corrected is None:
        checks.not_done("judge", "The judge was not checked.")
    elif j.corrected.lenient:
        checks.flagged("judge", f"J has no rank: {_rates(j.corrected)}.")
    else:
        checks.passed("judge", f"{_rates(j.corrected).capitalize()}.")


def _rates(corrected: CorrectedValue) -> str:
    if corrected.false_accept is None or corrected.false_reject is None:
        return "the judge gave no verdict on some answers of its check"
    return (
        f"the judge accepts {100 * corrected.false_accept:.1f} % of wrong answers and rejects "
        f"{100 * corrected.false_reject:.1f} % of right ones"
    )
