"""A work folder with questions on images of the sample, under review."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from locomo_vqa.benchmark import Benchmark, load_benchmark
from locomo_vqa.builders.questions.rows import QualityChecks, QuestionRow, write_questions
from locomo_vqa.builders.review.review import Review
from locomo_vqa.builders.review.server import ReviewServer

QUESTIONS = 24
"""How many questions are open to review; one more was dropped."""


@pytest.fixture(scope="session")
def benchmark() -> Benchmark:
    """The embedded sample."""
    return load_benchmark("sample")


@pytest.fixture
def rows(benchmark: Benchmark) -> list[QuestionRow]:
    """The sample's first questions as generated ones, the first flagged in every way."""
    bad = QualityChecks(self_consistent=False, guessable=True, caption_answers=True)
    good = QualityChecks(self_consistent=True, guessable=False)
    return [
        QuestionRow(
            id=found.id,
            conversation=found.conversation,
            turn=found.turn,
            image=found.image,
            type=found.type,
            split=found.split,
            state="ok" if number < QUESTIONS else "dropped",
            question=found.question,
            answer=found.answer,
            reason=found.reason,
            quality=good if number else bad,
        )
        for number, found in enumerate(benchmark.visual_questions[: QUESTIONS + 1])
    ]


@pytest.fixture
def work(tmp_path: Path, rows: list[QuestionRow]) -> Path:
    """The work folder."""
    write_questions(tmp_path / "questions.jsonl", rows)
    return tmp_path


@pytest.fixture
def review(work: Path, benchmark: Benchmark) -> Iterator[Review]:
    """The review of the work folder."""
    with Review(work, benchmark) as review:
        yield review


@pytest.fixture
def server(review: Review) -> Iterator[ReviewServer]:
    """A server of the review, in a thread."""
    with serving(ReviewServer(review)) as server:
        yield server


@contextmanager
def serving(server: ReviewServer) -> Iterator[ReviewServer]:
    """Run a server in a thread for the length of the block."""
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join(timeout=200)
        assert not thread.is_alive()
