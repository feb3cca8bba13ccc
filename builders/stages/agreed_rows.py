"""The questions that stay where only agreed ones are published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from locomo_vqa.errors import InputError

from ..build_folder import BuildFolder
from ..questions.rows import QuestionRow
from ..review.decisions import ReviewChoice

__all__ = ["agreed_rows"]


def agreed_rows(
    rows: Sequence[QuestionRow], decisions: Mapping[str, ReviewChoice], folder: BuildFolder
) -> list[QuestionRow]:
    """Return the agreed questions, and those that a person accepted or corrected.

    A question that was not checked, or whose check had no reply, is not agreed.

    Raises:
        InputError: no question was checked.
    """
    if all(row.quality.agreed is None for row in rows):
        raise InputError(
            f"{folder.questions}: `verified` leaves nothing, because no question was checked.",
            "Name checks under [verify] in the recipe, and run the stages probe to generate again.",
        )
    return [row for row in rows if row.quality.agreed or row.id in decisions]
