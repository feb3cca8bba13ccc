"""The benchmark's questions, and what entries answered, from the files themselves."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from .metrics import METRICS, SCALE, STORED, VISUAL

__all__ = ["Board", "compute", "of_metric"]


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a JSONL file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


class Board:
    """A board's questions, and what its entries answered."""

    def __init__(self, folder: Path) -> None:
        self.submissions = folder / "submissions"
        benchmark = folder / "benchmark"
        text = pd.DataFrame(read_lines(benchmark / "text_questions.jsonl"))
        visual_rows = read_lines(benchmark / "visual_questions.jsonl")
        text = text[text.category != 5].assign(kind="text")
        self.questions = text
        if visual_rows:
            visual = pd.DataFrame(visual_rows).assign(kind="visual")
            self.questions = pd.concat([text, visual], ignore_index=True)
        self.order = [row["id"] for row in read_lines(benchmark / "conversations.jsonl")]
        self.stored = pd.read_parquet(self.submissions / "scores.parquet")

    def asked(self, split: str) -> pd.DataFrame:
        """Return the questions of a split that have a gold answer."""
        every = self.questions
        return every if split == "all" else every[every.split == split]

    def answers(self, name: str) -> pd.DataFrame:
        """Return an entry's answers: `id`, `answer`, `state`, and `verdict` if the file has it."""
        folder = self.submissions / name
        if (folder / "predictions.jsonl").exists():
            rows = read_lines(folder / "predictions.jsonl")
            found = pd.DataFrame(rows).rename(columns={"question_id": "id", "prediction": "answer"})
            return found[["id", "answer", "state"]]
        return pd.DataFrame(self.published(folder / "answers.json"))

    def published(self, path: Path) -> Iterator[dict[str, Any]]:
        """Yield the answers of a file in the layout of Mem0's evaluation."""
        waiting: dict[tuple[str, str], list[str]] = defaultdict(list)
        for row in self.questions.itertuples():
            waiting[row.conversation, row.question.strip()].append(row.id)
        for number, rows in json.loads(path.read_text(encoding="utf-8")).items():
            for row in rows:
                ids = waiting[self.order[int(number)], row["question"].strip()]
                if str(row.get("category")) == "5" or not ids:
                    continue
                answer = row["response"] or ""
                yield {
                    "id": ids.pop(0),
                    "answer": answer,
                    "state": "ok" if answer.strip() else "empty",
                    "verdict": float(row["llm_score"]),
                }


def compute(board: Board, name: str, split: str) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return an entry's questions with a column for each metric, and its counts."""
    asked = board.asked(split).merge(board.answers(name), on="id", how="left")
    kinds = set(asked[asked.state.notna()].kind)
    asked = asked[asked.kind.isin(kinds)].copy()
    stored = board.stored[board.stored.entry == name].set_index("question_id")
    for metric, function in METRICS.items():
        asked[metric] = [
            function(row.answer, row.answer_gold) if row.state == "ok" else 0.0
            for row in asked.assign(answer_gold=asked.answer_x)
            .rename(columns={"answer_y": "answer"})
            .itertuples()
        ]
        asked[metric] *= SCALE.get(metric, 1.0)
    for metric in STORED:
        asked[metric] = stored[metric].reindex(asked.id).to_numpy(dtype=float)
    if "verdict" in asked:
        asked["reported_j"] = asked.verdict.fillna(0.0) * 100
    answered = asked[asked.state == "ok"]
    words = answered[answered.kind == "text"].answer_y.str.split().str.len()
    counts = {
        "given": len(answered),
        "total": len(asked),
        "states": dict(Counter(asked.state.dropna())),
        "answer_length": float(words.mean()) if len(words) else None,
        "conversations": asked.conversation.nunique(),
    }
    return asked, counts


def of_metric(questions: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return the questions that a metric is about."""
    return questions[questions.kind == ("visual" if metric in VISUAL else "text")]
