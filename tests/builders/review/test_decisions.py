"""Decisions as lines of a file, and what they make of the questions."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.builders.questions_file import QuestionRow, write_questions
from locomo_vqa.builders.review import Decision, apply_decisions, read_decisions
from locomo_vqa.builders.review.review import BadDecision, Review, UnknownQuestion
from locomo_vqa.errors import InputError, OutputError

TIME = "2026-03-01T09:30:00.000+00:00"
GOLDEN = """\
{"id": "c/v/1/mood", "decision": "accept", "question": null, "answer": null, "time": "T1"}
{"id": "c/v/2/mood", "decision": "reject", "question": null, "answer": null, "time": "T2"}
{"id": "c/v/1/mood", "decision": "correct", "question": "Is it big?", "answer": "no", "time": "T3"}
{"id": "c/v/2/mood", "decision": "undo", "question": null, "answer": null, "time": "T4"}
{"id": "c/v/3/style", "decision": "reject", "question": null, "answer": null, "time": "T5"}
"""


def _line(**changes: Any) -> str:
    row = {"id": "c/v/1/mood", "decision": "accept", "question": None, "answer": None, "time": TIME}
    return json.dumps({**row, **changes}) + "\n"


def _decision(row: QuestionRow, verdict: Any, **words: str) -> Decision:
    return Decision(id=row.id, decision=verdict, time=TIME, **words)


def test_the_last_line_of_a_question_counts(tmp_path: Path) -> None:
    path = tmp_path / "review.jsonl"
    path.write_text(GOLDEN, encoding="utf-8")
    assert read_decisions(path) == {
        "c/v/1/mood": Decision(
            id="c/v/1/mood", decision="correct", question="Is it big?", answer="no", time="T3"
        ),
        "c/v/3/style": Decision(id="c/v/3/style", decision="reject", time="T5"),
    }


def test_no_file_and_an_empty_one_hold_no_decisions(tmp_path: Path) -> None:
    assert read_decisions(tmp_path / "review.jsonl") == {}
    (tmp_path / "review.jsonl").touch()
    assert read_decisions(tmp_path / "review.jsonl") == {}


@pytest.mark.parametrize("cut", [1, 20, 80])
def test_an_unfinished_last_line_does_not_count(cut: int, tmp_path: Path) -> None:
    path = tmp_path / "review.jsonl"
    content = (_line() + _line(id="ü", decision="reject")[:-cut]).encode()
    path.write_bytes(content)
    assert list(read_decisions(path)) == ["c/v/1/mood"]
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("nonsense\n", "is not valid JSON at line 2"),
        ("[]\n", "line 2: A decision is a JSON object."),
        (_line(id=7), "needs the id"),
        (_line(decision="maybe"), "is one of accept, correct, reject, undo"),
        (_line(decision=["accept"]), "is one of accept, correct, reject, undo"),
        (_line(time=None), "needs the time"),
        (_line(answer="red"), "Only a correction has new words"),
        (_line(decision="correct"), "needs a question and an answer"),
        (
            _line(decision="correct", question="What colour is it?", answer="dark red"),
            "exactly one word",
        ),
        (
            _line(decision="correct", question="What colour is it.", answer="red"),
            "end with a question mark",
        ),
        (
            _line(decision="correct", question="Is the red kite red?", answer="red"),
            "must not stand in the question",
        ),
    ],
)
def test_a_line_that_is_no_decision_is_named(line: str, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "review.jsonl"
    path.write_text(_line() + line, encoding="utf-8")
    with pytest.raises(InputError, match=r"review\.jsonl") as error:
        read_decisions(path)
    assert sentence in error.value.message


def test_rejected_questions_leave_and_corrected_ones_get_their_words(
    rows: list[QuestionRow],
) -> None:
    first, second, third, fourth, dropped = *rows[:4], rows[-1]
    decisions = [
        _decision(first, "accept"),
        _decision(second, "reject"),
        _decision(third, "correct", question="  Which one is it? ", answer="plum"),
    ]
    kept = apply_decisions(
        [first, second, third, fourth, dropped], {decision.id: decision for decision in decisions}
    )
    corrected = replace(third, question="Which one is it?", answer="plum", reason="")
    assert kept == [first, corrected, fourth, dropped]


def test_a_reason_stays_where_the_answer_does(rows: list[QuestionRow]) -> None:
    row = rows[0]
    assert row.answer == "cross"
    words = {"question": "Which sign is on the kite?", "answer": "Cross"}
    (kept,) = apply_decisions([row], {row.id: _decision(row, "correct", **words)})
    assert (kept.question, kept.answer, kept.reason) == (*words.values(), row.reason)


def test_decisions_on_other_questions_are_refused(rows: list[QuestionRow]) -> None:
    for other in (replace(rows[0], id="elsewhere"), rows[-1]):
        with pytest.raises(InputError, match="not open to it") as error:
            apply_decisions(rows, {other.id: _decision(other, "reject")})
        assert other.id in error.value.message


def test_a_correction_is_checked_once_more(rows: list[QuestionRow]) -> None:
    bad = _decision(rows[0], "correct", question="What is it?", answer="two words")
    with pytest.raises(InputError, match="exactly one word"):
        apply_decisions(rows, {bad.id: bad})


def test_a_review_keeps_decisions_and_goes_on(
    work: Path, rows: list[QuestionRow], benchmark: Benchmark
) -> None:
    first, second, third = (row.id for row in rows[:3])
    with Review(work, benchmark) as review:
        review.decide({"id": first, "decision": "accept"})
        review.decide({"id": second, "decision": "reject"})
        review.decide({"id": first, "decision": "undo"})
        words = {"question": "What  is\nit here?", "answer": " ab\ud800c "}
        with pytest.raises(BadDecision, match="exactly one word"):
            review.decide({"id": third, "decision": "correct", **words})
        review.decide({"id": third, "decision": "correct", **words, "answer": " plum "})
        with pytest.raises(UnknownQuestion):
            review.decide({"id": rows[-1].id, "decision": "accept"})
    with (work / "review.jsonl").open("a", encoding="utf-8") as stream:
        stream.write('{"id": "half a li')
    with Review(work, benchmark) as review:
        decisions = review.decisions()
        assert review.counts() == {
            "questions": len(rows) - 1,
            "accepted": 0,
            "corrected": 1,
            "rejected": 1,
            "open": len(rows) - 3,
        }
    assert list(decisions) == [second, third]
    assert (decisions[third].question, decisions[third].answer) == ("What is it here?", "plum")
    assert (work / "review.jsonl").read_text(encoding="utf-8").count("\n") == 4
    assert read_decisions(work / "review.jsonl") == decisions


def test_a_correction_that_changes_nothing_is_no_correction(review: Review) -> None:
    row = next(iter(review.questions.values()))
    with pytest.raises(BadDecision, match="accept the question instead"):
        review.decide(
            {"id": row.id, "decision": "correct", "question": row.question, "answer": row.answer}
        )
    assert review.path.read_bytes() == b""


def test_one_process_at_a_time_reviews_a_folder(review: Review, benchmark: Benchmark) -> None:
    with pytest.raises(OutputError, match="another process is writing") as error:
        Review(review.path.parent, benchmark)
    assert "End the other review" in error.value.remedy


def test_what_does_not_belong_together_is_refused(
    work: Path, rows: list[QuestionRow], benchmark: Benchmark
) -> None:
    (work / "review.jsonl").write_text(_line(), encoding="utf-8")
    with pytest.raises(InputError, match="not open to review: c/v/1/mood"):
        Review(work, benchmark)
    (work / "review.jsonl").unlink()
    write_questions(work / "questions.jsonl", [rows[0], rows[0]])
    with pytest.raises(InputError, match="occurs a second time"):
        Review(work, benchmark)
    write_questions(work / "questions.jsonl", [replace(rows[0], answer=None)])
    with pytest.raises(InputError, match="no question or no answer"):
        Review(work, benchmark)
    write_questions(work / "questions.jsonl", [replace(rows[0], image="0" * 64)])
    with pytest.raises(InputError, match="has no picture 000000000000"):
        Review(work, benchmark)
