"""Decisions as lines of a file, and what they make of the questions."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.builders.questions.rows import QuestionRow, write_questions
from locomo_vqa.builders.review import Decision, about_of, apply_decisions, read_decisions
from locomo_vqa.builders.review.review import BadDecision, Review, UnknownQuestion
from locomo_vqa.errors import InputError, OutputError

TIME = "2026-03-01T09:30:00.000+00:00"
GOLDEN = Path(__file__).parents[2] / "golden" / "review.jsonl"
COLOUR, COUNT = "conv-1/v/D1:1/colour", "conv-1/v/D1:1/count"


def _line(**changes: Any) -> str:
    row = {"id": "c/v/1/mood", "decision": "accept", "question": None, "answer": None, "time": TIME}
    return json.dumps({"about": "1" * 64, **row, **changes}) + "\n"


def _decision(row: QuestionRow, verdict: Any, **words: str) -> Decision:
    return Decision(id=row.id, about=about_of(row), decision=verdict, time=TIME, **words)


def _about(*parts: str) -> str:
    """Hash question, answer and image as docs/formats.md says: a JSON list without blanks."""
    return hashlib.sha256(
        ("[" + ",".join(f'"{part}"' for part in parts) + "]").encode()
    ).hexdigest()


def test_the_golden_file_is_what_is_read_and_written(
    tmp_path: Path, rows: list[QuestionRow], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person read the golden file once; the last line on a question counts."""
    image = "0" * 64
    about = _about("What colour is the kite?", "red", image)
    new = {"question": "Which colour has the kite’s tail?", "answer": "blue"}
    last = "2026-03-01T09:30:02.000+00:00"
    assert read_decisions(GOLDEN) == (
        Decision(id=COLOUR, about=about, decision="correct", **new, time=last),
    )
    words = {
        COLOUR: ("What colour is the kite?", "red"),
        COUNT: ("How many boats are there?", "four"),
    }
    questions = [
        replace(rows[0], id=id, image=image, question=question, answer=answer)
        for id, (question, answer) in words.items()
    ]
    write_questions(tmp_path / "questions.jsonl", questions)
    benchmark = Benchmark(
        name="Example",
        revision="",
        folder=tmp_path,
        conversations=(),
        text_questions=(),
        visual_questions=(),
        images=(),
        _formats={image: "png"},
    )
    times = iter(f"2026-03-01T09:30:0{second}.000+00:00" for second in range(4))
    monkeypatch.setattr("locomo_vqa.builders.review.review.utc_now", lambda: next(times))
    with Review(tmp_path, benchmark) as review:
        review.decide({"id": COLOUR, "decision": "accept"})
        review.decide({"id": COUNT, "decision": "reject"})
        review.decide({"id": COLOUR, "decision": "correct", **new})
        review.decide({"id": COUNT, "decision": "undo"})
    assert (tmp_path / "review.jsonl").read_bytes() == GOLDEN.read_bytes()


def test_no_file_and_an_empty_one_hold_no_decisions(tmp_path: Path) -> None:
    assert read_decisions(tmp_path / "review.jsonl") == ()
    (tmp_path / "review.jsonl").touch()
    assert read_decisions(tmp_path / "review.jsonl") == ()


@pytest.mark.parametrize("cut", [1, 20, 80])
def test_an_unfinished_last_line_does_not_count(cut: int, tmp_path: Path) -> None:
    path = tmp_path / "review.jsonl"
    content = (_line() + _line(id="ü", decision="reject")[:-cut]).encode()
    path.write_bytes(content)
    assert [decision.id for decision in read_decisions(path)] == ["c/v/1/mood"]
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("nonsense\n", "is not valid JSON at line 2"),
        ("[]\n", "line 2: [] is not of type 'object'"),
        (_line(id=7), "line 2, id: 7 is not of type 'string'"),
        (_line(about="red"), "line 2, about: 'red' does not match"),
        (_line(decision="maybe"), "line 2, decision: 'maybe' is not one of ['accept', 'correct',"),
        (_line(decision=["accept"]), "line 2, decision: ['accept'] is not one of"),
        (_line(time=None), "line 2, time: None is not of type 'string'"),
        (_line(answer="red"), "line 2, answer: 'red' is not of type 'null'"),
        (_line(decision="correct", answer="red"), "line 2, question: None is not of type 'string'"),
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
    reviewed = apply_decisions([first, second, third, fourth, dropped], decisions)
    corrected = replace(third, question="Which one is it?", answer="plum", reason="")
    assert reviewed.rows == [first, corrected, fourth, dropped]
    assert reviewed.set_aside == 0
    assert reviewed.decisions == {first.id: "accept", second.id: "reject", third.id: "correct"}


def test_a_reason_stays_where_the_answer_does(rows: list[QuestionRow]) -> None:
    row = rows[0]
    assert row.answer == "cross"
    words = {"question": "Which sign is on the kite?", "answer": "Cross"}
    (kept,) = apply_decisions([row], [_decision(row, "correct", **words)]).rows
    assert (kept.question, kept.answer, kept.reason) == (*words.values(), row.reason)


def test_decisions_on_other_questions_are_never_applied(rows: list[QuestionRow]) -> None:
    row = rows[0]
    for changed in (
        replace(row, question="Which other sign is on the kite?"),
        replace(row, answer="moon"),
        replace(row, image="1" * 64),
        replace(row, id="elsewhere"),
        replace(row, state="dropped"),
    ):
        reviewed = apply_decisions([changed], [_decision(row, "reject")])
        assert (reviewed.rows, reviewed.set_aside) == ([changed], 1)
    unsaid = Decision(id=row.id, decision="reject", time=TIME)
    assert apply_decisions([row], [unsaid]).set_aside == 1
    unasked = replace(row, question=None, answer=None)
    assert apply_decisions([replace(unasked, state="declined")], [unsaid]).set_aside == 1
    told = replace(row, reason="", quality=replace(row.quality, guessable=None))
    assert apply_decisions([told], [_decision(row, "reject")]).rows == []


def test_generated_anew_a_question_is_open_until_its_words_are_back(
    work: Path, rows: list[QuestionRow], benchmark: Benchmark
) -> None:
    first, second = rows[:2]
    with Review(work, benchmark) as review:
        review.decide({"id": first.id, "decision": "reject"})
        review.decide({"id": second.id, "decision": "accept"})
    anew = replace(first, question="Which other sign is on the kite?")
    write_questions(work / "questions.jsonl", [anew, *rows[1:]])
    with Review(work, benchmark) as review:
        assert list(review.decisions()) == [second.id]
        assert review.counts()["set_aside"] == 1
        assert review.counts()["open"] == len(rows) - 2
        review.decide({"id": first.id, "decision": "accept"})
        review.decide({"id": second.id, "decision": "undo"})
    reviewed = apply_decisions([anew, second], read_decisions(work / "review.jsonl"))
    assert (reviewed.rows, reviewed.set_aside) == ([anew, second], 1)
    write_questions(work / "questions.jsonl", rows)
    with Review(work, benchmark) as review:
        found = review.decisions()
        assert {id: each.decision for id, each in found.items()} == {first.id: "reject"}
        assert review.set_aside == 1
    assert (work / "review.jsonl").read_text(encoding="utf-8").count("\n") == 4


def test_a_correction_is_checked_once_more(rows: list[QuestionRow]) -> None:
    bad = _decision(rows[0], "correct", question="What is it?", answer="two words")
    with pytest.raises(InputError, match="exactly one word"):
        apply_decisions(rows, [bad])


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
            "set_aside": 0,
        }
    assert list(decisions) == [second, third]
    assert (decisions[third].question, decisions[third].answer) == ("What is it here?", "plum")
    assert (work / "review.jsonl").read_text(encoding="utf-8").count("\n") == 4
    assert read_decisions(work / "review.jsonl") == tuple(decisions.values())


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
    write_questions(work / "questions.jsonl", [rows[0], rows[0]])
    with pytest.raises(InputError, match="occurs a second time"):
        Review(work, benchmark)
    write_questions(work / "questions.jsonl", [replace(rows[0], answer=None)])
    with pytest.raises(InputError, match="lacks a question or an answer"):
        Review(work, benchmark)
    write_questions(work / "questions.jsonl", [replace(rows[0], image="0" * 64)])
    with pytest.raises(InputError, match="has no image 000000000000"):
        Review(work, benchmark)
