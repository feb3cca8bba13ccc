"""Trains the experts of the recorded run, and converts them for llama.cpp.

`python -m scripts.gemma.train MODEL BENCHMARK LOCOMO OUT` runs `distill memlora` once a stage: it
makes the training data from LoCoMo's observations and gold answers, and trains one candidate
(`space.toml`). MODEL is the folder that `scripts.gemma.model` wrote, BENCHMARK the imported LoCoMo,
LOCOMO its file. Repeat the command to continue after an interruption.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import locomo_vqa as lv

from .lora_gguf import write_lora_gguf

__all__ = ["OPTIONS", "SAMPLES", "train_expert"]

OPTIONS = {"window": "8", "top_k": "10", "update_k": "2"}
"""The options of mem0 that the data is made with, and that the runs use."""

SAMPLES = {"generation": 120, "extraction": 80, "update": 60}
"""How many samples each stage is trained on."""

_SPACE = Path(__file__).with_name("space.toml")


def train_expert(
    stage: str,
    *,
    model: Path,
    benchmark: Path,
    locomo: Path,
    out: Path,
    samples: int,
    threads: int = 1,
) -> Path:
    """Train the expert of a stage; return its GGUF."""
    done = None
    for phase in ("data", "train"):
        done = lv.distill_memlora(
            benchmark,
            student=f"transformers:{model / 'transformers'}?threads={threads}",
            out=out / stage,
            teacher="locomo-observations",
            locomo=locomo,
            only=phase,  # type: ignore[arg-type]
            stages=[stage],  # type: ignore[list-item]
            samples=samples,
            options=OPTIONS,
            search_space=_SPACE,
        )
    assert done is not None
    ((name, _),) = done.candidates[stage].items()  # type: ignore[index]
    target = out / f"{stage}.gguf"
    write_lora_gguf(out / stage / "candidates" / stage / name, target)
    return target


def main() -> None:
    """Read the command line, and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("model", "benchmark", "locomo", "out"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--stage", choices=sorted(SAMPLES), help="train only this expert")
    parser.add_argument("--samples", type=int, help="train on this many samples")
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    for stage, samples in SAMPLES.items():
        if given.stage not in (None, stage):
            continue
        begun = time.process_time()
        made = train_expert(
            stage,
            model=given.model,
            benchmark=given.benchmark,
            locomo=given.locomo,
            out=given.out,
            samples=given.samples or samples,
            threads=given.threads,
        )
        print(f"{made}: {(time.process_time() - begun) / 60:.0f} minutes of CPU time")


if __name__ == "__main__":
    main()
