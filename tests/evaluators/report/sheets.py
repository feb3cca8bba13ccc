"""Scored predictions files of the sample's test split; more than one test needs them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from locomo_vqa.benchmark import TextQuestion, VisualQuestion
from locomo_vqa.evaluators.scoring import ScoreReport, score
from tests.evaluators.recording import SAMPLE, TEST

TEXT = [q for q in TEST if isinstance(q, TextQuestion) and q.category != 5]
ADVERSARIAL = [q for q in TEST if isinstance(q, TextQuestion) and q.category == 5]
VISUAL = [q for q in TEST if isinstance(q, VisualQuestion)]


def write_predictions(path: Path, rows: Mapping[str, str | Mapping[str, Any]]) -> Path:
    """Write a predictions.jsonl: by question id, an answer or the fields of a row."""
    lines = []
    for question_id, row in rows.items():
        fields = {"prediction": row, "state": "ok"} if isinstance(row, str) else dict(row)
        lines.append(json.dumps({"question_id": question_id, **fields}) + "\n")
    path.write_text("".join(lines), encoding="utf-8")
    return path


def sheet_of(folder: Path, rows: Mapping[str, str | Mapping[str, Any]]) -> ScoreReport:
    """Score V and F1 of predictions of the sample's test split."""
    path = write_predictions(folder / "answers.jsonl", rows)
    return score(path, benchmark=SAMPLE, split="test", metrics=["v", "f1"])
