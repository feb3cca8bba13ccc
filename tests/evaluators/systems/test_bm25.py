"""BM25's ranking against a hand calculation, and the span it answers with."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from locomo_vqa.evaluators.systems.bm25 import BM25, shortest_span
from locomo_vqa.system import ConversationInfo, RecalledImage, Services, ShownImage, ShownTurn
from tests.evaluators.systems.example_turns import NOW, turn


def system(*turns: ShownTurn) -> BM25:
    bm25 = BM25()
    info = ConversationInfo(id="conv-1", speakers=("Ada", "Ben"), images="caption")
    bm25.open(info, Path(), Services())
    bm25.add(turns)
    return bm25


def test_the_score_is_okapi_s() -> None:
    """Three turns of 3, 3 and 5 terms (with the speaker); `cat` occurs in one, twice."""
    bm25 = system(turn(1, "dogs bark"), turn(2, "birds sing"), turn(3, "cats like a cat"))
    (hit,) = bm25.answer("cat?", now=NOW).retrieved
    idf = math.log(1 + (3 - 1 + 0.5) / (1 + 0.5))
    norm = 1.2 * (1 - 0.75 + 0.75 * 5 / (11 / 3))
    assert hit.score == pytest.approx(idf * 2 * 2.2 / (2 + norm), abs=1e-6)
    assert hit.turn == "D1:3"


def test_when_is_the_date_of_the_session() -> None:
    assert (
        system(turn(1, "I ran a race")).answer("When did Ada race?", now=NOW).text == "8 May 2023"
    )


def test_no_shared_word_is_no_answer() -> None:
    assert system(turn(1, "dogs bark")).answer("Xyzzy?", now=NOW).text == ""
    assert system().answer("Ada?", now=NOW).text == ""


def test_the_shortest_run_of_clauses_that_holds_what_the_turn_holds() -> None:
    text = "Hello Ben! I adopted a dog, her name is Luna. She is brown, and she barks."
    assert shortest_span(text, {"name"}) == "her name is Luna."
    assert shortest_span(text, {"dog", "name"}) == "I adopted a dog, her name is Luna."
    assert shortest_span(text, {"she"}) == "She is brown"
    assert shortest_span(text, {"cat"}) == "Hello Ben!"
    assert shortest_span("", {"cat"}) == ""


def test_a_caption_is_all_it_knows_of_a_image() -> None:
    bm25 = system(
        turn(1, "look at the boats", "a drawing of boats on a lake"),
        turn(2, "a drawing of boats on a sea"),
    )
    shown = ShownImage(path=None, media_type=None, caption="a drawing of boats on a lake")
    assert bm25.answer_visual("What is this?", image=shown, now=NOW).text == "lake"
    assert bm25.answer_visual("What is it?", image=None, now=NOW).text == ""
    pixels = ShownImage(path=Path("x.png"), media_type="image/png", caption=None)
    assert bm25.answer_visual("What is it?", image=pixels, now=NOW).text == ""
    assert bm25.answer("Who spoke of a lake?", now=NOW).retrieved[0].turn == "D1:1"


def test_a_recalled_image_is_the_caption_of_that_person_and_day() -> None:
    bm25 = BM25()
    info = ConversationInfo(
        id="conv-1", speakers=("Ada", "Ben"), images="caption", visual="recalled"
    )
    bm25.open(info, Path(), Services())
    shared = [
        ("Ada", datetime(2023, 5, 7), "a photo of boats"),
        ("Ben", datetime(2023, 5, 8), "a photo of horses"),
        ("Ada", datetime(2023, 6, 8), "a photo of tulips"),
        ("Ada", datetime(2023, 5, 8), "a photo of violins"),
    ]
    for speaker, time, caption in shared:
        bm25.add([replace(turn(1, "look", caption), speaker=speaker, time=time)])
    day = NOW.date()
    ada = RecalledImage(speaker="Ada", date=day, ordinal=1, count=1)
    question = "About the picture that Ada shared on 8 May 2023: What is in the photo?"
    assert bm25.answer_visual(question, image=None, now=NOW, recalled=ada).text == "violins"
    ben = RecalledImage(speaker="Ben", date=day, ordinal=1, count=1)
    question = "About the picture that Ben shared on 8 May 2023: What is in the photo?"
    assert bm25.answer_visual(question, image=None, now=NOW, recalled=ben).text == "horses"
    blind = BM25()
    blind.open(info, Path(), Services())
    blind.add([turn(1, "look at 8 May 2023")])
    assert blind.answer_visual(question, image=None, now=NOW, recalled=ben).text == ""
