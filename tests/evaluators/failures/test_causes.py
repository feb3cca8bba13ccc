"""Single wrong answers of systems that keep no record, and answers about images."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from locomo_vqa.evaluators.failures import find_failures
from locomo_vqa.evaluators.failures.about import ConversationWords
from locomo_vqa.evaluators.failures.content import names_in
from locomo_vqa.evaluators.failures.needs import needs_of
from locomo_vqa.evaluators.failures.passages import Passages, shortened
from locomo_vqa.evaluators.failures.records import MemoryRecord, Version
from locomo_vqa.evaluators.failures.right import is_surely_right
from locomo_vqa.evaluators.failures.text_cause import Keeping, Seen, text_finding
from locomo_vqa.evaluators.failures.visual_cause import visual_finding
from locomo_vqa.evaluators.retrieval.evidence import find_evidence
from locomo_vqa.evaluators.scoring.predictions import score_predictions
from locomo_vqa.runs import Hit, Prediction

from .planted import sample

TURNS = {
    (conversation.id, turn.id): (session, turn)
    for conversation in sample().conversations
    for session, turn in conversation.turns()
}


def retrieving(*, right: bool) -> list[Prediction]:
    """Answer every text question wrong, with the evidence's turns retrieved or other ones."""
    benchmark = sample()
    evidence = find_evidence(benchmark).by_question
    predictions = []
    for question in benchmark.text_questions:
        if question.category == 5:
            continue
        place, wanted = question.conversation, evidence[question.id].turns
        turns = wanted if right else [t for c, t in TURNS if c == place and t not in wanted][:5]
        hits = tuple(
            Hit(text=f"{TURNS[place, t][1].speaker}: {TURNS[place, t][1].text}", turn=t)
            for t in turns
        )
        predictions.append(
            Prediction(question_id=question.id, prediction="zebra", state="ok", retrieved=hits)
        )
    return predictions


@pytest.mark.parametrize(
    ("right", "cause", "stage"),
    [(True, "not_used", "generation"), (False, "not_found", "retrieval")],
)
def test_a_system_whose_passages_are_turns_stores_everything(
    right: bool, cause: str, stage: str
) -> None:
    predictions = retrieving(right=right)
    scores = score_predictions(predictions, sample(), split="all", metrics=["f1"])
    failures = find_failures(predictions, sample(), scores, split="all")
    assert {(row.cause, row.stage, row.judged_by) for row in failures} == {(cause, stage, "rules")}
    assert len(failures) == 142


@pytest.mark.parametrize(
    ("question", "answer", "right"),
    [
        ("21 August 2023", "It was on 2023-08-21.", True),
        ("21 August 2023", "21 July 2023", False),
        ("21 August 2023", "August 2023", False),
        ("vet", "She is a Vet!", True),
        ("vet", "either a vet or a nurse", False),
        ("No", "No information available", False),
        ("No", "No.", True),
    ],
)
def test_right_answers_are_recognised_by_strict_rules(
    question: str, answer: str, right: bool
) -> None:
    asked = replace(sample().text_questions[0], question="What of it?", answer=question)
    assert is_surely_right(asked, answer) is right


@pytest.mark.parametrize(
    ("answer", "right"), [("Red.", True), ("It is red", True), ("red and blue", False), ("", False)]
)
def test_an_answer_about_an_image_is_the_gold_word_alone(answer: str, right: bool) -> None:
    asked = replace(sample().visual_questions[0], question="What colour?", answer="red")
    assert is_surely_right(asked, answer) is right


VISUAL = sample().visual_questions[0]


def seen(images: frozenset[str] | None, keeping: Keeping = "unknown") -> Seen:
    conversation = next(c for c in sample().conversations if c.id == VISUAL.conversation)
    record = None if images is None else MemoryRecord(versions=(), facts=None, images=images)
    words = ConversationWords.of(conversation)
    return Seen(keeping=keeping, record=record, passages=Passages.of([], words))


@pytest.mark.parametrize(
    ("images", "sees", "visual", "remembered", "turn", "cause", "stage"),
    [
        ("pixels", True, "given", None, None, "not_used", "vision"),
        ("pixels", False, "given", None, None, "never_stored", "vision"),
        ("none", True, "given", None, None, "not_shown", None),
        ("shuffled", True, "given", None, None, "not_shown", None),
        ("caption", True, "given", None, None, "not_shown", None),
        ("crossed", True, "given", None, None, "unknown", None),
        ("pixels", True, "recalled", frozenset(), None, "never_stored", "vision"),
        ("pixels", True, "recalled", "this", None, "not_found", "retrieval"),
        ("pixels", True, "recalled", "this", "this", "not_used", "vision"),
        ("pixels", True, "recalled", None, None, "unknown", None),
    ],
)
def test_images_are_not_seen_not_found_or_misread(
    images: str, sees: bool, visual: str, remembered: Any, turn: str | None, cause: str, stage: str
) -> None:
    run = {
        "image_handling": images,
        "visual_handling": visual,
        "system": {"name": "x", "uses_images": sees},
    }
    kept = frozenset([VISUAL.turn]) if remembered == "this" else remembered
    hits = (Hit(text="a picture", turn=VISUAL.turn),) if turn else ()
    prediction = Prediction(question_id=VISUAL.id, prediction="zebra", state="ok", retrieved=hits)
    found = visual_finding(VISUAL, None, prediction, run, seen(kept))
    assert (found.cause, found.stage) == (cause, stage)


@pytest.mark.parametrize("passage", ["word%d " * 40_000, "two weeks %d " * 40_000, "\n" * 400_000])
def test_of_endless_passages_only_the_beginning_is_read(passage: str) -> None:
    endless = passage % tuple(range(passage.count("%d")))
    turns = [t for c, t in TURNS if c == VISUAL.conversation][:3]
    hits = tuple(Hit(text=endless, turn=turn) for turn in turns)
    given = Prediction(question_id=VISUAL.id, prediction="zebra", state="ok", retrieved=hits)
    read = shortened(given)
    assert [len(hit.text) for hit in read.retrieved] == [150_000, 0, 0]
    assert [hit.turn for hit in read.retrieved] == turns
    assert shortened(read) is read


def test_sentences_begin_after_blank_lines() -> None:
    assert names_in("\n" * 100_000 + "Yesterday we met Bob") == {"bob"}


def test_a_file_does_not_say_whether_images_were_shown() -> None:
    prediction = Prediction(question_id=VISUAL.id, prediction="zebra", state="ok")
    assert visual_finding(VISUAL, None, prediction, None, seen(None)).cause == "unknown"


def test_an_inferred_answer_is_lost_with_the_fact_that_it_follows_from() -> None:
    """Two facts come from one turn; the question shares no word with either."""
    conversation = next(c for c in sample().conversations if c.id == "sample-05")
    question = next(q for q in sample().text_questions if q.id == "sample-05/t/0")
    assert question.question == "Is Pavel now likely to be able to treat a sick cat?"
    words = ConversationWords.of(conversation)
    needs = needs_of(question, question.evidence, words)
    turns = frozenset(question.evidence)
    hobby = Version(memory="m2", text="Pavel began with woodcarving in 2020.", turns=turns)
    job = Version(memory="m1", text="Pavel works as a vet at an animal clinic.", turns=turns)
    lost = replace(job, ended="UPDATE", ended_by=("D6:5",))
    wrong = Prediction(question_id=question.id, prediction="No", state="ok")
    expected = {"not_found": (job, hobby), "never_stored": (lost, hobby)}
    for cause, versions in expected.items():
        record = MemoryRecord(versions=versions, facts=None, images=None)
        kept = Seen(keeping="unknown", record=record, passages=Passages.of([], words))
        assert text_finding(needs, wrong, kept).cause == cause
