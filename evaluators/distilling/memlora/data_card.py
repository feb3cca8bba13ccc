"""The card of training data: its sources, its content, and what was left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .observations import OBSERVATIONS

__all__ = ["data_card"]

_OBSERVED = """
No model was asked: extraction targets are the observations that come with LoCoMo, which a
large model of its authors wrote from whole sessions, each with the turn it comes from. They begin
with the day of their session. Update targets are a rule: a fact that shares most of its words with
a memory replaces it, any other is added. This is not the paper's signal, in which a teacher model
decides both.
"""


_DRAWN = """
At most {most:,} training samples of each stage were drawn at random, always the same ones, and the
same share of its validation samples.
"""


def data_card(record: Mapping[str, Any]) -> str:
    """Return the card, as Markdown, for the content of data.json."""
    rows = [_row(stage, counts) for stage, counts in record["counts"].items()]
    failed = [f"- {name}: {reason}" for name, reason in record["failed"].items()]
    observed = _OBSERVED if record["teacher"] == OBSERVATIONS else ""
    most = record.get("most_samples")
    parts = [
        "# Training data for MemLoRA's experts\n",
        f"Made from {record['dataset']['id']} (revision {record['dataset']['revision'][:12]}) "
        f"with the teacher `{record['teacher']}`. Only the conversations of the train split "
        f"({', '.join(record['conversations']['train'])}) and of the validation split "
        f"({', '.join(record['conversations']['validation'])}) were read.",
        observed,
        "" if most is None else _DRAWN.format(most=most),
        "| stage | train | validation | dropped | cleaned |",
        "| --- | --- | --- | --- | --- |",
        *rows,
        "",
        "A line of a file is a sample in the chat format: `messages` with the prompt of the stage "
        "and the wanted reply; for `vision`, with the image before the prompt. Replies of the "
        "generation stage are gold answers, over the teacher's memories of the conversation "
        "(`memories/`).",
    ]
    if failed:
        parts += ["", "Conversations that the teacher could not read:", "", *failed]
    return "\n".join(parts) + "\n"


def _row(stage: str, counts: Mapping[str, Any]) -> str:
    samples = counts["samples"]
    return (
        f"| {stage} | {samples['train']:,} | {samples['validation']:,} | "
        f"{_listed(counts['dropped'])} | {_listed(counts['repaired'])} |"
    )


def _listed(reasons: Mapping[str, int]) -> str:
    if not reasons:
        return "none"
    return ", ".join(f"{count:,} {reason.replace('_', ' ')}" for reason, count in reasons.items())
