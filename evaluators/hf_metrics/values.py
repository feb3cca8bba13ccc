"""Computes the modules' results: means over all questions, with 0 for a missing answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from locomo_vqa.arguments import check_choice
from locomo_vqa.async_calls import run_async
from locomo_vqa.errors import InputError
from locomo_vqa.progress import ignore_progress

from ..metrics import get_metric
from ..metrics.base import BatchMetric
from ..metrics.l_settings import LSettings, Preset
from .inputs import Inputs, read_inputs

if TYPE_CHECKING:
    from ..judging.rubrics import RubricPrompt

__all__ = ["compute_j", "compute_l", "compute_v"]

_JUDGE = "openai:http://127.0.0.1:23333/v1?model=openai/gpt-oss-120b"


def compute_v(
    predictions: Sequence[str | None], references: Sequence[str | None]
) -> dict[str, Any]:
    """Return V (0 to 100) with `n`, `missing` and `signature`.

    Raises:
        InputError: a gold answer is missing.
    """
    inputs, metric = read_inputs(predictions, references), get_metric("v")
    counts = {"n": inputs.n, "missing": inputs.missing}
    return {"v": _mean(metric, inputs), **counts, "signature": metric.signature}


def compute_l(
    predictions: Sequence[str | None],
    references: Sequence[str | None],
    *,
    preset: Preset = "paper",
    models: str | Path | None = None,
    threads: int = 1,
    cache: bool = True,
    fetch: bool = False,
) -> dict[str, Any]:
    """Return L (0 to 100), its parts (-1 to 1), `mean_words`, and the counts of `compute_v`.

    Args:
        preset: `paper` or `minilm`; see `LSettings` for this and `models`, `threads`, and `cache`.
        fetch: whether to download an encoder that is not on this machine.

    Raises:
        InputError: a gold answer is missing, the preset is unknown, or an encoder is damaged.
        MissingResource: an encoder is not on this machine.
    """
    check_choice("preset", preset, get_args(Preset))
    from ..metrics.table import open_l_metrics

    inputs = read_inputs(predictions, references)
    folder = Path(models) if models is not None else None
    settings = LSettings(preset=preset, models=folder, threads=threads, cache=cache)
    opened = open_l_metrics(settings, fetch=fetch)
    plain: dict[str, BatchMetric] = {name: get_metric(name) for name in ("rouge1", "meteor")}
    values = {name: _mean(metric, inputs) for name, metric in {**opened, **plain}.items()}
    return {
        **values,
        "n": inputs.n,
        "missing": inputs.missing,
        "mean_words": inputs.mean_words,
        "signature": opened["l"].signature,
    }


def compute_j(
    predictions: Sequence[str | None],
    references: Sequence[str | None],
    questions: Sequence[str | None],
    *,
    judge: str | None = None,
    rubric: str | Path = "lenient",
    responses: str | Path | None = None,
    timeout_s: float = 120.0,
) -> dict[str, Any]:
    """Return J (0 to 100), or None and its possible range while an answer has no verdict.

    The result has `j`, `low` and `high`, the number of `correct`, `wrong`, `unscored` and `missing`
    (counted as wrong) answers out of `n`, and `verdicts` in the order of the questions.

    Args:
        judge: the model's name, as for `score`.
        rubric: `lenient`, `strict`, or a file with the judge's prompt.
        responses: the file for the judge's replies; None for one in the user's cache folder.
        timeout_s: the time limit of one call, in seconds.

    Raises:
        InputError: no judge is named, a name is not valid, or a question or gold answer is missing.
        MissingResource: a judge's packages or weights are not on this machine.
    """
    from ..judging.rubric_files import read_rubric

    if judge is None:
        raise InputError(
            "`judge` must be given: J is the verdict of a judge model.",
            f'Name one, such as judge="{_JUDGE}".',
        )
    prompt = read_rubric(rubric)
    for place, question in enumerate(questions):
        if question is None or not question.strip():
            raise InputError(
                f"`questions`: number {place} (from 0) is blank.", "Give the text of the question."
            )
    inputs = read_inputs(predictions, references)
    verdicts, reasons, signature = ["wrong"] * inputs.n, Counter[str](), None
    if inputs.pairs:
        asked = _judge(inputs, questions, judge, prompt, responses, timeout_s)
        judgements, signature = run_async(asked)
        for place, judgement in zip(inputs.places, judgements, strict=True):
            verdicts[place] = judgement.state
            if judgement.reason is not None:
                reasons[judgement.reason] += 1
    counts = Counter(verdicts)
    low = _percentage(counts["correct"], inputs.n)
    high = _percentage(counts["correct"] + counts["unscored"], inputs.n)
    return {
        "j": None if counts["unscored"] else low,
        "low": low,
        "high": high,
        "n": inputs.n,
        "correct": counts["correct"],
        "wrong": counts["wrong"],
        "unscored": counts["unscored"],
        "missing": inputs.missing,
        "reasons": dict(reasons),
        "verdicts": verdicts,
        "signature": signature,
    }


async def _judge(
    inputs: Inputs,
    questions: Sequence[str | None],
    name: str,
    rubric: RubricPrompt,
    responses: str | Path | None,
    timeout_s: float,
) -> tuple[list[Any], str]:
    from locomo_vqa.responses import ResponseStore

    from ..judging.judge import ToJudge
    from ..judging.session import judge_all, open_session, response_path

    items = [
        ToJudge(id=str(place), question=questions[place] or "", gold=gold, answer=answer)
        for place, (answer, gold) in zip(inputs.places, inputs.pairs, strict=True)
    ]
    file = response_path(Path(responses) if responses is not None else None)
    with ResponseStore(file) as store:
        async with open_session(name, rubric, store=store, timeout_s=timeout_s) as session:
            judgements = await judge_all(session, items, step="judging", progress=ignore_progress)
            return judgements, session.judge.signature


def _mean(metric: BatchMetric, inputs: Inputs) -> float | None:
    """Return a metric's mean over all questions on its scale; None if there are none."""
    if not inputs.n:
        return None
    return sum(metric.score_all(inputs.pairs)) / inputs.n * metric.scale


def _percentage(number: int, n: int) -> float | None:
    return 100 * number / n if n else None
