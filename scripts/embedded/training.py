"""What both training scripts share: printing, processes, and the figures of a checkpoint."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from torch import distributed

from locomo_vqa.models import embedded
from locomo_vqa.models.embedded.weights import read_bf16_header

__all__ = ["MODELS", "Log", "checkpoint_figures", "ignore_line", "join_processes", "print_line"]

MODELS = Path(embedded.__file__).parent
"""The folder of the embedded models."""

Log = Callable[[str], None]
"""A function that is called with lines about the progress of training."""


def print_line(text: str) -> None:
    """Print a line without delay."""
    print(text, flush=True)


def ignore_line(text: str) -> None:
    """Print nothing, because only one process reports."""


def join_processes(work: Path, name: str, processes: int, rank: int) -> None:
    """Join the other processes that train a model, if there are any."""
    if processes > 1:
        meeting = f"file://{work.resolve() / f'{name}-{os.getppid()}.meeting'}"
        distributed.init_process_group("gloo", meeting, None, processes, rank)


def checkpoint_figures(folder: Path) -> dict[str, int]:
    """Return the parameters, the bytes and the token limit of a written checkpoint."""
    weights = folder / "model.safetensors"
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    text = config.get("text_config", config)
    return {
        "parameters": sum(stored.length // 2 for stored in read_bf16_header(weights).values()),
        "bytes": weights.stat().st_size,
        "tokens": text["max_position_embeddings"],
    }


def write_figures(folder: Path, measured: Mapping[str, Any]) -> None:
    """Print the figures and write them next to the model, where the card reads them."""
    text = json.dumps({**checkpoint_figures(folder), **measured}, indent=2)
    print_line(text)
    (folder / "measured.json").write_text(f"{text}\n", encoding="utf-8")
