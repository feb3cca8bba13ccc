"""The function `efficiency`, and its result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locomo_vqa.arguments import check_path, nearest
from locomo_vqa.checked import checked
from locomo_vqa.errors import InputError
from locomo_vqa.html_table import html_table
from locomo_vqa.runs import Run

from ..proxy.prices import read_prices
from ..scoring.run_names import name_runs
from .figures import Figures
from .measure import RunEfficiency, efficiency_of, read_info

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["GB", "EfficiencyReport", "efficiency"]

GB = 1_000_000_000
"""The bytes in a gigabyte; MemLoRA's table 3 uses 2^30 instead."""

_RUN_COLUMNS = ("run", "model", "size_bytes", "stage")
_MEANS = ("calls", "failed", "input_tokens", "output_tokens", "seconds", "tokens_per_second")


@dataclass(frozen=True, slots=True)
class EfficiencyReport:
    """The figures of some runs; figures without data are None."""

    runs: tuple[RunEfficiency, ...]
    """The figures of each run, in the order given."""

    def __repr__(self) -> str:
        return f"<EfficiencyReport of {', '.join(run.name for run in self.runs) or 'no runs'}>"

    def to_json(self) -> dict[str, Any]:
        """Return a document that is valid against the schema `efficiency`."""
        rows = [run.to_json() for run in self.runs]
        return {"schema_version": 1, "kind": "efficiency", "runs": rows}

    def to_frame(self) -> pd.DataFrame:
        """Return a data frame with a row for each run and stage, and one for each run overall.

        Columns: run, model, size_bytes, stage (`all` for the row of MemLoRA's table 3), calls,
        failed, input_tokens, output_tokens, seconds, tokens_per_second (means per call).
        """
        import pandas as pd

        rows = []
        for run in self.runs:
            stages = [("all", run.shown), *run.stages.items()]
            rows += [_row(run, stage, figures) for stage, figures in stages if figures is not None]
        return pd.DataFrame(rows, columns=[*_RUN_COLUMNS, *_MEANS])

    def _repr_html_(self) -> str:
        return html_table(
            ["Run", "Model"],
            [_html_row(run) for run in self.runs],
            numbers=["size (GB)", "tok/s", "tok/ans", "s/ans", "calls"],
        )


@checked
def efficiency(
    *runs: Run | str | Path,
    sizes: Mapping[str, float] | None = None,
    prices: str | Path | None = None,
) -> EfficiencyReport:
    """Return what the models of runs cost: size on disk, tokens and seconds per reply, by stage.

    The figures are those of MemLoRA's tables 3, A6 and A7 (arXiv 2512.04763), with totals for the
    run, a conversation and a question. A run has its system's name; runs of one system also have
    what they differ in.

    Args:
        runs: runs or run folders; they may be unfinished.
        sizes: sizes on disk in GB (10^9 bytes), by the name of the run or of its folder, for models
            that a run can't measure, such as one behind an endpoint.
        prices: a table of model prices, instead of the bundled one.

    Raises:
        InputError: a folder is not a run, a list of calls is damaged, or a size is invalid.
    """
    if not runs:
        raise InputError(
            "No run was given.",
            "Give one or more runs or run folders, each as a separate argument.",
        )
    folders = [
        run.folder
        if isinstance(run, Run)
        else check_path("runs", run, allowed="paths or Runs, each as a separate argument")
        for run in runs
    ]
    table = None if prices is None else read_prices(check_path("prices", prices))
    names = name_runs(folders, [read_info(folder) for folder in folders])
    given = _sizes_in_bytes(sizes or {}, names, [folder.resolve().name for folder in folders])
    found = (
        efficiency_of(folder, name=name, size_bytes=size, prices=table)
        for folder, name, size in zip(folders, names, given, strict=True)
    )
    return EfficiencyReport(tuple(found))


def _sizes_in_bytes(
    sizes: Mapping[str, float], names: Sequence[str], folders: Sequence[str]
) -> list[int | None]:
    """Return the size given for each run, by its name or the name of its folder."""
    known = list(dict.fromkeys([*names, *folders]))
    for name, gigabytes in sizes.items():
        _check_size(name, gigabytes, known)
    return [
        round(sizes[given] * GB)
        if (given := next((each for each in pair if each in sizes), None)) is not None
        else None
        for pair in zip(names, folders, strict=True)
    ]


def _check_size(name: str, gigabytes: float, names: Sequence[str]) -> None:
    if name not in names:
        close = nearest(name, names)
        raise InputError(
            f"`sizes`: no run is named {name!r}.",
            f"Did you mean {close!r}?" if close else f"The runs are {', '.join(names)}.",
        )
    is_number = isinstance(gigabytes, int | float)
    if not is_number or not 0 < gigabytes < float("inf"):
        raise InputError(
            f"`sizes`: the size of {name} must be a number above 0, not {gigabytes!r}.",
            "Give the size in GB.",
        )


def _row(run: RunEfficiency, stage: str, figures: Figures) -> dict[str, Any]:
    return {
        "run": run.name,
        "model": run.model,
        "size_bytes": run.size.total,
        "stage": stage,
        **{name: getattr(figures, name) for name in _MEANS},
    }


def _html_row(run: RunEfficiency) -> list[str | None]:
    figures, size = run.shown, run.size.total

    def shown(name: str, digits: int) -> str | None:
        value = getattr(figures, name, None)
        return None if value is None else f"{value:,.{digits}f}"

    return [
        run.name,
        run.model or "no model",
        None if size is None else f"{size / GB:.2f}",
        shown("tokens_per_second", 1),
        shown("output_tokens", 2),
        shown("seconds", 3),
        shown("calls", 0),
    ]
