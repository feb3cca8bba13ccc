"""The function `score`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

from locomo_vqa.arguments import check_choice
from locomo_vqa.benchmark import Benchmark
from locomo_vqa.benchmark.questions import questions_of
from locomo_vqa.checked import checked
from locomo_vqa.errors import InputError
from locomo_vqa.local_paths import public_name, public_value
from locomo_vqa.metric_names import METRICS, with_groups
from locomo_vqa.progress import ProgressCallback, progress_reporter
from locomo_vqa.repeats import Repeats
from locomo_vqa.runs import SplitChoice, VisualMode, visual_handling
from locomo_vqa.scores import Scores

from ..abstention.judge import DecliningSettings, judge_abstention
from ..failures import FailureReport, find_failures
from ..judging.scoring import Judged, JudgeSettings, judge_again, judge_predictions
from ..metrics.l_settings import LSettings, Preset
from ..prediction_files import ReadOptions
from ..retrieval.table import Retrieval, measure_retrieval
from .answer_notes import notes_on_answers
from .notes import failed_in, notes_on_recording, notes_on_rows, notes_on_trial
from .one_system import check_one_system
from .predictions import check_metrics, score_predictions
from .repeated import as_repeats, join_reports, noise_of
from .report import ScoreReport
from .reported import notes_on_reported
from .sources import BenchmarkSource, PredictionSource, Source, open_source, resolve_benchmark
from .stored import compare_stored
from .warnings import warnings_about

__all__ = ["score"]

_VERDICTS = {"j", "reported_j", "v"}
"""The metrics that say of an answer whether it is wrong."""


@checked
def score(
    source: PredictionSource,
    *,
    benchmark: BenchmarkSource | None = None,
    split: SplitChoice | None = None,
    metrics: Sequence[str] | None = None,
    judge: str | Sequence[str] | None = None,
    rubric: str | os.PathLike[str] = "lenient",
    judge_check: bool | str | Path | Sequence[str | Path] = True,
    judge_passes: int = 1,
    judge_timeout: float = 120.0,
    responses: str | Path | None = None,
    abstention_judge: str | None = None,
    prediction_key: str | None = None,
    question_key: str | None = None,
    cutoff: str | None = None,
    l_preset: Preset = "paper",
    l_models: str | Path | None = None,
    threads: int = 1,
    cache: bool = True,
    progress: bool | ProgressCallback = True,
) -> ScoreReport:
    """Score predictions with a fixed denominator: missing and failed answers count as wrong.

        scores = score({"conv-1/v/0": "red"}, benchmark="sample", metrics=["v"])
        scores["v"].value, scores["v"].interval

    Args:
        source: a run or its folder; a predictions file in any layout that docs/formats.md
            describes, or a folder or a list of such files that are one set of answers; a dict from
            question id to answer, or to the fields of a row; a data frame with the columns
            `question_id` and `prediction`, and perhaps `state`; or predictions. `Repeats`, a list
            of runs, or a folder that `run` with `repeat` wrote, are several runs of one system.
        benchmark: the benchmark that was used, its folder, `sample`, or `org/name`; may be None
            for a run made in this process, or on the bundled sample.
        split: the split to score; None for a run's own split, otherwise all questions.
        metrics: names of metrics, `r` for both of R; None for all that can be computed here. A text
            encoder that a named metric needs is downloaded.
        judge: the model whose verdicts determine J, such as `"openai:<base URL>?model=<name>"`, or
            `"rules"`, which compares words, numbers and dates without a model; a second one is
            compared with it. If None, J is not computed.
        rubric: how the judge compares an answer with the gold answer: `lenient`, `strict`, or a
            file with the judge's prompt.
        judge_check: whether to measure the judge first on answers whose verdict is known, or the
            files of such measurements (see `judge_check`).
        judge_passes: how often the first judge judges each answer. J is that of the first pass;
            the others measure the judge's noise.
        judge_timeout: the time limit of one call to the judge, in seconds.
        responses: the file that stores the judge's replies, so that none is requested twice; None
            for one in the user's cache folder.
        abstention_judge: the model that decides for A which answers decline; None for rules.
        prediction_key: the key of the answers, in a file whose format doesn't determine it; dots
            lead into objects, as in `result.answer`.
        question_key: the same for the questions.
        cutoff: which answers to take from a file that has several to each question, such as
            `top_50`.
        l_preset: the encoder of BERTScore in L: `paper` (roberta-large) or `minilm`.
        l_models: the folder with L's encoders; None for $LOCOMO_VQA_L_MODELS or the Hub's cache.
        threads: the number of threads for L's encoders.
        cache: whether to read and write the cache of L's values.
        progress: whether to show progress, or a function to call with it.

    Raises:
        InputError: an argument or the source can't be used; nothing was computed.
        MissingResource: something that a named metric or the judge needs is not on this machine.
    """
    if split is not None:
        check_choice("split", split, get_args(SplitChoice))
    metrics = with_groups(metrics)
    check_metrics(metrics)
    if (repeats := as_repeats(source)) is not None:
        return _score_repeats(
            repeats,
            benchmark=benchmark,
            split=split,
            metrics=metrics,
            judge=judge,
            rubric=rubric,
            judge_check=judge_check,
            judge_passes=judge_passes,
            judge_timeout=judge_timeout,
            responses=responses,
            abstention_judge=abstention_judge,
            prediction_key=prediction_key,
            question_key=question_key,
            cutoff=cutoff,
            l_preset=l_preset,
            l_models=l_models,
            threads=threads,
            cache=cache,
            progress=progress,
        )
    settings = LSettings.checked(preset=l_preset, models=l_models, threads=threads, cache=cache)
    declining = DecliningSettings.checked(
        judge=abstention_judge, metrics=metrics, responses=responses, timeout_s=judge_timeout
    )
    only_declining = declining is not None and not judge
    judging = JudgeSettings.checked(
        judge=judge,
        metrics=metrics,
        rubric=rubric,
        judge_check=judge_check,
        judge_passes=judge_passes,
        responses=None if only_declining else responses,
        judge_timeout=120.0 if only_declining else judge_timeout,
    )
    asked = resolve_benchmark(benchmark, source)
    options = ReadOptions(prediction_key=prediction_key, question_key=question_key, cutoff=cutoff)
    opened = open_source(source, asked, split=split, options=options)
    if judging is not None and not opened.has_answers:
        raise InputError(
            f"{opened.name} has rankings, and no answers that a judge could read.",
            "Leave `judge` out.",
        )
    chosen = opened.split or split or "all"
    with progress_reporter(progress) as report_progress:
        scores = score_predictions(
            opened.predictions,
            asked,
            split=chosen,
            metrics=metrics,
            extra=len(opened.extra),
            l_settings=settings,
            reported=opened.reported,
            has_answers=opened.has_answers,
        )
        scores = _sign_recalled(scores, visual_handling(opened.run.info) if opened.run else "given")
        judged = None
        if judging is not None:
            judged = judge_predictions(
                scores,
                opened.predictions,
                asked,
                split=chosen,
                settings=judging,
                reported=opened.reported,
                progress=report_progress,
            )
            if judging.passes > 1:
                judged = judge_again(
                    judged,
                    opened.predictions,
                    asked,
                    split=chosen,
                    settings=judging,
                    progress=report_progress,
                )
        if declining is not None:
            scores = judge_abstention(
                judged.scores if judged else scores,
                opened.predictions,
                asked,
                split=chosen,
                settings=declining,
                progress=report_progress,
            )
            judged = judged and replace(judged, scores=scores)
    retrieval = None
    if metrics is None or any(METRICS[name].needs == "retrieved" for name in metrics):
        retrieval = measure_retrieval(
            opened.predictions,
            asked,
            split=chosen,
            recalled=visual_handling(opened.run.info) == "recalled" if opened.run else None,
        )
    scores = judged.scores if judged else scores
    failures = None
    if metrics is None or set(metrics) & _VERDICTS:
        failures = find_failures(opened.predictions, asked, scores, split=chosen, run=opened.run)
    return _make_report(opened, asked, chosen, scores, judged, retrieval, failures)


def _score_repeats(repeats: Repeats, **settings: Any) -> ScoreReport:
    """Score each run by itself, and join the scores; a score report is taken as it stands."""
    check_one_system(repeats)
    benchmark = settings.pop("benchmark")
    reports: list[ScoreReport] = []
    for source in repeats:
        if isinstance(source, ScoreReport):
            reports.append(source)
        else:
            known = benchmark or (reports[0].benchmark if reports else None)
            reports.append(score(source, benchmark=known, **settings))
    return join_reports(reports, name=repeats.name)


def _make_report(
    source: Source,
    benchmark: Benchmark,
    split: SplitChoice,
    scores: Scores,
    judged: Judged | None,
    retrieval: Retrieval | None,
    failures: FailureReport | None,
) -> ScoreReport:
    info = source.run.info if source.run else None
    notes = [
        *source.notes,
        *(notes_on_reported(source.reported) if source.reported else ()),
        *notes_on_trial(source.run),
        *notes_on_recording(source.run),
        *notes_on_rows(source.predictions, benchmark, split=split, extra=source.extra),
        *(
            notes_on_answers(source.predictions, benchmark, split=split)
            if source.has_answers
            else ()
        ),
        *(retrieval.notes if retrieval else ()),
    ]
    if judged is not None:
        notes += judged.notes
    warnings = warnings_about(
        scores,
        source.predictions,
        benchmark,
        split=split,
        verdicts=source.reported.values if source.reported else None,
    )
    transcripts = judged.transcripts if judged else ()
    report = ScoreReport(
        scores=scores,
        document=public_value(
            {
                "schema_version": 1,
                "kind": "scores",
                "source": {"name": source.name, "layout": source.layout, "sha256": source.sha256},
                "dataset": {"id": benchmark.name, "revision": benchmark.revision, "split": split},
                "modes": info
                and {
                    "image_handling": info["image_handling"],
                    "visual_handling": visual_handling(info),
                },
                **scores.to_json(),
                "notes": [*notes, *warnings],
                "stored": compare_stored(source, scores, benchmark),
                "reported": source.reported and source.reported.to_json(),
                "judging": judged.document if judged else None,
                "retrieval": retrieval and retrieval.to_json(),
                "failures": failures.to_json() if failures is not None else None,
            }
        ),
        benchmark=benchmark,
        predictions=source.predictions,
        run=source.run,
        notes=notes,
        warnings=warnings,
        failed=sum(failed_in(source.predictions, benchmark, split).values()),
        judgements=[{**row, "judge": public_name(row["judge"])} for row in transcripts],
        unscored=judged.unscored if judged else 0,
        retrieval=retrieval,
        failures=failures,
        reported=source.reported,
        passes={"j": judged.passes} if judged and judged.passes else {},
    )
    return _with_noise(report, split)


def _with_noise(report: ScoreReport, split: SplitChoice) -> ScoreReport:
    """Return a report with the noise of its judge, if each answer was judged several times."""
    if not report.passes and (report.reported is None or not report.reported.passes):
        return report
    questions = {question.id: question for question in questions_of(report.benchmark, split)}
    noise = noise_of([report], questions)
    return replace(report, document={**report.document, "noise": noise}) if noise else report


def _sign_recalled(scores: Scores, visual: VisualMode) -> Scores:
    """Mark in V's signatures that images were recalled, which the paper's task doesn't require."""
    if visual == "given":
        return scores
    recalled = {
        name: replace(score, signature=f"{score.signature},visual={visual}")
        for name, score in scores.metrics.items()
        if METRICS[name].questions == "visual" and score.signature is not None
    }
    return replace(scores, metrics={**scores.metrics, **recalled})
