"""A recalled image is named by who shared it, the day and the place among that day's images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest

from locomo_vqa.benchmark import Conversation, Image, Session, Turn, VisualQuestion
from locomo_vqa.evaluators.running.recalled import ordinal, recalled_image, recalled_question
from locomo_vqa.locomo import read_locomo
from tests.evaluators.recording import SAMPLE


def image(sha256: str, caption: str | None = "a kite") -> Image:
    return Image(url=None, sha256=sha256, state="ok", caption=caption)


def turn(name: str, speaker: str, *images: Image) -> Turn:
    return Turn(id=name, speaker=speaker, text="Look!", images=images)


CONVERSATION = Conversation(
    id="conv-1",
    split="test",
    speakers=("Ada", "Bo"),
    sessions=(
        Session(
            number=1,
            time=datetime(2023, 5, 7, 9),
            turns=(
                turn("D1:1", "Ada", image("a")),
                turn("D1:2", "Bo", image("b")),
                turn("D1:3", "Ada", image("c", caption=None), image("d")),
            ),
        ),
        Session(number=2, time=datetime(2023, 5, 7, 20), turns=(turn("D2:1", "Ada", image("a")),)),
        Session(number=3, time=datetime(2023, 5, 17), turns=(turn("D3:1", "Ada", image("e")),)),
    ),
)


def question(turn: str, image: str) -> VisualQuestion:
    return VisualQuestion(
        id=f"conv-1/v/{turn}/colour",
        conversation="conv-1",
        turn=turn,
        image=image,
        type="colour",
        question="What colour is it?",
        answer="red",
        reason="It is.",
        split="test",
    )


def words(
    conversation: Conversation,
    question: VisualQuestion,
    shown: Callable[[Image], bool] = lambda image: True,
) -> str:
    return recalled_question(question, recalled_image(conversation, question, shown=shown))


WORDS = {
    ("D1:1", "a"): "About the first of the four pictures that Ada shared on 7 May 2023",
    ("D1:2", "b"): "About the picture that Bo shared on 7 May 2023",
    ("D1:3", "c"): "About the second of the four pictures that Ada shared on 7 May 2023",
    ("D1:3", "d"): "About the third of the four pictures that Ada shared on 7 May 2023",
    ("D2:1", "a"): "About the fourth of the four pictures that Ada shared on 7 May 2023",
    ("D3:1", "e"): "About the picture that Ada shared on 17 May 2023",
}


@pytest.mark.parametrize("place", WORDS)
def test_the_words_point_to_one_image(place: tuple[str, str]) -> None:
    said = words(CONVERSATION, question(*place))
    assert said == f"{WORDS[place]}: What colour is it?"


def test_images_that_were_not_shown_are_not_counted() -> None:
    def has_caption(image: Image) -> bool:
        return image.caption is not None

    said = words(CONVERSATION, question("D1:3", "d"), shown=has_caption)
    assert said.startswith("About the second of the three pictures that Ada shared on 7 May 2023:")
    said = words(CONVERSATION, question("D1:3", "c"), shown=has_caption)
    assert said.startswith("About the second of the four pictures that Ada shared")


def test_a_image_that_is_not_in_its_turn_is_refused() -> None:
    with pytest.raises(ValueError, match="not in its turn"):
        words(CONVERSATION, question("D1:2", "a"))


def test_the_hint_says_the_same_in_fields() -> None:
    hint = recalled_image(CONVERSATION, question("D1:3", "c"))
    assert (hint.speaker, hint.date, hint.ordinal, hint.count) == ("Ada", date(2023, 5, 7), 2, 4)
    alone = recalled_image(CONVERSATION, question("D3:1", "e"))
    assert (alone.ordinal, alone.count) == (1, 1)


def test_ordinals() -> None:
    numbers = {1: "first", 12: "twelfth", 13: "13th", 21: "21st", 22: "22nd", 103: "103rd"}
    assert {number: ordinal(number) for number in numbers} == numbers
    assert [ordinal(n) for n in (111, 112, 113)] == ["111th", "112th", "113th"]


def test_every_question_of_the_sample_has_words_of_its_own() -> None:
    conversations = {c.id: c for c in SAMPLE.conversations}
    said = {
        (q.conversation, words(conversations[q.conversation], q)) for q in SAMPLE.visual_questions
    }
    assert len(said) == len(SAMPLE.visual_questions) == 452


@pytest.mark.slow
def test_every_image_of_locomo_has_words_of_its_own(real_locomo: Path) -> None:
    """Up to 13 images of one person on one day; a turn has one at most."""
    said, counted = set(), 0
    for read in read_locomo(real_locomo).conversations:
        sessions = tuple(
            replace(session, turns=tuple(_with_hashes(turn) for turn in session.turns))
            for session in read.sessions
        )
        conversation = replace(read, sessions=sessions)
        for _, shared in conversation.turns():
            for image in shared.images:
                counted += 1
                asked = question(shared.id, str(image.sha256))
                said.add((conversation.id, words(conversation, asked)))
    assert len(said) == counted == 1226


def _with_hashes(turn: Turn) -> Turn:
    images = (replace(image, sha256=f"{turn.id}/{n}") for n, image in enumerate(turn.images))
    return replace(turn, images=tuple(images))
