"""The reduced benchmark: what is kept of the conversations and questions."""

from __future__ import annotations

from pathlib import Path

from locomo_vqa.benchmark import load_benchmark
from locomo_vqa.benchmark.locate import SAMPLE_FOLDER
from scripts.gemma.reduced import write_reduced

SAMPLE = load_benchmark("sample")


def test_two_sessions_and_three_questions_about_them(tmp_path: Path) -> None:
    write_reduced(SAMPLE_FOLDER, tmp_path / "a", sessions=2, questions=3, tested=1)
    made = load_benchmark(tmp_path / "a")
    full = {each.id: each for each in SAMPLE.conversations}
    tested = [each for each in made.conversations if each.split == "test"]
    assert [each.id for each in tested] == [
        next(each.id for each in SAMPLE.conversations if each.split == "test")
    ]
    for conversation in made.conversations:
        whole = full[conversation.id]
        short = conversation.split != "train"
        assert conversation.sessions == (whole.sessions[:2] if short else whole.sessions)
        asked = [q for q in made.text_questions if q.conversation == conversation.id]
        before = [q for q in SAMPLE.text_questions if q.conversation == conversation.id]
        if not short:
            assert asked == before
            continue
        assert len(asked) <= 3
        turns = {turn.id for session in whole.sessions[:2] for turn in session.turns}
        for question in asked:
            assert question in before
            assert question.category != 5
            assert set(question.evidence) <= turns
    assert any(q.split == "test" for q in made.text_questions)


def test_the_same_questions_are_drawn_again(tmp_path: Path) -> None:
    first = write_reduced(SAMPLE_FOLDER, tmp_path / "a", sessions=2, questions=2)
    assert write_reduced(SAMPLE_FOLDER, tmp_path / "b", sessions=2, questions=2) == first
