"""Judges one answer, and asks the judge again if its reply can't be read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

from locomo_vqa.models.chat import (
    ChatModel,
    ChatReply,
    ChatRequest,
    ModelError,
    ModelTimeout,
    ModelUnreachable,
)
from locomo_vqa.responses import reject_replies
from locomo_vqa.runs import Usage

from .replies import READING, Unreadable, read_verdict, verdict_schema
from .rubrics import (
    MAX_CHARS,
    JudgePrompt,
    Rubric,
    RubricName,
    RubricPrompt,
    bundled_rubric,
    judge_prompt,
)

__all__ = [
    "JUDGE_REPLY_TOKENS",
    "MAX_ASKS",
    "Judge",
    "Judgement",
    "ToJudge",
    "UnscoredReason",
    "VerdictState",
    "total_usage",
]

MAX_ASKS = 3
"""How often a judge is asked about one answer, including the first time."""

JUDGE_REPLY_TOKENS = 2048
"""The token limit of a reply, which leaves room for reasoning before the verdict."""

VerdictState = Literal["correct", "wrong", "unscored"]
"""The outcome for an answer; `unscored` is not a verdict, and never counts as one."""

UnscoredReason = Literal["unparsable", "both_labels", "refused", "timeout", "unreachable", "failed"]
"""Why a judge gave no verdict:

unparsable    no reply could be read, the last after `MAX_ASKS`
both_labels   the same, and the last reply named both verdicts
refused       the judge, or a filter before it, declined
timeout       no reply came in time
unreachable   the server doesn't answer, or failed too often in a row
failed        the backend refused the request
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToJudge:
    """An answer to be judged, with its question."""

    id: str
    """The id of the question or the case."""
    question: str
    """The text of the question."""
    gold: str
    """The gold answer."""
    answer: str
    """The answer to judge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A judge's verdict on one answer."""

    id: str
    """The id of the `ToJudge`."""
    state: VerdictState
    """The verdict, or `unscored`."""
    reason: UnscoredReason | None = None
    """Why the answer is unscored."""
    reasoning: str | None = None
    """The judge's own reason for its verdict."""
    replies: tuple[str, ...] = ()
    """The judge's unmodified replies, in order."""
    cut: tuple[str, ...] = ()
    """The texts (question, gold_answer, answer) of which the judge saw only the beginning."""
    usage: Usage
    """The tokens of all replies, new or stored, even if cut off while
    reasoning; None if the backend does not count them."""
    error: str | None = None
    """The error message, if a request failed."""


class Judge:
    """A model with a rubric, asked at temperature 0."""

    def __init__(
        self, model: ChatModel, rubric: Rubric | RubricPrompt, *, guided: bool = True
    ) -> None:
        """`guided`: whether the backend accepts a JSON schema."""
        self.model = model
        self._rubric = rubric if isinstance(rubric, RubricPrompt) else bundled_rubric(rubric)
        self.guided = guided

    @property
    def rubric(self) -> RubricName:
        """The name of the rubric."""
        return self._rubric.rubric

    @property
    def in_flight(self) -> int:
        """The number of answers that it can judge at once."""
        return self.model.in_flight

    @property
    def prompt_sha256(self) -> str | None:
        """The SHA-256 of the prompt."""
        return self._rubric.sha256

    @property
    def signature(self) -> str:
        """Everything that can change J: model, rubric, prompt, and how replies are read."""
        identity = self.model.identity()
        revision = identity.get("revision")
        name = f"{identity.get('backend')}:{identity.get('model')}"
        return (
            f"j:judge={name}{f'@{revision[:12]}' if revision else ''},{self._rubric.signature},"
            f"temperature=0,cut={MAX_CHARS},asks={MAX_ASKS},reply={READING},missing=wrong"
        )

    def prompt(self, item: ToJudge) -> JudgePrompt:
        """Return the prompt that asks for a verdict on one answer."""
        texts = {"question": item.question, "gold": item.gold, "answer": item.answer}
        return judge_prompt(self._rubric, **texts)

    async def judge(self, item: ToJudge) -> Judgement:
        """Return the verdict on one answer, or why it is unscored; never raises an error."""
        prompt = self.prompt(item)
        request = ChatRequest(
            text=prompt.text,
            schema=verdict_schema(self._rubric.key) if self.guided else None,
            max_tokens=JUDGE_REPLY_TOKENS,
        )
        replies: list[ChatReply] = []
        asked: list[ChatRequest] = []
        rounds: list[tuple[str, str]] = []
        while True:
            asked.append(replace(request, replies=tuple(rounds)))
            try:
                reply = await self.model.ask(asked[-1])
            except ModelError as error:
                failed: dict[str, Any] = {"reason": _unscored_reason(error), "error": str(error)}
                return _make_judgement(item, prompt.cut, replies, wasted=error.usage, **failed)
            replies.append(reply)
            if reply.finish == "refused":
                return _make_judgement(item, prompt.cut, replies, reason="refused")
            read = read_verdict(reply.text, self._rubric.key)
            if not isinstance(read, Unreadable):
                state: VerdictState = "correct" if read.correct else "wrong"
                return _make_judgement(
                    item, prompt.cut, replies, state=state, reasoning=read.reasoning
                )
            if len(replies) >= MAX_ASKS:
                reject_replies(self.model, asked)
                return _make_judgement(item, prompt.cut, replies, reason=read.reason)
            rounds.append((reply.text, read.objection))


def total_usage(parts: Iterable[Usage]) -> Usage:
    """Return the sum of usages; a count stays None if no part has it."""
    listed = list(parts)
    sums: dict[str, int | None] = {}
    for name in Usage.__slots__:
        known = [value for part in listed if (value := getattr(part, name)) is not None]
        sums[name] = sum(known) if known else None
    return Usage(**sums)


def _make_judgement(
    item: ToJudge,
    cut: tuple[str, ...],
    replies: list[ChatReply],
    *,
    state: VerdictState = "unscored",
    reason: UnscoredReason | None = None,
    reasoning: str | None = None,
    error: str | None = None,
    wasted: Usage | None = None,
) -> Judgement:
    counted = [reply.usage for reply in replies] + ([wasted] if wasted else [])
    return Judgement(
        id=item.id,
        state=state,
        reason=reason,
        reasoning=reasoning,
        replies=tuple(reply.text for reply in replies),
        cut=cut,
        usage=replace(total_usage(counted), calls=len(counted)),
        error=error,
    )


def _unscored_reason(error: ModelError) -> UnscoredReason:
    if isinstance(error, ModelTimeout):
        return "timeout"
    return "unreachable" if isinstance(error, ModelUnreachable) else "failed"
