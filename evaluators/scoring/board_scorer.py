"""Makes the scorer of a leaderboard, which computes L and J as well."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.errors import InputError
from locomo_vqa.published_files import ReportedVerdicts
from locomo_vqa.runs import Prediction, SplitChoice
from locomo_vqa.scores import Scorer, Scores

from ..judging.scoring import JudgeSettings, judge_predictions
from ..metrics.l_settings import LSettings, Preset
from .predictions import score_predictions

__all__ = ["make_board_scorer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _BoardScorer:
    """Scores every submission with the same settings."""

    l_settings: LSettings
    judging: JudgeSettings | None

    def __call__(
        self,
        predictions: Sequence[Prediction],
        benchmark: Benchmark,
        *,
        split: SplitChoice,
        metrics: Sequence[str] | None = None,
        extra: int = 0,
        reported: ReportedVerdicts | None = None,
    ) -> Scores:
        """Score predictions; see `locomo_vqa.scores.Scorer`."""
        scores = score_predictions(
            predictions,
            benchmark,
            split=split,
            metrics=metrics,
            extra=extra,
            l_settings=self.l_settings,
            reported=reported,
        )
        if self.judging is None:
            return scores
        settings = self.judging
        return judge_predictions(
            scores, predictions, benchmark, split=split, settings=settings, reported=reported
        ).scores


def make_board_scorer(
    *,
    judge: str | None = None,
    rubric: str | os.PathLike[str] = "lenient",
    judge_timeout: float = 120.0,
    judge_sample: int | None = None,
    judge_seed: int = 0,
    responses: str | Path | None = None,
    l_preset: Preset = "paper",
    l_models: str | Path | None = None,
) -> Scorer:
    """Return a scorer; `locomo_vqa.score` describes most of the arguments.

    Args:
        judge_sample: judge the answers to this many questions only; None for all.
        judge_seed: determines which questions.

    Raises:
        InputError: an argument is invalid.
    """
    judging = JudgeSettings.checked(
        judge=judge,
        metrics=None,
        rubric=rubric,
        judge_check=True,
        responses=responses,
        judge_timeout=judge_timeout,
        judge_sample=judge_sample,
        judge_seed=judge_seed,
    )
    if judging is not None and judging.rubric.verbatim:
        raise InputError(
            "`rubric` is a prompt into which answers are written unquoted, so a submitted "
            "answer could give the judge instructions.",
            "Write $data in place of the names in braces: there, answers are quoted.",
        )
    return _BoardScorer(
        l_settings=LSettings.checked(preset=l_preset, models=l_models, threads=1, cache=True),
        judging=judging,
    )
