"""The types of a benchmark, and loading one."""

from __future__ import annotations

import os

from locomo_vqa.arguments import check_path
from locomo_vqa.benchmark.loaded import Benchmark
from locomo_vqa.benchmark.locate import find_folder
from locomo_vqa.benchmark.read import read_benchmark
from locomo_vqa.benchmark.types import (
    CATEGORIES,
    QUESTION_TYPES,
    SPLITS,
    Category,
    Conversation,
    Erratum,
    Image,
    ImageRecord,
    ImageState,
    QuestionType,
    Session,
    Split,
    TextQuestion,
    Turn,
    VisualQuestion,
)

__all__ = [
    "CATEGORIES",
    "QUESTION_TYPES",
    "SPLITS",
    "Benchmark",
    "Category",
    "Conversation",
    "Erratum",
    "Image",
    "ImageRecord",
    "ImageState",
    "QuestionType",
    "Session",
    "Split",
    "TextQuestion",
    "Turn",
    "VisualQuestion",
    "load_argument",
    "load_benchmark",
]


def load_benchmark(source: Benchmark | str | os.PathLike[str]) -> Benchmark:
    """Load `"sample"`, a benchmark folder, or `"org/name"` from the Hugging Face Hub.

    A benchmark that is already loaded is returned unchanged.

    Raises:
        InputError: it does not exist, is not valid, or its hashes do not match.
        MissingResource: it can't be downloaded from the Hub.
    """
    return load_argument(source, parameter="source")


def load_argument(
    benchmark: Benchmark | str | os.PathLike[str], *, parameter: str = "benchmark"
) -> Benchmark:
    """Load the benchmark that an argument names; `parameter` is what errors call it.

    Raises:
        InputError: see `load_benchmark`.
        MissingResource: see `load_benchmark`.
    """
    if isinstance(benchmark, Benchmark):
        return benchmark
    allowed = "a benchmark, a path or a name"
    path = check_path(parameter, benchmark, allowed=allowed)
    return read_benchmark(find_folder(str(path)))
