"""The report on a pull request, in Markdown, in which nothing of a submission is markup."""

from __future__ import annotations

from collections.abc import Iterator

from locomo_vqa.metric_names import metric_title
from locomo_vqa.text import counted

from ..markdown import literal, sentence
from ..verification.report import MOST_CHARACTERS, verification_report
from .review import Review

__all__ = ["review_report"]

_MOST_PROBLEMS = 50


def review_report(review: Review) -> str:
    """Return a review as Markdown of at most `MOST_CHARACTERS`: the verdict, then each entry."""
    verdict = "can be accepted" if review.accepted else "can't be accepted"
    parts = [f"# This pull request {verdict}", *_summary(review)]
    if review.problems:
        parts.append("\n".join(_items(review.problems)))
    head = "\n\n".join(parts) + "\n"
    if review.board is None or not review.entries:
        return head
    room = MOST_CHARACTERS - len(head) - 1
    return f"{head}\n{verification_report(review.board, most=room)}"


def _summary(review: Review) -> Iterator[str]:
    if review.compared and review.earlier:
        yield (
            f"The scores of {counted(review.earlier, 'earlier submission')} were computed again "
            "and compared."
        )
    for name in review.histories:
        yield f"Says what happened to {literal(name)}: check that its submitter, or you, wrote it."
    for name in review.left_out:
        yield f"{metric_title(name)} of earlier submissions was not computed again: no judge."


def _items(problems: tuple[str, ...]) -> Iterator[str]:
    for problem in problems[:_MOST_PROBLEMS]:
        yield f"- {sentence(problem)}"
    if len(problems) > _MOST_PROBLEMS:
        yield f"- And {len(problems) - _MOST_PROBLEMS:,} more."
