"""The checks that a verifier makes of finished questions."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal, get_args

from .rows import QualityChecks

__all__ = ["CHECKS", "CHECK_COLUMNS", "VerificationCheck", "is_agreed"]

VerificationCheck = Literal["again", "premise", "verdict"]
"""What a verifier is asked about a question:

again     the question, in other words than the validator gets
premise   whether what the question takes for granted is true of the image
verdict   whether the answer is right, and the only right one
"""

CHECKS: tuple[VerificationCheck, ...] = get_args(VerificationCheck)
"""Every check, in the order of the columns."""

CHECK_COLUMNS: Mapping[VerificationCheck, str] = {
    "again": "answers_again",
    "premise": "premise_holds",
    "verdict": "answer_holds",
}
"""The column of each check."""


def is_agreed(
    quality: QualityChecks, checks: Collection[VerificationCheck], needed: int
) -> bool | None:
    """Return whether a question passed enough of the checks; None if missing replies decide it."""
    values = [getattr(quality, CHECK_COLUMNS[check]) for check in checks]
    if values.count(True) >= needed:
        return True
    return None if values.count(True) + values.count(None) >= needed else False
