"""Computes a run's J: each judge is checked and judges every answer; two are compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from locomo_vqa.async_calls import run_async
from locomo_vqa.benchmark import Benchmark
from locomo_vqa.progress import ProgressCallback, ignore_progress
from locomo_vqa.published_files import ReportedVerdicts
from locomo_vqa.responses import ResponseStore
from locomo_vqa.runs import Prediction, SplitChoice, Usage
from locomo_vqa.scores import MetricScores, RowScore, Scores

from .agreement import agreement
from .check import measure_judge, need_fitting, read_check
from .correction import corrected_j, notes_on_leniency
from .judge import Judgement, VerdictState, total_usage
from .rules import BY_RULES, RULES
from .sampling import sample_answers
from .session import JudgeSession, judge_all, open_session, response_path
from .settings import JudgeSettings
from .verdicts import SCALE, Answers, accepted_by_conversation, j_rows, j_scores, sort_answers

__all__ = ["JudgeSettings", "Judged", "judge_predictions"]

_MAX_SHOWN = 200
_MOST_LISTED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The result of judging a run."""

    scores: Scores
    """The scores, including J."""
    document: Mapping[str, Any]
    """The entry `judging` of scores.json."""
    transcripts: Sequence[Mapping[str, Any]]
    """The lines of judgements.jsonl, in the order of the judges, then of the questions."""
    unscored: int
    """The number of missing verdicts of all judges, including in their checks."""
    notes: tuple[str, ...] = ()
    """Sentences about the judges, for reports."""
    passes: Sequence[Mapping[str, float]] = ()
    """J's values by question in each pass of the first judge; empty for one pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opinion:
    """One judge's judgements and check."""

    name: str
    judgements: Sequence[Judgement]
    scores: MetricScores
    document: dict[str, Any]
    transcripts: Sequence[Mapping[str, Any]]


def judge_predictions(
    scores: Scores,
    predictions: Sequence[Prediction],
    benchmark: Benchmark,
    *,
    split: SplitChoice,
    settings: JudgeSettings,
    reported: ReportedVerdicts | None = None,
    progress: ProgressCallback = ignore_progress,
) -> Judged:
    """Return the scores with J added.

    The first judge is compared with the others, and with the verdicts that the predictions' file
    already carries (`reported`).

    Raises:
        InputError: a judge's name is not valid, or a file in `checks` is about another judge.
        MissingResource: a judge's packages or weights are not on this machine.
    """
    answers = sort_answers(predictions, benchmark, split)
    if not answers.questions or set(answers.states.values()) == {"missing"}:
        return _nothing_to_judge(scores, answers, settings)
    total = len(answers.questions)
    left: list[RowScore] = []
    if settings.sample is not None and settings.sample.size < total:
        answers, left = sample_answers(answers, settings.sample)
    checks = {path: read_check(path) for path in settings.checks}
    with ResponseStore(response_path(settings.responses)) as store:
        work = _Work(answers, benchmark, checks, store, settings, progress, total if left else None)
        opinions = [run_async(work.ask(judge)) for judge in settings.judges]
    first = opinions[0]
    rows = [row for row in scores.by_question if row.metric != "j"]
    conversations = {question.id: question.conversation for question in answers.questions}
    return Judged(
        scores=replace(
            scores,
            metrics={**scores.metrics, "j": first.scores},
            by_question=[*rows, *j_rows(answers, first.judgements), *left],
        ),
        document={
            "rubric": settings.rubric.rubric,
            "judges": [opinion.document for opinion in opinions],
            "agreement": [
                agreement(
                    (first.name, other.name), first.judgements, other.judgements, conversations
                ).to_json()
                for other in opinions[1:]
            ]
            + _agreement_with_file(first, reported, conversations),
        },
        transcripts=[row for opinion in opinions for row in opinion.transcripts],
        unscored=sum(_unscored(opinion) for opinion in opinions),
        notes=(
            *((BY_RULES,) if first.name == RULES else ()),
            *notes_on_leniency(first.scores.corrected),
        ),
    )


def judge_again(
    judged: Judged,
    predictions: Sequence[Prediction],
    benchmark: Benchmark,
    *,
    split: SplitChoice,
    settings: JudgeSettings,
    progress: ProgressCallback = ignore_progress,
) -> Judged:
    """Return what was judged with the values of all passes of the first judge.

    Each further pass has a file of replies of its own, so that none is served another's. If a
    pass left a verdict open, no passes are returned.

    Raises:
        InputError, MissingResource: as `judge_predictions`.
    """
    passes = [_j_values(judged.scores)]
    for number in range(2, settings.passes + 1):
        file = response_path(settings.responses)
        again = replace(
            settings,
            judges=settings.judges[:1],
            check_n=0,
            checks=(),
            responses=file.with_name(f"{file.stem}-pass-{number}{file.suffix}"),
        )
        found = judge_predictions(
            judged.scores, predictions, benchmark, split=split, settings=again, progress=progress
        )
        passes.append(_j_values(found.scores))
    whole = all(one.keys() == passes[0].keys() for one in passes)
    return replace(judged, passes=passes) if whole and passes[0] else judged


def _j_values(scores: Scores) -> dict[str, float]:
    return {
        row.question_id: row.value
        for row in scores.by_question
        if row.metric == "j" and row.value is not None
    }


def _agreement_with_file(
    first: _Opinion, reported: ReportedVerdicts | None, conversations: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return how far a judge agrees with the file's verdicts, of which a mean accepts from 0.5."""
    if reported is None:
        return []
    theirs = [
        Judgement(id=one.id, state=_state_of(reported.values.get(one.id)), usage=Usage())
        for one in first.judgements
    ]
    name = f"the file's own verdicts ({reported.judge or 'judge unknown'})"
    return [agreement((first.name, name), first.judgements, theirs, conversations).to_json()]


def _state_of(value: float | None) -> VerdictState:
    if value is None:
        return "unscored"
    return "correct" if value >= 0.5 else "wrong"


def _nothing_to_judge(scores: Scores, answers: Answers, settings: JudgeSettings) -> Judged:
    kind = "text question with a gold answer"
    reason = f"No row answers a {kind}." if answers.questions else f"The split has no {kind}."
    none = MetricScores(state="not_computed", reason=reason, scale=SCALE)
    return Judged(
        scores=replace(scores, metrics={**scores.metrics, "j": none}),
        document={"rubric": settings.rubric.rubric, "judges": [], "agreement": []},
        transcripts=[],
        unscored=0,
    )


@dataclass(frozen=True, slots=True)
class _Work:
    """The work that every judge of a run does."""

    answers: Answers
    benchmark: Benchmark
    checks: Mapping[Path, Mapping[str, Any]]
    store: ResponseStore
    settings: JudgeSettings
    progress: ProgressCallback
    sampled_of: int | None
    """The number of questions that a sample was drawn from."""

    async def ask(self, spec: str) -> _Opinion:
        """Check a judge, then have it judge every answer."""
        settings = self.settings
        opening = open_session(
            spec, settings.rubric, store=self.store, timeout_s=settings.timeout_s
        )
        async with opening as session:
            check = await self._check(session)
            step = f"judging ({session.name})"
            judgements = await judge_all(
                session, self.answers.to_judge, step=step, progress=self.progress
            )
            scores = self._scores(session, judgements, check)
            return _Opinion(
                name=session.name,
                judgements=judgements,
                scores=scores,
                document=_document(session, scores, judgements, check, self.answers),
                transcripts=[_transcript(session, judgement) for judgement in judgements],
            )

    def _scores(
        self,
        session: JudgeSession,
        judgements: Sequence[Judgement],
        check: Mapping[str, Any] | None,
    ) -> MetricScores:
        signature = session.judge.signature
        if self.sampled_of is not None and self.settings.sample is not None:
            signature += self.settings.sample.signature
        scores = j_scores(self.answers, judgements, signature)
        scores = replace(scores, sampled_of=self.sampled_of)
        if check is None or scores.state != "ok":
            return scores
        accepted = accepted_by_conversation(self.answers, judgements)
        return replace(scores, corrected=corrected_j(accepted, judged=len(judgements), check=check))

    async def _check(self, session: JudgeSession) -> Mapping[str, Any] | None:
        """Return the check of a judge: one that was given, a new one, or None."""
        if self.checks:
            return need_fitting(self.checks, session, self.benchmark)
        n = self.settings.check_n
        if not n:
            return None
        return await measure_judge(session, self.benchmark, n=n, progress=self.progress)


def _document(
    session: JudgeSession,
    scores: MetricScores,
    judgements: Sequence[Judgement],
    check: Mapping[str, Any] | None,
    answers: Answers,
) -> dict[str, Any]:
    states = Counter(judgement.state for judgement in judgements)
    unscored = [judgement for judgement in judgements if judgement.state == "unscored"]
    return {
        "name": session.name,
        "identity": dict(session.identity),
        "signature": session.judge.signature,
        "prompt_sha256": session.judge.prompt_sha256,
        "json_schema": session.json_schema,
        "overall": asdict(scores.overall),
        "bounds": asdict(scores.bounds) if scores.bounds else None,
        "corrected": asdict(scores.corrected) if scores.corrected else None,
        "counts": {
            "questions": len(answers.questions),
            **{state: states[state] for state in ("correct", "wrong", "unscored")},
            "not_answered": len(answers.questions) - len(judgements),
            "cut": sum(bool(judgement.cut) for judgement in judgements),
        },
        "unscored": {
            "reasons": dict(Counter(judgement.reason for judgement in unscored)),
            "questions": [judgement.id for judgement in unscored[:_MOST_LISTED]],
            "errors": [*sorted({j.error for j in unscored if j.error})[:3], *_example(unscored)],
        },
        "tokens": asdict(total_usage(judgement.usage for judgement in judgements)),
        "requests": {
            "asked": session.asked,
            "stored": session.reused,
            "renewed": session.renewed,
        },
        "check": dict(check) if check else None,
    }


def _example(unscored: Sequence[Judgement]) -> list[str]:
    """Return the beginning of one reply that could not be read, if there is one."""
    for judgement in unscored:
        if judgement.reason in ("unparsable", "both_labels") and judgement.replies:
            reply = " ".join(judgement.replies[-1].split())[:_MAX_SHOWN]
            return [f"a reply that could not be read: {reply!r}"]
    return []


def _transcript(session: JudgeSession, judgement: Judgement) -> dict[str, Any]:
    row = asdict(judgement)
    return {
        "question_id": row.pop("id"),
        "judge": session.name,
        "rubric": session.judge.rubric,
        "prompt_sha256": session.judge.prompt_sha256,
        **row,
    }


def _unscored(opinion: _Opinion) -> int:
    check = opinion.document["check"]
    of_check = 0
    if check is not None:
        of_check = check["false_accept"]["unscored"] + check["false_reject"]["unscored"]
    return opinion.scores.unscored + of_check
