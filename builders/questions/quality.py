"""Checks finished questions without removing any, and measures how answers are distributed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from locomo_vqa.benchmark import Benchmark, QuestionType
from locomo_vqa.models.chat import ChatModel

from .answering import Trial, answer_all
from .rows import QuestionRow

__all__ = ["DOMINANT_SHARE", "AnswerShare", "answer_shares", "check_quality", "dominance_warnings"]

DOMINANT_SHARE = 0.5
"""If a type's most frequent answer has a larger share, the type measures little."""

_COLUMNS = {"image": "self_consistent", "nothing": "guessable", "caption": "caption_answers"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerShare:
    """The most frequent answer of a type."""

    type: QuestionType
    n: int
    """The number of questions of the type."""
    distinct: int
    """The number of different answers."""
    answer: str
    """The most frequent answer, in lower case."""
    share: float
    """Its share."""


async def check_quality(
    model: ChatModel,
    benchmark: Benchmark,
    rows: Sequence[QuestionRow],
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[QuestionRow]:
    """Return the rows with their quality columns.

    The model answers each question again, without the image, and from the caption alone.

    `progress` is called with the number of finished answers and the total.
    """
    by_id = {row.id: row for row in rows}
    trials = list(_trials_of(rows, _captions_by_turn(benchmark)))
    done = 0
    async for result in answer_all(model, benchmark, trials):
        row = by_id[result.trial.row.id]
        quality = replace(row.quality, **{_COLUMNS[result.trial.shown]: result.correct})
        by_id[row.id] = replace(row, quality=quality)
        done += 1
        progress(done, len(trials))
    return list(by_id.values())


def _trials_of(
    rows: Iterable[QuestionRow], captions: Mapping[tuple[str, str], str]
) -> Iterator[Trial]:
    for row in rows:
        if row.state == "ok":
            yield Trial(row=row, shown="image")
            yield Trial(row=row, shown="nothing")
            caption = captions.get((row.conversation, row.turn))
            if caption:
                yield Trial(row=row, shown="caption", caption=caption)


def _captions_by_turn(benchmark: Benchmark) -> dict[tuple[str, str], str]:
    return {
        (conversation.id, turn.id): image.caption
        for conversation in benchmark.conversations
        for _, turn in conversation.turns()
        for image in turn.images
        if image.caption
    }


def answer_shares(rows: Iterable[QuestionRow]) -> list[AnswerShare]:
    """Return how the answers of finished questions are distributed, by type."""
    answers: dict[QuestionType, Counter[str]] = {}
    for row in rows:
        if row.state == "ok" and row.answer:
            answers.setdefault(row.type, Counter())[row.answer.lower()] += 1
    shares = []
    for type, counter in answers.items():
        answer, number = counter.most_common(1)[0]
        shares.append(
            AnswerShare(
                type=type,
                n=counter.total(),
                distinct=len(counter),
                answer=answer,
                share=number / counter.total(),
            )
        )
    return shares


def dominance_warnings(shares: Iterable[AnswerShare]) -> list[str]:
    """Return a sentence on the types with a dominant answer; none if there are none."""
    found = [share for share in shares if share.share > DOMINANT_SHARE]
    if not found:
        return []
    types = ", ".join(
        f"{share.type} ({share.share:.0%} of the {share.n} answers are {share.answer!r})"
        for share in found
    )
    return [f"One answer dominates in {types}; a constant answer would score that."]
