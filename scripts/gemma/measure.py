"""Runs mem0 on Gemma 3 270M with and without experts, and writes the figures.

`python -m scripts.gemma.measure select BENCHMARK OUT` runs every row on the validation split;
`… test BENCHMARK OUT --experts extraction,generation` runs the base model and the chosen experts on
the test split, once. `serve.py` must be serving the base model and the experts.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import locomo_vqa as lv

from .train import OPTIONS

__all__ = ["ROWS", "figures_of", "run_row"]

ROWS: tuple[tuple[str, ...], ...] = (
    (),
    ("generation",),
    ("extraction",),
    ("extraction", "generation"),
)
"""The stages with an expert; the base model answers in the others."""

_SETTINGS = {**OPTIONS, "prompts": "reduced", "tries": "1", "reply_tokens": "256"}


def row_name(stages: Sequence[str]) -> str:
    """Return the name of a row's run folder."""
    return "-".join(stages) or "base"


def run_row(
    stages: Sequence[str], *, benchmark: Path, split: str, address: str, out: Path, share: bool
) -> lv.Run:
    """Run one row; `share` takes the replies of other rows to the same requests."""
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
        **({"replay" if store.is_file() else "record": store} if share else {}),
    )


def figures_of(run: lv.Run, metrics: Sequence[str]) -> dict[str, Any]:
    """Return the scores of a run, with its calls and tokens by stage."""
    report = lv.score(run, metrics=metrics, l_preset="minilm")
    cost = lv.efficiency(run).to_json()["runs"][0]
    names = ("calls", "input_tokens", "output_tokens")
    return {
        "scores": {name: report.document["metrics"][name] for name in metrics},
        "failed": report.failed,
        "cost": {stage: {n: each.get(n) for n in names} for stage, each in cost["stages"].items()},
    }


def _select(benchmark: Path, address: str, out: Path) -> None:
    found = {}
    for stages in ROWS:
        run = run_row(
            stages, benchmark=benchmark, split="validation", address=address, out=out, share=True
        )
        found[row_name(stages)] = figures_of(run, ["f1"])
        value = found[row_name(stages)]["scores"]["f1"]["overall"]["value"]
        print(f"{row_name(stages)}: F1 {value:.4f}")
    _write(out / "validation.json", found)


def _test(benchmark: Path, address: str, out: Path, experts: Sequence[str]) -> None:
    runs = {
        row_name(stages): run_row(
            stages, benchmark=benchmark, split="test", address=address, out=out, share=False
        )
        for stages in ((), tuple(experts))
    }
    found: dict[str, Any] = {name: figures_of(run, ["f1", "l"]) for name, run in runs.items()}
    found["difference"] = lv.compare(*runs.values(), metrics=["f1", "l"]).to_json()
    _write(out / "test.json", found)


def _write(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"Wrote {path}")


def main() -> None:
    """Read the command line, and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("split", choices=("select", "test"))
    parser.add_argument("benchmark", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--experts", default="extraction,generation")
    parser.add_argument("--address", default="http://127.0.0.1:8123/v1")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    if given.split == "select":
        _select(given.benchmark, given.address, given.out)
    else:
        _test(given.benchmark, given.address, given.out, given.experts.split(","))


if __name__ == "__main__":
    main()
