"""Training data of the sample, made by an embedded teacher: what is in it, and what never is."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import locomo_vqa as lv
from locomo_vqa.benchmark import load_benchmark
from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.evaluators.distilling.memlora.samples import STAGES, read_samples
from locomo_vqa.files import sha256_file

pytestmark = pytest.mark.slow

SAMPLE = load_benchmark("sample")
CALL: dict[str, Any] = {
    "student": "embedded:student",
    "teacher": "embedded:text-large",
    "only": "data",
    "progress": False,
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("distilled") / "out"
    lv.distill_memlora("sample", out=out, **CALL)
    return out


def rows(out: Path, pattern: str = "*/*.jsonl") -> Iterator[tuple[str, str, dict[str, Any]]]:
    for file in sorted((out / "data").glob(pattern)):
        for line in file.read_text().splitlines():
            if file.parent.name in STAGES:
                yield file.parent.name, file.stem, json.loads(line)


def test_nothing_of_another_split_is_in_a_file(made: Path) -> None:
    """No conversation, question or image of validation or test is in the training data."""
    splits = {conversation.id: conversation.split for conversation in SAMPLE.conversations}
    held_out = [
        question
        for question in (*SAMPLE.text_questions, *SAMPLE.visual_questions)
        if question.split != "train"
    ]
    ids = {question.id for question in held_out}
    images = {question.image for question in SAMPLE.visual_questions if question.split != "train"}
    seen = set()
    for stage, split, row in rows(made):
        seen.add((stage, split))
        assert splits[row["conversation"]] == split
        if split == "train":
            assert row["id"] not in ids
            content = row["messages"][0]["content"]
            if stage == "vision":
                assert Path(content[0]["image"]).stem not in images
    assert seen == {(stage, split) for stage in STAGES for split in ("train", "validation")}
    # What only other conversations say is in no prompt.
    train = (row for _, split, row in rows(made) if split == "train")
    text = "\n".join(json.dumps(row, ensure_ascii=False) for row in train)
    lines = {
        c.id: [f"{turn.speaker}: {turn.text}" for _, turn in c.turns()]
        for c in SAMPLE.conversations
    }
    times = Counter(line for said in lines.values() for line in said)
    for conversation in SAMPLE.conversations:
        said = [line for line in lines[conversation.id] if times[line] == 1 and len(line) > 40]
        found = sum(json.dumps(words, ensure_ascii=False)[1:-1] in text for words in said)
        assert (found > 0) == (conversation.split == "train"), conversation.id
    memories = {file.stem for file in (made / "data" / "memories").iterdir()}
    assert memories == {name for name, split in splits.items() if split != "test"}


def test_a_generation_sample_has_the_gold_answer_over_the_teacher_s_memories(made: Path) -> None:
    gold = {q.id: q for q in SAMPLE.text_questions if q.category != 5}
    memories = (made / "data" / "memories" / "sample-01.jsonl").read_text()
    known = [json.loads(line)["text"] for line in memories.splitlines()]
    found = [row for stage, _, row in rows(made) if stage == "generation"]
    assert len(found) > 100
    for row in found:
        asked, said = (message["content"] for message in row["messages"])
        question = gold[row["id"]]
        assert said == str(question.answer)
        assert f"Question: {question.question}" in asked
        if row["conversation"] == "sample-01":
            shown = [line[2:] for line in asked.split("\n") if line.startswith("- ")]
            assert shown
            assert set(shown) <= set(known)


def test_a_vision_sample_has_answer_and_reason(made: Path) -> None:
    questions = {question.id: question for question in SAMPLE.visual_questions}
    found = [row for stage, _, row in rows(made) if stage == "vision"]
    for row in found:
        asked, said = (message["content"] for message in row["messages"])
        question = questions[row["id"]]
        assert json.loads(said) == {"answer": question.answer, "reason": question.reason}
        image = made / "data" / asked[0]["image"]
        assert sha256_file(image) == question.image
    train = [q for q in SAMPLE.visual_questions if q.split == "train"]
    assert sum(1 for row in found if row["id"] in {q.id for q in train}) == len(train)


def test_it_is_read_back_as_examples(made: Path) -> None:
    (first, *_) = read_samples(made / "data", "vision", "validation")
    assert first.image is not None
    assert first.image.is_file()
    assert "Question: " in first.prompt
    assert read_samples(made / "data", "vision", "test") == []


def test_the_card_counts_what_is_in_the_files(made: Path) -> None:
    record = json.loads((made / "data" / "data.json").read_text())
    for stage in STAGES:
        counted = record["counts"][stage]["samples"]
        assert counted == {
            split: sum(1 for each, own, _ in rows(made) if (each, own) == (stage, split))
            for split in ("train", "validation")
        }
        assert f"| {stage} | {counted['train']:,} |" in (made / "data" / "README.md").read_text()


def test_the_same_call_keeps_the_data_and_another_is_refused(made: Path, tmp_path: Path) -> None:
    before = sha256_file(made / "data" / "data.json")
    lv.distill_memlora("sample", out=made, **CALL)
    assert sha256_file(made / "data" / "data.json") == before
    with pytest.raises(OutputError, match="was made with different vision_target"):
        lv.distill_memlora("sample", out=made, **{**CALL, "vision_target": "answer"})
    copy = shutil.copytree(made, tmp_path / "copy")
    with (copy / "data" / "update" / "train.jsonl").open("a") as file:
        file.write("{}\n")
    with pytest.raises(InputError, match="differs from its description"):
        lv.distill_memlora("sample", out=copy, **CALL)


def test_a_few_samples_are_drawn_and_the_card_says_so(made: Path, tmp_path: Path) -> None:
    call = {**CALL, "samples": 5, "stages": ["generation"]}
    lv.distill_memlora("sample", out=tmp_path, **call)
    record = json.loads((tmp_path / "data" / "data.json").read_text())
    drawn = [row for _, _, row in rows(tmp_path, "generation/train.jsonl")]
    every = [row for _, _, row in rows(made, "generation/train.jsonl")]
    assert len(drawn) == 5
    assert all(row in every for row in drawn)
    assert record["most_samples"] == 5
    assert "At most 5 training samples" in (tmp_path / "data" / "README.md").read_text()
    with pytest.raises(OutputError, match="was made with different most_samples"):
        lv.distill_memlora("sample", out=tmp_path, **{**call, "samples": 6})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"samples": 0}, "`samples` must be"),
        ({"teacher": None}, "needs a `teacher`"),
        ({"teacher": "locomo-observations"}, "needs LoCoMo's own file"),
        ({"teacher": "embeded:large"}, "Did you mean embedded"),
        ({"student": "openai:http://127.0.0.1:9/v1?model=a"}, "can't take an adapter"),
        ({"stages": ["visions"]}, "vision"),
        (
            {"stages": ["vision"], "student": "embedded:student", "only": "train"},
            "not been made",
        ),
        ({"options": {"top_kk": "3"}}, "Did you mean 'top_k'"),
        ({"only": "dat"}, "data"),
        ({"search_space": "none.toml"}, "none.toml"),
    ],
)
def test_wrong_arguments_are_refused_before_anything_is_asked(
    change: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError) as error:
        lv.distill_memlora("sample", out=tmp_path / "out", **{**CALL, **change})
    assert message in str(error.value)
    assert not (tmp_path / "out" / "data").exists()


def test_a_teacher_that_fails_is_asked_again_and_nothing_is_trained(tmp_path: Path) -> None:
    """A conversation that could not be read is read by the next call; the others cost nothing."""
    from tests.evaluators.distilling.scripted_teacher import reads
    from tests.evaluators.stub_endpoint import completion, stub_endpoint

    broken = {"on": True}
    names = {c.id: c.speakers[0] for c in SAMPLE.conversations}

    def teach(request: dict[str, Any]) -> tuple[int, Any]:
        from locomo_vqa.models.chat import ChatRequest

        text = request["messages"][0]["content"]
        if broken["on"] and f"{names['sample-02']}: " in text:
            return 400, {"error": {"message": "no such turn"}}
        return completion(reads(ChatRequest(text=text)) or "Ada")

    with stub_endpoint(teach) as endpoint:
        call = {**CALL, "teacher": endpoint.model, "stages": ["extraction", "generation"]}
        call["only"] = None
        failed = lv.distill_memlora("sample", out=tmp_path / "out", **call)
        assert set(failed.failures) == {"sample-02"}
        assert "no such turn" in failed.failures["sample-02"]
        assert failed.candidates == {}
        assert not (tmp_path / "out" / "candidates").exists()
        before, broken["on"] = len(endpoint.requests), False
        call["only"] = "data"
        done = lv.distill_memlora("sample", out=tmp_path / "out", **call)
        asked = endpoint.requests[before:]
    assert done.failures == {}
    texts = [request["messages"][0]["content"] for request in asked]
    assert any(f"{names['sample-02']}: " in text for text in texts)
    assert len(texts) < before / 3
    assert done.data is not None
    counts = done.data["counts"]["extraction"]["samples"]
    assert counts["train"] == 240
