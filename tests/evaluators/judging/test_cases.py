"""Answers with a known verdict: made by rules that are checked by hand, and by a date parser."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from dateutil.parser import parse

from locomo_vqa.evaluators.judging import rewriting
from locomo_vqa.evaluators.judging.cases import EXPECTED, KINDS, CheckCase, make_cases
from locomo_vqa.evaluators.judging.dates import find_date, other_formats, shifted
from locomo_vqa.evaluators.judging.injections import INJECTIONS
from locomo_vqa.evaluators.judging.rubrics import Rubric
from tests.evaluators.recording import SAMPLE


@pytest.mark.parametrize(
    "gold", ["7 May 2023", "May 7, 2023", "23 January, 2022", "August  1, 2022", "28 December 2023"]
)
def test_a_day_in_other_formats_is_the_same_day_and_a_shifted_one_is_not(gold: str) -> None:
    date = find_date(gold)
    assert date is not None
    others, moved = other_formats(date), shifted(date)
    assert len(others) >= 3 and len(moved) == 3
    assert gold not in others
    assert {parse(re.sub(r"^the ", "", text)) for text in others} == {parse(gold)}
    for text in moved:
        assert abs((parse(text) - parse(gold)).days) >= 9


@pytest.mark.parametrize(
    ("gold", "others", "moved"),
    [
        ("May 2023", ["May of 2023"], ["September 2023", "May 2020"]),
        ("October 2023", ["October of 2023", "Oct. 2023"], ["February 2023", "October 2020"]),
        ("2022", ["in the year 2022"], ["2019"]),
        ("in 1993", [], ["in 1990"]),
        (
            "The week before 9 June 2023.",
            [
                "The week before June 9th, 2023.",
                "The week before the 9th of June 2023.",
                "The week before 2023-06-09.",
                "The week before June 9, 2023.",
            ],
            [
                "The week before 18 June 2023.",
                "The week before 9 October 2023.",
                "The week before 9 June 2020.",
            ],
        ),
    ],
)
def test_a_part_of_a_date_and_the_words_around_it(
    gold: str, others: list[str], moved: list[str]
) -> None:
    date = find_date(gold)
    assert date is not None
    assert list(other_formats(date)) == others
    assert list(shifted(date)) == moved


@pytest.mark.parametrize(
    "gold", ["four months", "13 August", "May 2022 and June 2023", "November 5-6, 2022", "7 years"]
)
def test_what_is_not_one_whole_date_is_left_alone(gold: str) -> None:
    assert find_date(gold) is None


def test_ordinals_have_their_endings() -> None:
    days = {1: "1st", 2: "2nd", 3: "3rd", 4: "4th", 11: "11th", 12: "12th", 13: "13th", 21: "21st"}
    for day, ordinal in days.items():
        date = find_date(f"{day} May 2023")
        assert date is not None
        assert other_formats(date)[0] == f"May {ordinal}, 2023"
        assert parse(other_formats(date)[0]) == datetime(2023, 5, day)


@pytest.mark.parametrize(
    ("gold", "other"),
    [
        ("2", "two"),
        ("seven", "7"),
        ("Two hours", "2 hours"),
        ("nearly 12 months", "nearly twelve months"),
        ("13 August", None),
        ("2 dogs and 3 cats", None),
        ("2019", None),
        ("nobody", None),
        ("1", None),
    ],
)
def test_numbers_in_words(gold: str, other: str | None) -> None:
    assert rewriting.number_words(gold) == other


@pytest.mark.parametrize(
    ("gold", "items"),
    [
        ("Hiking, mountaineering", ("Hiking", "mountaineering")),
        ("croissants, muffins, and tarts.", ("croissants", "muffins", "tarts")),
        ("Likely no, she does not refer to herself as part of it", ()),
        ("6 dogs, 2 cats", ()),
        ("because it relaxes and calms him", ()),
        ("a red car, a blue car", ()),
        ("yoga", ()),
    ],
)
def test_items_of_a_list(gold: str, items: tuple[str, ...]) -> None:
    assert tuple(rewriting.list_items(gold)) == items


def test_a_list_in_the_other_order_and_its_half() -> None:
    assert rewriting.reordered(["a", "b", "c"]) == "c, b and a"
    assert rewriting.subset(["a", "b", "c"]) == "a"
    assert rewriting.subset(["a", "b", "c", "d"]) == "a, b"


def test_words_in_common_are_found_through_number_words_and_forms_of_no() -> None:
    assert rewriting.content_words("The two of them") & rewriting.content_words("2 friends")
    assert rewriting.content_words("Not really") & rewriting.content_words("Likely no")
    assert not rewriting.content_words("the sea") & rewriting.content_words("the mountain")


def by_kind(rubric: Rubric, n: int) -> dict[str, list[CheckCase]]:
    cases = make_cases(SAMPLE, rubric, n=n)
    return {kind: [case for case in cases if case.kind == kind] for kind in KINDS}


@pytest.mark.parametrize("rubric", ["lenient", "strict"])
def test_every_kind_has_its_number_of_cases(rubric: Rubric) -> None:
    cases = by_kind(rubric, 4)
    assert [case.way for case in cases.pop("injection")] == list(INJECTIONS)
    assert cases.pop("number-words") == []  # No answer of the sample is a number.
    assert cases.pop("hedged") == [] or rubric == "strict"
    assert {kind: len(made) for kind, made in cases.items()} == dict.fromkeys(cases, 4)


def test_a_negated_answer_names_the_gold_answer_and_denies_it() -> None:
    assert rewriting.negated("a red kite.") == (
        "It was not a red kite.",
        "a red kite? No, that was never the case.",
        "a red kite would be the wrong answer here.",
    )
    for gold in ("Yes", "Likely no, he does not", "She never did"):
        assert rewriting.negated(gold) == ()
    for case in by_kind("lenient", 12)["negated"]:
        assert case.item.gold.strip(" .") in case.item.answer
        assert re.search(r"\b(not|No|wrong)\b", case.item.answer)


def test_everything_is_a_list_of_twelve_with_the_gold_answer_in_it() -> None:
    others = [f"thing {n}" for n in range(20)]
    first, *more = rewriting.everything("a kite.", others)
    listed = first.removesuffix(".").split("; ")
    assert (len(listed), listed[5]) == (12, "a kite")
    assert set(listed) - {"a kite"} == set(others[:11])
    assert all("; a kite; " in each for each in more)
    assert rewriting.everything("a kite", others[:10]) == ()
    golds = {str(q.answer).strip(" .") for q in SAMPLE.text_questions if q.answer}
    for case in by_kind("strict", 12)["everything"]:
        assert sum(gold in case.item.answer for gold in golds) >= 12
        assert case.item.gold.strip(" .") in case.item.answer


def test_the_rubrics_expect_what_they_say() -> None:
    for kind in ("gold", "reworded", "date-format", "number-words", "list-order"):
        assert EXPECTED[kind] == {"lenient": "correct", "strict": "correct"}
    for kind in ("other-gold", "vague", "shifted-date", "negated", "everything", "injection"):
        assert EXPECTED[kind] == {"lenient": "wrong", "strict": "wrong"}
    assert EXPECTED["list-subset"] == {"lenient": "correct", "strict": "wrong"}
    assert EXPECTED["hedged"] == {"strict": "wrong"}
    assert set(EXPECTED) == set(KINDS)


def test_the_same_benchmark_gives_the_same_cases_and_a_larger_n_only_adds() -> None:
    few, many = make_cases(SAMPLE, "strict", n=3), make_cases(SAMPLE, "strict", n=8)
    assert few == make_cases(SAMPLE, "strict", n=3)
    assert {case.item.id for case in few} < {case.item.id for case in many}
    ids = [case.item.id for case in many]
    assert len(set(ids)) == len(ids)


def test_a_wrong_answer_shares_no_word_with_the_gold_answer() -> None:
    cases = by_kind("lenient", 30)
    for kind in ("other-gold", "vague", "injection"):
        for case in cases[kind]:
            gold = set(re.findall(r"\w+", case.item.gold.lower()))
            answer = set(re.findall(r"\w+", case.item.answer.lower()))
            shared = gold & answer
            assert all(len(word) <= 4 for word in shared), (shared, case)
