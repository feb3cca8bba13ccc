"""Asks whether a finished question is sound: in other words, by its premise, and by its answer.

The generator's own question, asked again in the same words, is answered in the same way even if it
is wrong. So the verifier, which may be another model, is asked three other things. No check removes
a question: each is a column, and `publish` leaves questions out only on request.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.models.chat import ChatModel, ChatRequest, ModelError
from locomo_vqa.numerals import normalise_numbers
from locomo_vqa.prompts import fill, prompt_hash
from locomo_vqa.responses import reject_replies

from .answering import MAX_ANSWER_TOKENS
from .asking import ImageLoader, ask_each
from .checks import CHECK_COLUMNS, VerificationCheck, is_agreed
from .rows import QuestionRow
from .writing import stop_if_denied

__all__ = [
    "VERIFICATION_PROMPTS_SHA256",
    "again_prompt",
    "premise_prompt",
    "verdict_prompt",
    "verify_questions",
]

_PACKAGE = "locomo_vqa.builders.prompts"
_PROMPTS: Mapping[VerificationCheck, str] = {
    "again": "answer_again_v1",
    "premise": "check_premise_v1",
    "verdict": "check_answer_v1",
}

VERIFICATION_PROMPTS_SHA256 = prompt_hash(*((_PACKAGE, name) for name in _PROMPTS.values()))
"""SHA-256 of the prompts' files."""

_YES_OR_NO = re.compile(r"\W*(yes|no)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Check:
    row: QuestionRow
    check: VerificationCheck


@dataclass(frozen=True, slots=True)
class _Found:
    id: str
    check: VerificationCheck
    passed: bool | None
    """None if there was no reply, or one that says neither."""


def again_prompt(question: str) -> str:
    """Return the prompt that asks a question in other words than the validator gets."""
    return fill(_PACKAGE, _PROMPTS["again"], question=question)


def premise_prompt(question: str) -> str:
    """Return the prompt that asks whether what a question takes for granted is true."""
    return fill(_PACKAGE, _PROMPTS["premise"], question=question)


def verdict_prompt(question: str, answer: str) -> str:
    """Return the prompt that asks whether an answer is right, and the only right one."""
    return fill(_PACKAGE, _PROMPTS["verdict"], question=question, answer=answer)


async def verify_questions(
    model: ChatModel,
    benchmark: Benchmark,
    rows: Sequence[QuestionRow],
    checks: Collection[VerificationCheck],
    *,
    needed: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[QuestionRow]:
    """Return the rows with the columns of these checks, and `agreed`.

    `needed` is how many of the checks a question must pass to be agreed. `progress` is called with
    the number of finished checks and the total.
    """
    by_id = {row.id: row for row in rows}
    wanted = [_Check(row, each) for row in rows if row.state == "ok" for each in checks]
    done = 0
    async for found in ask_each(
        model, benchmark, wanted, _ask, image_of=lambda each: each.row.image
    ):
        row = by_id[found.id]
        quality = replace(row.quality, **{CHECK_COLUMNS[found.check]: found.passed})
        by_id[row.id] = replace(row, quality=quality)
        done += 1
        progress(done, len(wanted))
    return [
        replace(row, quality=replace(row.quality, agreed=is_agreed(row.quality, checks, needed)))
        if row.state == "ok"
        else row
        for row in by_id.values()
    ]


async def _ask(model: ChatModel, load: ImageLoader, wanted: _Check) -> _Found:
    row = wanted.row
    request = ChatRequest(
        text=_prompt_of(wanted), images=(load(row.image),), max_tokens=MAX_ANSWER_TOKENS
    )
    try:
        reply = await model.ask(request)
    except ModelError as error:
        stop_if_denied(model, error)
        return _Found(row.id, wanted.check, None)
    if reply.finish == "refused":
        return _Found(row.id, wanted.check, None)
    passed = _passed(wanted, reply.text)
    if passed is None:
        reject_replies(model, [request])
    return _Found(row.id, wanted.check, passed)


def _prompt_of(wanted: _Check) -> str:
    question, answer = wanted.row.question, wanted.row.answer
    assert question is not None and answer is not None
    if wanted.check == "again":
        return again_prompt(question)
    return (
        premise_prompt(question) if wanted.check == "premise" else verdict_prompt(question, answer)
    )


def _passed(wanted: _Check, reply: str) -> bool | None:
    """Return whether a reply is the gold answer, or says yes.

    The form of an answer does not count here: "3." is "three".
    """
    if wanted.check == "again":
        said, gold = (
            normalise_numbers(text.strip().removesuffix("."))
            for text in (reply, wanted.row.answer or "")
        )
        return said == gold if said else None
    match = _YES_OR_NO.match(reply)
    return match[1].lower() == "yes" if match else None
