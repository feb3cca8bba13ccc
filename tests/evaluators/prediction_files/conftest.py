"""A small invented benchmark with LoCoMo's oddities, and a way to write a predictions file."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.benchmark import (
    Benchmark,
    Conversation,
    Image,
    ImageRecord,
    Session,
    TextQuestion,
    Turn,
    VisualQuestion,
    load_benchmark,
)
from locomo_vqa.benchmark.write import BenchmarkContent, write_benchmark

Write = Callable[..., Path]

QUESTIONS: dict[str, list[tuple[int, str, str | None, str | None]]] = {
    "conv-1": [
        (2, "When did Ada plant the fig tree?", "3 May 2021", None),
        (1, "Which tools does Ada own?", "a spade, a rake", None),
        (4, "What colour is the shed?", "green", None),
        (5, "What did Ben name his boat?", None, "Swift"),
        (4, "In which year did Ben retire?", "2019", None),
        (4, "What colour is the shed?", "green", None),
    ],
    "conv-2": [
        (4, "What does Cleo bake?", "rye bread", None),
        (5, "What does Cleo bake?", None, "rye bread"),
        (3, "Would Dan enjoy a marathon?", "Likely no", None),
        (2, "When did  Dan move? ", "June 2020", None),
        (4, "What is the dog called?", "Rex", None),
    ],
    "conv-3": [
        (1, "Who repaired the clock?", "Eve", None),
        (4, "How many cats does Eve have?", "3", None),
        (4, "What is the dog called?", "Bo", None),
        (4, "Where was the picnic?", "the park", None),
        (4, "Where was the picnic?", "the beach", None),
        (5, "Did Eve sell the clock?", "No", "Yes"),
    ],
}
"""(category, question, gold answer, adversarial answer): conv-1 asks for the shed twice, conv-2
asks for the bread as category 4 and 5, conv-2 and conv-3 share a question, and conv-3 has one
question with two answers and an adversarial one that has a gold answer."""


def _questions() -> list[TextQuestion]:
    return [
        TextQuestion(
            id=f"{conversation}/t/{index}",
            conversation=conversation,
            index=index,
            category=category,  # type: ignore[arg-type]
            question=question,
            answer=answer,
            adversarial_answer=adversarial,
            evidence=("D1:1",),
            split="test",
            duplicate_of="conv-1/t/2" if (conversation, index) == ("conv-1", 5) else None,
        )
        for conversation, rows in QUESTIONS.items()
        for index, (category, question, answer, adversarial) in enumerate(rows)
    ]


def _conversation(name: str, image: Image) -> Conversation:
    images = (image,) if name == "conv-1" else ()
    turn = Turn(id="D1:1", speaker="Ada", text="Hello.", images=images)
    session = Session(number=1, time=datetime(2021, 5, 3, 9, 0), turns=(turn,))
    return Conversation(id=name, split="test", speakers=("Ada", "Ben"), sessions=(session,))


@pytest.fixture(scope="session")
def benchmark(tmp_path_factory: pytest.TempPathFactory) -> Benchmark:
    """Three conversations, 17 text questions and one visual question."""
    root = tmp_path_factory.mktemp("benchmark")
    image_file = root / "picture.png"
    image_file.write_bytes(b"picture")
    sha256 = hashlib.sha256(b"picture").hexdigest()
    image = Image(url="https://example.org/a.png", sha256=sha256, state="ok", caption="a shed")
    record = ImageRecord(
        url=image.url, state="ok", sha256=sha256, bytes=7, format="png", turns=("conv-1/D1:1",)
    )
    visual = VisualQuestion(
        id="conv-1/v/D1:1/colour",
        conversation="conv-1",
        turn="D1:1",
        image=sha256,
        type="colour",
        question="What colour is the knob?",
        answer="red",
        reason="It is red.",
        split="test",
    )
    content = BenchmarkContent(
        name="garden",
        license=None,
        sources=[],
        conversations=[_conversation(name, image) for name in QUESTIONS],
        text_questions=_questions(),
        visual_questions=[visual],
        images=[record],
        image_files={sha256: image_file},
        report={},
    )
    write_benchmark(root / "folder", content)
    return load_benchmark(root / "folder")


@pytest.fixture(scope="session")
def write(tmp_path_factory: pytest.TempPathFactory) -> Write:
    """Write a value as JSON, or rows as JSON Lines, under a name that says nothing."""
    folder = tmp_path_factory.mktemp("files")
    numbers = itertools.count()

    def _write(value: Any, *, lines: bool = False, text: str | None = None) -> Path:
        path = folder / f"file-{next(numbers)}"
        rows = [json.dumps(row) for row in value] if lines else [json.dumps(value)]
        path.write_text("\n".join(rows) if text is None else text, encoding="utf-8")
        return path

    return _write


@pytest.fixture(scope="session")
def mem0_rows() -> Callable[[str], list[dict[str, Any]]]:
    """Return a conversation's rows of categories 1 to 4 as Mem0's evaluation writes them.

    The response is the question's id, so that a test sees where a row went.
    """

    def rows(conversation: str) -> list[dict[str, Any]]:
        return [
            {
                "question": question,
                "answer": answer,
                "response": f"{conversation}/t/{index}",
                "category": str(category),
                "f1_score": index / 10,
                "llm_score": 1,
            }
            for index, (category, question, answer, _) in enumerate(QUESTIONS[conversation])
            if category != 5
        ]

    return rows
