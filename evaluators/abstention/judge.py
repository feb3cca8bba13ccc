"""Has a model decide which answers decline, in place of the rules, and measures its errors."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from locomo_vqa.arguments import check_number, check_text
from locomo_vqa.async_calls import run_async
from locomo_vqa.benchmark import Benchmark
from locomo_vqa.benchmark.questions import Question, questions_answered
from locomo_vqa.errors import InputError
from locomo_vqa.models.names import parse_name
from locomo_vqa.progress import ProgressCallback
from locomo_vqa.prompts import fill, prompt_hash
from locomo_vqa.responses import ResponseStore
from locomo_vqa.runs import Prediction, SplitChoice
from locomo_vqa.scores import Scores

from ..judging.judge import MAX_ASKS, Judge, Judgement, ToJudge, total_usage
from ..judging.replies import READING
from ..judging.rubrics import MAX_CHARS, JudgePrompt, data_block
from ..judging.session import judge_all, open_session, response_path
from .measure import AbstentionMeasure, measure_abstention

__all__ = ["DecliningJudge", "DecliningSettings", "judge_abstention", "phrasings"]

_PACKAGE = "locomo_vqa.evaluators.prompts"
_PROMPT = "judge_declines_v1"
_CHECK = "phrasing/"


class DecliningJudge(Judge):
    """A model that is asked whether an answer declines; its verdict is correct if it does."""

    @property
    def prompt_sha256(self) -> str | None:
        """The SHA-256 of the prompt."""
        return prompt_hash((_PACKAGE, _PROMPT))

    @property
    def signature(self) -> str:
        """Everything that can change a verdict, for the signature of A."""
        identity = self.model.identity()
        revision = identity.get("revision")
        name = f"{identity.get('backend')}:{identity.get('model')}"
        return (
            f"judge:{name}{f'@{revision[:12]}' if revision else ''}/{_PROMPT}/"
            f"{(self.prompt_sha256 or '')[:12]}/cut={MAX_CHARS}/asks={MAX_ASKS}/reply={READING}"
        )

    def prompt(self, item: ToJudge) -> JudgePrompt:
        """Return the prompt that asks whether one answer declines."""
        fields = {"question": item.question, "answer": item.answer}
        cut = tuple(name for name, text in fields.items() if len(text) > MAX_CHARS)
        return JudgePrompt(fill(_PACKAGE, _PROMPT, data=data_block(fields)).strip(), cut)


@cache
def phrasings() -> tuple[Mapping[str, Any], ...]:
    """Return the answers that were labelled by hand: `question`, `answer`, `declines`, `set`."""
    text = (files(__package__) / "phrasings.jsonl").read_text("utf-8")
    return tuple(json.loads(line) for line in text.splitlines())


@dataclass(frozen=True, slots=True, kw_only=True)
class DecliningSettings:
    """The model that decides which answers decline, and how it is asked."""

    judge: str
    """Its name."""
    responses: Path | None
    """The file of the response store; None for one in the user's cache folder."""
    timeout_s: float
    """The time limit of one call."""

    @classmethod
    def checked(
        cls,
        *,
        judge: str | None,
        metrics: Sequence[str] | None,
        responses: str | Path | None,
        timeout_s: float,
    ) -> DecliningSettings | None:
        """Return the settings for the arguments of `score`; None without a judge.

        Raises:
            InputError: an argument is invalid, or A is not asked for.
        """
        if judge is None:
            return None
        check_text("abstention_judge", judge)
        parse_name(judge, parameter="abstention_judge")
        check_number("judge_timeout", timeout_s, low=0.001)
        if metrics is not None and "a" not in metrics:
            raise InputError(
                "`abstention_judge` is given, but `metrics` leaves A out.",
                "Add a to `metrics`, or leave `abstention_judge` out.",
            )
        path = None if responses is None else Path(responses)
        return cls(judge=judge, responses=path, timeout_s=timeout_s)


def judge_abstention(
    scores: Scores,
    predictions: Sequence[Prediction],
    benchmark: Benchmark,
    *,
    split: SplitChoice,
    settings: DecliningSettings,
    progress: ProgressCallback,
) -> Scores:
    """Return the scores with an A for which a model decided what declines.

    The model is first asked about the labelled answers; how often it errs is in the section's
    `judge`. Its replies are stored like those of a judge of J. Where A can't be computed, it is
    not asked.

    Raises:
        MissingResource: its packages or weights are not on this machine.
    """
    if scores.metrics["a"].state != "ok":
        return scores
    questions = questions_answered(benchmark, split, predictions)
    asked = {question.id for question in questions}
    given = {each.question_id: each for each in predictions if each.question_id in asked}
    measured = _measured(questions, given, settings, progress)
    assert measured.scores is not None
    others = [row for row in scores.by_question if row.metric != "a"]
    return replace(
        scores,
        metrics={**scores.metrics, "a": measured.scores},
        by_question=[*others, *measured.rows],
        abstention=measured.section,
    )


def _measured(
    questions: Sequence[Question],
    given: Mapping[str, Prediction],
    settings: DecliningSettings,
    progress: ProgressCallback,
) -> AbstentionMeasure:
    answers = [
        ToJudge(id=question.id, question=question.question, gold="", answer=prediction.prediction)
        for question in questions
        if (prediction := given.get(question.id)) is not None
        and prediction.state == "ok"
        and prediction.prediction
    ]
    labelled = [
        ToJudge(id=f"{_CHECK}{n}", question=row["question"], gold="", answer=row["answer"])
        for n, row in enumerate(phrasings())
    ]

    async def work(store: ResponseStore) -> tuple[list[Judgement], list[Judgement], str, str]:
        opening = open_session(
            settings.judge,
            "lenient",
            store=store,
            timeout_s=settings.timeout_s,
            kind=DecliningJudge,
            parameter="abstention_judge",
        )
        async with opening as session:
            step = f"checking what declines ({session.name})"
            checked = await judge_all(session, labelled, step=step, progress=progress)
            step = f"judging what declines ({session.name})"
            judged = await judge_all(session, answers, step=step, progress=progress)
            return checked, judged, session.name, session.judge.signature

    with ResponseStore(response_path(settings.responses)) as store:
        checked, judged, name, signature = run_async(work(store))
    verdicts = {each.id: _verdict(each) for each in judged}
    return measure_abstention(
        questions,
        given,
        declined_by=lambda question, _: verdicts.get(question.id),
        judge=signature,
        about_judge=_about(name, checked, [*checked, *judged]),
    )


def _verdict(judgement: Judgement) -> bool | None:
    return None if judgement.state == "unscored" else judgement.state == "correct"


def _about(
    name: str, checked: Sequence[Judgement], asked: Sequence[Judgement]
) -> Mapping[str, Any]:
    """Return the judge's name, how often it erred on the labelled answers, and what it cost."""
    rows = phrasings()
    pairs = [(bool(row["declines"]), _verdict(one)) for row, one in zip(rows, checked, strict=True)]
    declining = [verdict for declines, verdict in pairs if declines]
    answering = [verdict for declines, verdict in pairs if not declines]
    missed, false = declining.count(False), answering.count(True)
    unscored = sum(verdict is None for _, verdict in pairs)
    text = (
        f"Of labelled answers, it missed {missed:,} of {len(declining):,} that decline, and took "
        f"{false:,} of {len(answering):,} others for declining"
    )
    return {
        "name": name,
        "missed": {"errors": missed, "n": len(declining)},
        "false": {"errors": false, "n": len(answering)},
        "unscored": unscored,
        "text": f"{text}; {unscored:,} had no verdict." if unscored else f"{text}.",
        "tokens": asdict(total_usage(one.usage for one in asked)),
    }
