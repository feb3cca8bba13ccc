"""The checker of generated questions, against the questions that the sample itself asks."""

from __future__ import annotations

import random

import pytest

from locomo_vqa.benchmark import QUESTION_TYPES, QuestionType
from locomo_vqa.builders.sample.scenes import Part, Scene, Thing, make_scene
from locomo_vqa.builders.sample.truth import applies, is_true, premise_holds
from locomo_vqa.builders.sample.visual_questions import ANSWERS, draw_visual_question

SCENE = Scene(
    setting="water",
    mood="calm",
    style="pixel",
    things=(
        Thing("boat", "red", 0.2, 0.5, 0.25, "moon", Part("flag", "green")),
        Thing("boat", "red", 0.5, 0.5, 0.25, "moon"),
        Thing("boat", "blue", 0.8, 0.5, 0.25, "ring"),
    ),
    unusual=(Thing("duck", "pink", 0.2, 0.8, 0.13), Thing("duck", "pink", 0.4, 0.8, 0.13)),
    grain=1,
)


def test_every_question_asked_is_true_and_every_other_answer_false() -> None:
    rng = random.Random(3)
    for _ in range(600):
        scene = make_scene(rng)
        for type in QUESTION_TYPES:
            item = draw_visual_question(scene, type, rng)
            assert (item is not None) == applies(scene, type)
            if item:
                assert is_true(scene, type, item.question, item.answer) is True
                for other in set(ANSWERS[type]) - {item.answer}:
                    assert is_true(scene, type, item.question, other) is False


@pytest.mark.parametrize(
    ("type", "question", "answer", "expected"),
    [
        ("detail", "What is the sign on the red boats?", "moon", True),
        ("detail", "What is the sign on the red boats?", " Moon ", True),
        ("detail", "What is the sign on the red boat?", "moon", False),
        ("detail", "What is the sign on the boats?", "moon", False),
        ("detail", "What is the sign on the green boats?", "moon", False),
        ("detail", "What is the sign on the cars?", "moon", False),
        ("detail", "What is the sign on the trains?", "moon", None),
        ("unusual-detail", "What colour are the ducks?", "pink", True),
        ("unusual-detail", "What colour is the duck?", "pink", False),
        ("unusual-detail", "What colour are the ghosts?", "pink", False),
        ("colour", "Which colour does the flag have?", "green", True),
        ("colour", "What colour is the flag of the car?", "green", False),
        ("colour", "Which colour does the chimney have?", "green", False),
        ("count", "How many red boats are there?", "two", True),
        ("count", "How many boats are there?", "three", True),
        ("count", "How many pink boats are there?", "zero", True),
        ("count", "How many hats are there?", "three", False),
        ("unusual-count", "How many ducks are among the boats?", "two", True),
        ("unusual-count", "How many ducks are among the cars?", "two", False),
        ("unusual-count", "How many boots are among the boats?", "two", False),
        ("presence", "Can you see a boot among the boats?", "no", True),
        ("presence", "Can you see a duck among the boats?", "yes", True),
        ("presence", "Can you see a duck among the hats?", "yes", False),
        ("mood", "Which mood does the scene have?", "calm", True),
        ("mood", "Which style does the scene have?", "calm", None),
        ("style", "Which drawing style was used?", "sketch", False),
    ],
)
def test_truth_of_a_scene_made_by_hand(
    type: QuestionType, question: str, answer: str, expected: bool | None
) -> None:
    assert is_true(SCENE, type, question, answer) is expected


@pytest.mark.parametrize(
    ("type", "question", "expected"),
    [
        ("detail", "What is the sign on the red boats?", True),
        ("detail", "What is the sign on the red boat?", False),
        ("detail", "What is the sign on the green boats?", False),
        ("detail", "What is the sign on the trains?", None),
        ("count", "How many red boats are there?", True),
        ("count", "How many pink boats are there?", False),
        ("unusual-detail", "What colour is the duck?", False),
        ("presence", "Is there a crown in the picture?", True),
        ("mood", "What mood does the picture convey?", True),
    ],
)
def test_a_premise_holds_whatever_the_answer(
    type: QuestionType, question: str, expected: bool | None
) -> None:
    assert premise_holds(SCENE, type, question) is expected
