"""`eval.yaml`, which registers a data set as a benchmark on the Hub, with a task for each score."""

from __future__ import annotations

from locomo_vqa.benchmark import Benchmark

from .markdown import one_line
from .parquet import ParquetLayout

__all__ = ["TASKS", "eval_yaml"]

TASKS = (("v", "visual"), ("l", "text"), ("j", "text"))
"""The paper's scores, and the configuration whose questions each one uses."""
_SPLIT = "test"


def eval_yaml(benchmark: Benchmark, layout: ParquetLayout) -> str:
    """Return the file's text, without tasks whose questions are not in the data set."""
    import yaml

    content = {
        "name": one_line(benchmark.name),
        "description": (
            "Questions about months of conversation with shared images. "
            "V: share of one-word answers about images that are right (exact match). "
            "L: overlap and semantics of answers about the text. "
            "J: share of them that a language model judges right."
        ),
        "evaluation_framework": "locomo-vqa",
        "tasks": [
            {"id": id, "config": config, "split": _SPLIT}
            for id, config in TASKS
            if _SPLIT in layout.get(config, {})
        ],
    }
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)
