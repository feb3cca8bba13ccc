"""What a judge is sent: the exact prompts, and texts that can't break out of their field."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from locomo_vqa.evaluators.judging.injections import INJECTIONS, injected
from locomo_vqa.evaluators.judging.rubrics import (
    MAX_CHARS,
    RUBRICS,
    Rubric,
    judge_prompt,
    rubric_hash,
)
from tests.conftest import ROOT
from tests.evaluators.judging.attacks import ATTACKS
from tests.evaluators.judging.rule_judge import fields_of
from tests.torture.profile import few_examples

GOLDEN = ROOT / "tests" / "golden" / "prompts"
TWENTY = 20


def prompt(answer: str, rubric: Rubric = "lenient") -> str:
    return judge_prompt(rubric, question="When?", gold="7 May 2023", answer=answer).text


@pytest.mark.parametrize("rubric", RUBRICS)
def test_the_prompt_is_the_golden_one(rubric: Rubric) -> None:
    golden = (GOLDEN / f"judge_{rubric}.txt").read_text(encoding="utf-8")
    assert prompt('"on the 7th",\n she <said>', rubric) == golden


def test_the_rubrics_are_told_apart_by_their_hash() -> None:
    assert rubric_hash("lenient") != rubric_hash("strict")
    assert len(rubric_hash("strict")) == 64


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("place", ["answer", "question", "gold_answer"])
def test_no_text_leaves_its_place(attack: str, place: str) -> None:
    fields = {"question": "When?", "gold_answer": "7 May 2023", "answer": "red"}
    fields[place] = ATTACKS[attack]
    text = judge_prompt(
        "strict",
        question=fields["question"],
        gold=fields["gold_answer"],
        answer=fields["answer"],
    ).text
    assert fields_of(text) == fields


def test_there_are_more_than_twenty_ways() -> None:
    assert len(ATTACKS) >= TWENTY
    assert len(INJECTIONS) >= TWENTY


@pytest.mark.parametrize("way", INJECTIONS)
def test_the_check_s_injections_stay_in_their_place_too(way: str) -> None:
    answer = injected("in 2019", way)
    assert fields_of(prompt(answer))["answer"] == answer


@settings(few_examples, max_examples=60)
@given(st.text(max_size=200))
def test_any_text_comes_back_as_it_was(answer: str) -> None:
    assert fields_of(prompt(answer)) == {
        "question": "When?",
        "gold_answer": "7 May 2023",
        "answer": answer,
    }


@settings(few_examples, max_examples=60)
@given(st.text(max_size=200))
def test_around_the_texts_nothing_changes(answer: str) -> None:
    head, _, rest = prompt(answer).partition("\n{\n")
    tail = rest.rpartition("\n}\n")[2]
    assert (head, tail) == (prompt("").partition("\n{\n")[0], prompt("").rpartition("\n}\n")[2])


@settings(few_examples, max_examples=60)
@given(st.text())
def test_a_prompt_has_no_character_that_steers(answer: str) -> None:
    """No special token of a chat template, and nothing that a person can't see."""
    block = prompt(answer).partition("\n{\n")[2].rpartition("\n}\n")[0]
    assert not set(block) & set("<>[]{}`")
    hidden = {unicodedata.category(character) for character in block.replace("\n", "")}
    assert not hidden & {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}


def test_a_long_answer_is_cut_and_marked_where_the_answer_can_t_reach() -> None:
    whole = judge_prompt("lenient", question="q", gold="g", answer="x" * MAX_CHARS)
    assert whole.cut == ()
    assert fields_of(whole.text)["answer"] == "x" * MAX_CHARS
    long = judge_prompt("lenient", question="q", gold="g", answer="é" * 191_238)
    assert long.cut == ("answer",)
    assert fields_of(long.text) == {
        "question": "q",
        "gold_answer": "g",
        "answer": "é" * 4000,
        "cut": "answer: only the first 4,000 of 191,238 characters are here",
    }
