"""What a benchmark holds, as a prompt and a notebook show it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from locomo_vqa.benchmark.types import CATEGORIES, QUESTION_TYPES, SPLITS, Benchmark, Split
from locomo_vqa.html_table import html_table

__all__ = ["summarize", "summary_html"]


def summarize(benchmark: Benchmark) -> str:
    """Return the name and the most important counts in one line."""
    return (
        f"<Benchmark {benchmark.name!r}: {len(benchmark.conversations):,} conversations, "
        f"{len(benchmark.text_questions):,} text questions, "
        f"{len(benchmark.visual_questions):,} visual questions>"
    )


def summary_html(benchmark: Benchmark) -> str:
    """Return the counts by split as an HTML table; kinds of questions that it lacks have no row."""
    rows = [_row(label, Counter(splits)) for label, splits in _counted(benchmark)]
    return html_table(
        [""],
        [row for row in rows if not row[0].startswith("–") or row[-1] != "0"],
        numbers=[*SPLITS, "all"],
        caption=benchmark.name,
        notes=[f"revision {benchmark.revision}", f"folder {benchmark.folder}"],
    )


def _counted(benchmark: Benchmark) -> Iterator[tuple[str, Iterable[Split]]]:
    """Yield the label of each row, with the split of every item that is counted in it."""
    conversations = benchmark.conversations
    text, visual = benchmark.text_questions, benchmark.visual_questions
    turns = [(c.split, turn) for c in conversations for _, turn in c.turns()]
    yield "conversations", [c.split for c in conversations]
    yield "sessions", [c.split for c in conversations for _ in c.sessions]
    yield "turns", [split for split, _ in turns]
    images = [(split, image) for split, turn in turns for image in turn.images]
    yield "shared images", [split for split, _ in images]
    yield "– available", [split for split, image in images if image.state == "ok"]
    yield "text questions", [question.split for question in text]
    for number, category in CATEGORIES.items():
        yield f"– {category}", [q.split for q in text if q.category == number]
    yield "visual questions", [question.split for question in visual]
    for type in QUESTION_TYPES:
        yield f"– {type}", [q.split for q in visual if q.type == type]


def _row(label: str, number: Counter[Split]) -> list[str]:
    counts = [number[split] for split in SPLITS]
    return [label, *(f"{count:,}" for count in [*counts, sum(counts)])]
