"""The function `reproduce`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from locomo_vqa.arguments import check_texts, nearest
from locomo_vqa.checked import checked
from locomo_vqa.errors import InputError
from locomo_vqa.files import write_json
from locomo_vqa.progress import ProgressCallback, progress_reporter
from locomo_vqa.runs import SplitChoice

from ..metrics.l_settings import Preset
from .choices import Choices
from .deviations import deviations_of
from .execution import Execution
from .paper import PaperRow, PaperTable, paper_table
from .plan import Planner
from .preparation import benchmark_steps, server_commands
from .result import Reproduction
from .settings import ReproductionSettings

__all__ = ["reproduce"]


@checked
def reproduce(
    table: str,
    *,
    out: str | Path = "reproduced",
    dry_run: bool = False,
    models: str | Path | Mapping[str, str] | None = None,
    embedded: bool = False,
    benchmark: str | Path | None = None,
    split: SplitChoice = "test",
    only: Sequence[str] | str | None = None,
    judge: str | None = None,
    rubric: str | Path = "lenient",
    prompts: str | Path | None = None,
    embedder: str | None = None,
    l_preset: Preset | None = None,
    l_models: str | Path | None = None,
    limit: int | None = None,
    jobs: int = 1,
    workers: str | None = None,
    timeout: float = 120.0,
    budget: float | None = None,
    prices: str | Path | None = None,
    retry_failed: bool = False,
    progress: bool | ProgressCallback = True,
) -> Reproduction:
    """Run the rows of one of the MemLoRA paper's tables, and return its figures beside ours.

    Rows whose models are not given stay blank, and say why. The same call continues where the last
    one stopped: finished runs, trained experts and a judge's replies are kept in `out`, and tables
    share the runs that they have in common.

        lv.reproduce("2", embedded=True).to_frame()

    Args:
        table: the table's number: 1, 2, 3, 4, 5, A6, A7, E8 or E9.
        out: the folder of all runs.
        dry_run: whether to return only what would run, and what it costs at most. No model is
            asked, and nothing is written.
        models: a model's name for each of the paper's, such as
            `{"Gemma2-27B": "openai:<base URL>?model=<name>"}`, or the path of a TOML file with a
            table `[models]`.
        embedded: whether embedded models take the part of those that `models` leaves out, on the
            sample. The figures are then not the paper's models'.
        benchmark: the benchmark of every row; None for the folder `locomo` (rows without images)
            and `locomo-vqa` (rows with images), or the sample with `embedded`.
        split: the split that is asked.
        only: the rows to run, by number or by the model that answers; None for all.
        judge: the judge's name, or `rules`; None for the model that is given for GPT-OSS-120B, or
            `rules` with `embedded`.
        rubric: the judge's rubric: `lenient`, `strict`, or a file.
        prompts: a folder with other prompts.
        embedder: the embedding model; None for the paper's.
        l_preset: the encoder of BERTScore in L; None for `paper`, or `minilm` with `embedded`.
        l_models: the folder with L's encoders; None for $LOCOMO_VQA_L_MODELS or the Hub's cache.
        limit: for a trial, how many questions of each conversation are asked.
        jobs: how many conversations run at once.
        workers: where the conversations of a run are: `asyncio` or None for this machine, `ray` or
            `ray:ADDRESS` for a Ray cluster, `jobs` on each node.
        timeout: the time limit of one call to a model, in seconds.
        budget: what the calls to endpoints may cost in all, in US dollars: those of runs,
            teachers and judges, of all that `out` has. Work stops in order before more is spent,
            and a later call with a larger budget goes on.
        prices: a table of model prices, instead of the bundled one.
        retry_failed: whether to ask failed questions again.
        progress: whether to show progress, or a function to call with it.

    Raises:
        InputError: an argument can't be used; nothing was run.
        OutputError: `out` can't be written.
    """
    wanted = paper_table(table)
    choices = Choices.checked(models, embedded=embedded)
    settings = ReproductionSettings.checked(
        out=out,
        benchmark=benchmark,
        split=split,
        judge=judge,
        rubric=rubric,
        prompts=prompts,
        embedder=embedder,
        l_preset=l_preset,
        l_models=l_models,
        limit=limit,
        jobs=jobs,
        workers=workers,
        timeout=timeout,
        budget=budget,
        prices=prices,
        retry_failed=retry_failed,
    )
    rows = _chosen_rows(wanted, only)
    planner = Planner(choices=choices, settings=settings)
    plans = [planner.plan(wanted, row) for row in rows]
    execution = Execution.prepare(settings, choices)
    if dry_run:
        done = [execution.without_run(plan) for plan in plans]
    else:
        with progress_reporter(progress) as report:
            done = execution.run(plans, wanted.columns, report)
    made = Reproduction(
        table=wanted,
        rows=done,
        preparation=benchmark_steps(plans, choices, settings),
        servers=server_commands(plans, choices, settings),
        deviations=deviations_of(wanted.number),
        dry_run=dry_run,
        counts=execution.counts,
        out=settings.out,
    )
    if not dry_run and any(row.ours for row in done):
        write_json(settings.out / f"table-{wanted.number}.json", made.to_json())
    return made


def _chosen_rows(table: PaperTable, only: Sequence[str] | str | None) -> list[PaperRow]:
    """Return the rows with these numbers or models.

    Raises:
        InputError: one of them names no row.
    """
    check_texts("only", only)
    if only is None:
        return list(table.rows)
    chosen: set[int] = set()
    for name in [only] if isinstance(only, str) else only:
        found = {
            row.number
            for row in table.rows
            if name.strip().lower() in (str(row.number), row.model.lower())
        }
        if not found:
            known = [str(row.number) for row in table.rows]
            known += dict.fromkeys(row.model for row in table.rows)
            close = nearest(name, known)
            raise InputError(
                f"`only`: table {table.number} has no row {name!r}.",
                f"Did you mean {close}?" if close else f"Its rows are {', '.join(known)}.",
            )
        chosen |= found
    return [row for row in table.rows if row.number in chosen]
