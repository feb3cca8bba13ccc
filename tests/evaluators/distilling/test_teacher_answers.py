"""The teacher's answers: which are kept, of which questions, and in which words they are asked."""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.benchmark import Category, Split, TextQuestion, load_benchmark
from locomo_vqa.errors import InputError
from locomo_vqa.evaluators.distilling.examples import read_examples
from locomo_vqa.evaluators.distilling.teacher_answers import AnswerMaker, answer_quality
from locomo_vqa.evaluators.memory.memory_folder import read_memories
from locomo_vqa.evaluators.memory.settings import MemorySettings
from locomo_vqa.models.chat import ChatReply, ChatRequest, ModelFailed
from tests.evaluators.memory.scripted import Scripted, reply
from tests.evaluators.systems.duomem.folders import write_folder

from .scripted_teacher import make_teacher

SAMPLE = load_benchmark("sample")
OF = {c.split: c for c in SAMPLE.conversations}
TOLD = ("The kite is red.", "The boat left on 7 May 2023.", "Her door is blue.")


def question(
    split: Split, index: int, text: str, gold: str | None, category: Category = 4
) -> TextQuestion:
    conversation = OF[split].id
    return TextQuestion(
        id=f"{conversation}/t/{index}",
        conversation=conversation,
        index=index,
        category=category,
        question=text,
        answer=gold,
        adversarial_answer=None if gold else "a lie",
        evidence=(),
        split=split,
    )


QUESTIONS = (
    question("train", 0, "What is red, kite or door?", "red kite"),
    question("train", 1, "When did the boat leave?", "7 May 2023"),
    question("train", 2, "Which colour is the door?", "blue"),
    question("train", 3, "Why is it green?", None, 5),
    question("train", 4, "Who is shy?", "Ann"),
    question("train", 5, "Who is lost?", "Ben"),
    question("validation", 0, "Is the kite red?", "yes"),
    question("validation", 1, "Is it not?", None, 5),
    question("test", 0, "What of the test?", "secret"),
)
SAID: dict[str, Any] = {
    "What is red, kite or door?": "a red kite",
    "When did the boat leave?": "in May",
    "Which colour is the door?": " Blue\n",
    "Who is shy?": reply("I won't say.", finish="refused"),
}


def script(request: ChatRequest) -> ChatReply | str:
    asked = next(text for text in (*SAID, "Who is lost?") if text in request.text)
    if asked not in SAID:
        raise ModelFailed("too busy")
    said: ChatReply | str = SAID[asked]
    return said


def make(tmp_path: Path, **changes: Any) -> tuple[dict[str, Any], Scripted]:
    train, validation = OF["train"], OF["validation"]
    told = {train.id: TOLD, validation.id: TOLD[:1]}
    folder = tmp_path / "memories"
    if not folder.exists():
        write_folder(folder, told, [train, validation])
    teacher, model = make_teacher(script)
    maker = AnswerMaker(
        benchmark=replace(SAMPLE, text_questions=QUESTIONS),
        memories=read_memories(folder),
        teacher=teacher,
        settings=MemorySettings(prompts="long"),
        student=MemorySettings(prompts="reduced", top_k=2),
        out=tmp_path,
        progress=lambda *_: None,
    )
    return asyncio.run(replace(maker, **changes).make()), model


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize(
    ("said", "gold", "score"),
    [
        ("a red kite", "red kite", 0.8),  # 2 of 3 words are right, 2 of 2 are found.
        ("in May", "7 May 2023", 0.4),  # 1 of 2, and 1 of 3.
        (" Blue\n", "blue", 1.0),
        ("?", "?", 1.0),  # No word to compare, but V's rule holds.
        ("no", "yes", 0.0),
    ],
)
def test_success_is_vs_rule_or_f1(said: str, gold: str, score: float) -> None:
    assert answer_quality(said, gold) == pytest.approx(score)


def test_good_answers_of_the_train_split_are_kept(tmp_path: Path) -> None:
    summary, model = make(tmp_path)
    answers = rows_of(tmp_path / "answers.jsonl")
    train = OF["train"].id
    assert [(row["question_id"], row["reply"], row["score"]) for row in answers] == [
        (f"{train}/t/0", "a red kite", 0.8),
        (f"{train}/t/2", "Blue", 1.0),
    ]
    assert answers[0]["prompt"] == (
        "- The kite is red.\n- Her door is blue.\nQuestion: What is red, kite or door?\n"
        "Answer from these memories in as few words as possible:"
    )
    assert summary["counts"] == {
        "questions": 6,
        "without_gold": 1,
        "asked": 5,
        "kept": 2,
        "below_threshold": 1,
        "refused": 1,
        "failed": 1,
        "validation": 1,
    }
    assert summary["errors"] == ["too busy"]
    assert summary["success"]["threshold"] == 0.5
    assert summary == json.loads((tmp_path / "answers.json").read_text())
    for name, sha256 in summary["files"].items():
        assert sha256 == hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()

    asked = [request.text for request in model.requests]
    assert len(asked) == 5
    assert all(text.startswith("A program remembers") for text in asked)  # The long form.
    assert all(text.count("\n- ") == 2 for text in asked)


def test_the_validation_split_gives_gold_answers_and_the_test_split_nothing(
    tmp_path: Path,
) -> None:
    _, model = make(tmp_path)
    assert rows_of(tmp_path / "validation.jsonl") == [
        {
            "question_id": f"{OF['validation'].id}/t/0",
            "prompt": "- The kite is red.\nQuestion: Is the kite red?\n"
            "Answer from these memories in as few words as possible:",
            "reply": "yes",
            "score": None,
        }
    ]
    asked = "\n".join(request.text for request in model.requests)
    assert "Is the kite red?" not in asked
    written = "".join(path.read_text() for path in tmp_path.glob("*.json*"))
    for secret in ("What of the test?", "secret", "Why is it green?", "a lie"):
        assert secret not in asked + written


def test_the_threshold_decides(tmp_path: Path) -> None:
    assert make(tmp_path, threshold=0.4)[0]["counts"]["kept"] == 3
    assert make(tmp_path, threshold=0.81)[0]["counts"]["kept"] == 1
    (example,) = read_examples(tmp_path / "answers.jsonl")
    assert example.reply == "Blue"


def test_memories_that_are_missing_are_named(tmp_path: Path) -> None:
    write_folder(tmp_path / "memories", {OF["train"].id: TOLD}, [OF["train"]])
    with pytest.raises(InputError, match=f"memories of the conversation {OF['validation'].id}"):
        make(tmp_path)


def test_a_file_of_another_shape_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text('{"question_id": "q", "prompt": "p", "reply": "", "score": 2}\n')
    with pytest.raises(InputError, match="line 1"):
        read_examples(path)
