"""Reads a published file of answers for a leaderboard, which can't import the reader."""

from __future__ import annotations

from pathlib import Path

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.errors import InputError
from locomo_vqa.published_files import PublishedAnswers

from ..prediction_files import read_prediction_file

__all__ = ["read_published"]


def read_published(path: Path, benchmark: Benchmark) -> PublishedAnswers:
    """Read a file of answers in any known layout; see `read_prediction_file`.

    Raises:
        InputError: the file can't be used, or none of its rows belongs to the benchmark.
    """
    found = read_prediction_file(path, benchmark)
    if not found.has_answers:
        raise InputError(
            f"{path}: has rankings, and no answers.", "Submit a file with the system's answers."
        )
    return PublishedAnswers(
        layout=found.layout,
        sha256=found.sha256,
        predictions=found.predictions,
        extra=len(found.extra),
        reported=found.reported,
        notes=found.notes,
    )
