"""Visual questions are true of the scene, answered by one word and not by their own wording."""

import random
import re
from collections import Counter, defaultdict

import pytest

from locomo_vqa.benchmark import QUESTION_TYPES, QuestionType
from locomo_vqa.builders.sample.scenes import PARTS, Part, Scene, Thing, make_scene
from locomo_vqa.builders.sample.visual_questions import (
    ANSWERS,
    SceneQuestion,
    caption,
    draw_visual_question,
    plural,
    search_query,
)

Asked = list[tuple[Scene, SceneQuestion]]


@pytest.fixture(scope="module")
def asked() -> dict[QuestionType, Asked]:
    rng = random.Random(11)
    found: dict[QuestionType, Asked] = defaultdict(list)
    for _ in range(500):
        scene = make_scene(rng)
        for type in QUESTION_TYPES:
            item = draw_visual_question(scene, type, rng)
            if item is not None:
                found[type].append((scene, item))
    return found


def words(text: str) -> set[str]:
    return set(re.findall(r"[a-z]+", text.lower()))


def test_a_known_scene() -> None:
    scene = Scene(
        setting="water",
        mood="calm",
        style="pixel",
        things=(
            Thing("boat", "red", 0.2, 0.5, 0.25, "moon"),
            Thing("boat", "red", 0.5, 0.5, 0.25, "moon", Part("flag", "green")),
        ),
        unusual=(Thing("duck", "blue", 0.8, 0.8, 0.13),),
        grain=1,
    )
    rng = random.Random(0)
    drawn = {type: draw_visual_question(scene, type, rng) for type in QUESTION_TYPES}
    answers = {type: item.answer for type, item in drawn.items() if item}
    presence = answers.pop("presence")
    assert answers == {
        "detail": "moon",
        "unusual-detail": "blue",
        "colour": "green",
        "count": "two",
        "unusual-count": "one",
        "mood": "calm",
        "style": "pixel",
    }
    assert presence in ("yes", "no")
    assert "boats on the water" in caption(scene)


def test_types_apply_to_a_sensible_share(asked: dict[QuestionType, Asked]) -> None:
    for type in QUESTION_TYPES:
        share = len(asked[type]) / 500
        assert 0.5 < share < 0.7 if type.startswith("unusual") else share == 1


def test_answers_are_known_words_and_none_dominates(asked: dict[QuestionType, Asked]) -> None:
    for type, items in asked.items():
        counts = Counter(item.answer for _, item in items)
        assert set(counts) == set(ANSWERS[type])
        assert len(counts) <= 10
        share = counts.most_common(1)[0][1] / len(items)
        assert share < 0.58 if type == "presence" else share < 2 / len(counts)


def test_questions_have_several_phrasings_and_never_their_answer(
    asked: dict[QuestionType, Asked],
) -> None:
    for items in asked.values():
        starts = {" ".join(item.question.split()[:2]) for _, item in items}
        assert len(starts) >= 2
        for _, item in items:
            assert item.question.endswith("?")
            assert item.answer not in words(item.question)
            assert item.answer in ("yes", "no") or item.answer in words(item.reason)


def test_counts_are_those_of_the_scene(asked: dict[QuestionType, Asked]) -> None:
    numbers = ["zero", "one", "two", "three", "four", "five"]
    for scene, item in asked["count"]:
        colours = words(item.question) & {thing.colour for thing in scene.things}
        things = [thing for thing in scene.things if not colours or thing.colour in colours]
        assert item.answer == numbers[len(things)]
    for scene, item in asked["unusual-count"]:
        assert item.answer == numbers[len(scene.unusual)]


def test_details_are_those_of_the_scene(asked: dict[QuestionType, Asked]) -> None:
    for scene, item in asked["detail"]:
        colours = words(item.question) & {thing.colour for thing in scene.things}
        marks = {t.mark for t in scene.things if not colours or t.colour in colours}
        assert marks == {item.answer}
    for scene, item in asked["colour"]:
        assert PARTS[scene.kind] in words(item.question)
        assert [item.answer] == [t.part.colour for t in scene.things if t.part]
    for scene, item in asked["unusual-detail"]:
        assert item.answer == scene.unusual[0].colour


def test_presence_is_true(asked: dict[QuestionType, Asked]) -> None:
    for scene, item in asked["presence"]:
        there = bool(scene.unusual) and scene.unusual[0].kind in words(item.question)
        assert item.answer == ("yes" if there else "no")


def test_captions_are_general(asked: dict[QuestionType, Asked]) -> None:
    secrets = {answer for answers in ANSWERS.values() for answer in answers}
    secrets |= set(PARTS.values())
    for scene, _ in asked["mood"]:
        assert plural(scene.kind) in caption(scene)
        assert not words(caption(scene)) & secrets
        assert not any(plural(each.kind) in caption(scene) for each in scene.unusual)
        assert caption(scene) == caption(scene)


def test_the_search_query_gives_details_away(asked: dict[QuestionType, Asked]) -> None:
    for scene, _ in asked["mood"]:
        assert {scene.mood, scene.style, scene.things[0].colour} <= words(search_query(scene))
