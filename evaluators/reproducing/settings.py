"""The settings of a reproduction, which hold for every row."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from locomo_vqa.arguments import check_choice, check_number, check_path
from locomo_vqa.errors import InputError
from locomo_vqa.models.endpoint import parse_endpoint
from locomo_vqa.runs import SplitChoice
from locomo_vqa.workers import parse_workers

from ..judging.names import check_judge
from ..judging.rubric_files import read_rubric
from ..memory.prompts import MEMORY_PROMPTS
from ..memory.settings import LEXICAL_EMBEDDER, MINILM_EMBEDDER
from ..metrics.l_settings import LSettings, Preset
from ..own_prompts import read_own_prompts

__all__ = ["ReproductionSettings"]

_EMBEDDERS = (LEXICAL_EMBEDDER, MINILM_EMBEDDER, "openai:<base URL>?model=<name>")
_LONGEST_TIMEOUT_S = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class ReproductionSettings:
    """What is asked, what judges, and where the runs are written."""

    out: Path
    """The folder of all runs; tables share the runs that they have in common."""
    benchmark: str | None = None
    """The benchmark of every row; None for the one that a row needs."""
    split: SplitChoice = "test"
    """The split that is asked."""
    limit: int | None = None
    """For a trial, how many questions of each conversation are asked."""
    judge: str | None = None
    """The judge; None for the model that is given for the paper's judge."""
    rubric: str = "lenient"
    """The judge's rubric: a name, or a file."""
    prompts: str | None = None
    """The folder with other prompts; None for the toolkit's own."""
    embedder: str | None = None
    """The embedding model; None for the paper's, or an embedded model's default."""
    l_preset: Preset | None = None
    """L's encoder; None for the paper's, or `minilm` with embedded models."""
    l_models: str | None = None
    """The folder with L's encoders; None for the usual places."""
    jobs: int = 1
    """How many conversations run at once."""
    workers: str | None = None
    """Where conversations run: None for this machine, or a Ray cluster."""
    timeout: float = 120.0
    """The time limit of one call to a model, in seconds."""
    budget: float | None = None
    """What the calls of runs, teachers and judges may cost together, in US dollars."""
    prices: str | None = None
    """A table of model prices; None for the bundled one."""
    retry_failed: bool = False
    """Whether failed questions are asked again."""

    @classmethod
    def checked(
        cls,
        *,
        out: str | Path,
        benchmark: str | Path | None,
        split: SplitChoice,
        limit: int | None,
        judge: str | None,
        rubric: str | Path,
        prompts: str | Path | None,
        embedder: str | None,
        l_preset: Preset | None,
        l_models: str | Path | None,
        jobs: int,
        workers: str | None,
        timeout: float,
        budget: float | None,
        prices: str | Path | None,
        retry_failed: bool,
    ) -> ReproductionSettings:
        """Return the settings for the arguments of a public function.

        Raises:
            InputError: one can't be used.
        """
        check_choice("split", split, get_args(SplitChoice))
        LSettings.checked(preset=l_preset or "paper", models=l_models, threads=1, cache=True)
        if l_models is not None and not Path(l_models).is_dir():
            raise InputError(f"`l_models` {l_models}: is not a folder.", "Correct the path.")
        if limit is not None:
            check_number("limit", limit, low=1, whole=True)
        check_number("jobs", jobs, low=1, whole=True)
        check_number("timeout", timeout, low=0.1, high=_LONGEST_TIMEOUT_S)
        parse_workers(workers)
        if budget is not None:
            check_number("budget", budget, low=0)
        if judge is not None:
            check_judge(judge)
        read_rubric(rubric)
        if prompts is not None:
            _check_prompts(check_path("prompts", prompts))
        if embedder is not None and not embedder.startswith("openai:"):
            check_choice("embedder", embedder, _EMBEDDERS)
        elif embedder is not None:
            parse_endpoint(embedder, timeout_s=1.0, parameter="embedder")
        return cls(
            out=check_path("out", out),
            benchmark=None if benchmark is None else str(benchmark),
            split=split,
            limit=limit,
            judge=judge,
            rubric=str(rubric),
            prompts=None if prompts is None else str(prompts),
            embedder=embedder,
            l_preset=l_preset,
            l_models=None if l_models is None else str(l_models),
            jobs=jobs,
            workers=workers,
            timeout=timeout,
            budget=budget,
            prices=None if prices is None else str(prices),
            retry_failed=retry_failed,
        )


def _check_prompts(folder: Path) -> None:
    """Check a folder with other prompts.

    Raises:
        InputError: it is not a folder, or one of its prompts can't be used.
    """
    if not folder.is_dir():
        raise InputError(f"`prompts` {folder}: is not a folder.", "Correct the path.")
    try:
        read_own_prompts(str(folder), MEMORY_PROMPTS)
    except InputError as error:
        message = error.message.replace("`options`: prompts=", "`prompts`: ")
        raise InputError(message.replace("`options`", "`prompts`"), error.remedy) from None
