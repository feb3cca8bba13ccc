"""Checks of answers: copies, pasted gold answers, wrong gold answers, length, judge."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import comb

import pytest

from locomo_vqa.benchmark import Erratum, TextQuestion
from locomo_vqa.leaderboard.board_entry import EntryCheck
from locomo_vqa.leaderboard.verification.checklist import Checklist
from locomo_vqa.leaderboard.verification.checks.answer_length import check_answer_length
from locomo_vqa.leaderboard.verification.checks.chance import at_least
from locomo_vqa.leaderboard.verification.checks.copies import AnswerVector, copy_notes
from locomo_vqa.leaderboard.verification.checks.frames import Frame
from locomo_vqa.leaderboard.verification.checks.gold_answers import check_gold_answers
from locomo_vqa.leaderboard.verification.checks.invisible import check_invisible
from locomo_vqa.leaderboard.verification.checks.judge import check_judge
from locomo_vqa.leaderboard.verification.checks.text_answers import TextAnswer, text_answers
from locomo_vqa.leaderboard.verification.checks.wrong_golds import check_wrong_golds
from locomo_vqa.runs import Prediction
from locomo_vqa.scores import CorrectedValue, Estimate, MetricScores


def question(number: int, gold: str, *, wrong: bool = False) -> TextQuestion:
    """Return a text question of category 4 with a gold answer, which may be known to be wrong."""
    return TextQuestion(
        id=f"c/t/{number}",
        conversation="c",
        index=number,
        category=4,
        question="What?",
        answer=gold,
        adversarial_answer=None,
        evidence=(),
        split="test",
        erratum=Erratum(kind="WRONG", changes_score=True) if wrong else None,
    )


def answered(
    golds: Sequence[str], given: Sequence[str], *, wrong: bool = False
) -> list[TextAnswer]:
    """Return what the checks see of answers to questions with these gold answers."""
    questions = [question(number, gold, wrong=wrong) for number, gold in enumerate(golds)]
    predictions = [
        Prediction(question_id=each.id, prediction=text, state="ok")
        for each, text in zip(questions, given, strict=True)
    ]
    return list(text_answers(predictions, questions))


def vector(given: Sequence[str], golds: Sequence[str] | None = None) -> AnswerVector:
    """Return an entry's answers for comparing, whose gold answers are others unless given."""
    predictions = [
        Prediction(question_id=f"c/t/{number}", prediction=text, state="ok")
        for number, text in enumerate(given)
    ]
    return AnswerVector.of(predictions, answered(golds or ["gold"] * len(given), given))


def notes(**vectors: AnswerVector) -> dict[str, str]:
    return dict(copy_notes(vectors))


def check(checks: Checklist, name: str) -> EntryCheck:
    return next(each for each in checks.results if each.name == name)


def words(count: int, mark: str = "") -> list[str]:
    return [f"number {number}{mark}" for number in range(count)]


def test_the_same_answers_are_noted_whatever_their_case() -> None:
    assert notes(a=vector(words(3)), b=vector([f"{w.upper()}." for w in words(3)])) == {
        "a": "Has the same answers as b.",
        "b": "Has the same answers as a.",
    }
    assert notes(a=vector([""]), b=vector([""])) == {}


@pytest.mark.parametrize(
    ("same", "of", "noted"),
    [
        (24, 30, True),  # 80 %, with a chance of 0.0007 if half were the same.
        (23, 30, False),
        (10, 10, True),  # 1 / 1,024.
        (9, 9, False),  # 1 / 512.
        (38, 40, True),  # 5 % changed.
    ],
)
def test_nearly_the_same_answers_are_noted_unless_chance_explains_them(
    same: int, of: int, noted: bool
) -> None:
    """One more answer differs, which does not tell them apart: the gold answer, in one of them."""
    golds = ["gold"] * of + ["Paris"]
    first = vector([*words(of), "Paris"], golds)
    second = vector([*words(same), *words(of, "!?x")[same:], "Rome"], golds)
    found = notes(first=first, second=second)
    assert found == (
        {
            "first": f"Has nearly the same answers as second ({same} of {of}).",
            "second": f"Has nearly the same answers as first ({same} of {of}).",
        }
        if noted
        else {}
    )


def test_right_and_stock_answers_do_not_make_copies() -> None:
    golds = words(40)
    assert (
        notes(a=vector([*golds, "x"], [*golds, "y"]), b=vector([*golds, "z"], [*golds, "y"])) == {}
    )
    stock = ["not mentioned"] * 40
    assert notes(a=vector([*stock, "x"]), b=vector([*stock, "z"])) == {}


def test_a_copy_of_a_part_of_the_questions_is_found() -> None:
    found = notes(whole=vector(words(100)), part=vector(words(20)))
    assert found["part"] == "Has nearly the same answers as whole (20 of 20)."


@pytest.mark.parametrize(("hit", "state"), [(90, "passed"), (91, "flagged")])
def test_gold_answers_word_for_word_are_flagged(hit: int, state: str) -> None:
    golds = words(100)
    answers = answered(golds, [*golds[:hit], *["other"] * (100 - hit)])
    checks = Checklist()
    assert check_gold_answers(checks, answers) == (state == "flagged")
    found = check(checks, "gold answers")
    assert found.state == state
    assert found.text.startswith(f"{hit} of 100 answers are the gold answer word for word")


@pytest.mark.parametrize(("hit", "state"), [(15, "passed"), (16, "flagged")])
def test_long_gold_answers_are_hit_less_often(hit: int, state: str) -> None:
    """A quarter of 60 gold answers of four words is 15; 100 short ones are all missed."""
    golds = [f"on a day {number}" for number in range(60)]
    given = [*(f"On a day {number}." for number in range(hit)), *["other"] * (60 - hit)]
    checks = Checklist()
    check_gold_answers(checks, answered([*golds, *words(100)], [*given, *["no"] * 100]))
    assert check(checks, "gold answers").state == state


@pytest.mark.parametrize(("held", "state"), [(30, "passed"), (31, "flagged")])
def test_long_gold_answers_inside_longer_answers_are_flagged(held: int, state: str) -> None:
    """Half of 60 gold answers of four words is 30."""
    golds = [f"on a day {number}" for number in range(60)]
    given = [*(f"It was on a day {number}!" for number in range(held)), *["other"] * (60 - held)]
    checks = Checklist()
    check_gold_answers(checks, answered(golds, given))
    found = check(checks, "gold answers")
    assert found.state == state and f"in {held} more the answer holds it" in found.text


@pytest.mark.parametrize(
    "reworded",
    [
        lambda gold: " ".join(gold.split()[::-1]),
        lambda gold: gold.replace("or", "or really"),  # F1 8/9.
        lambda gold: f"It is {gold}",
        lambda gold: f"{gold} is what I think of it, and what I would say.",
        "\u200b".join,
        "\u00ad".join,
        "\u034f".join,
        "\u0301".join,  # An accent on each letter.
        lambda gold: gold.replace(" ", "_"),
        lambda gold: gold.translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)}),
    ],
)
@pytest.mark.parametrize("count", [40, 60])
def test_gold_answers_with_a_slight_change_are_flagged(
    reworded: Callable[[str], str], count: int
) -> None:
    """Of 40 long gold answers, more than 90 % are alike, and of 60 more than half."""
    golds = [f"{number} days or {number + 1}" for number in range(count)]
    pasted = count if count < 50 else count // 2 + 1
    given = [*(map(reworded, golds[:pasted])), *(f"no {n}" for n in range(count - pasted))]
    checks = Checklist()
    assert check_gold_answers(checks, answered(golds, given))
    assert check(checks, "gold answers").state == "flagged"


def test_long_gold_answers_in_another_order_are_flagged_like_the_same_words() -> None:
    """A quarter of 60 gold answers of four words is 15."""
    golds = [f"on a day {number}" for number in range(60)]
    for hit in (15, 16):
        given = [*(f"{number} day a on" for number in range(hit)), *["other"] * (60 - hit)]
        checks = Checklist()
        assert check_gold_answers(checks, answered(golds, given)) == (hit == 16)


@pytest.mark.parametrize("alike", [30, 31])
def test_answers_with_nearly_the_words_of_long_gold_answers_are_flagged(alike: int) -> None:
    """Half of 60 is 30; four words, six words and four in common have an F1 of 0.8."""
    golds = [f"on a day {number}" for number in range(60)]
    given = [*(f"on a {n} fine summer day" for n in range(alike)), *words(60 - alike, "x")]
    checks = Checklist()
    assert check_gold_answers(checks, answered(golds, given)) == (alike == 31)
    found = check(checks, "gold answers").text
    assert f"0 of 60, {alike} more with nearly its words" in found


@pytest.mark.parametrize(
    "reworded",
    [
        lambda text: f"It is {text}.",
        lambda text: f"{text}, I think.",
        "\u200b".join,
        lambda text: text.translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)}),
    ],
)
def test_a_copy_with_the_same_words_around_each_answer_is_noted(
    reworded: Callable[[str], str],
) -> None:
    theirs = [f"{n} kites {n * n}" for n in range(30)]
    found = notes(theirs=vector(theirs), copy=vector([reworded(each) for each in theirs]))
    assert set(found) == {"theirs", "copy"}


def test_only_what_most_different_answers_share_is_left_out() -> None:
    """Half of the different answers is not most, and a stock answer counts once."""
    different = [f"{n} kites {n * n}" for n in range(10)]
    half = [f"it is {text}" for text in different]
    assert Frame.of([*half, *different]) == Frame((), ())
    assert Frame.of([*["not mentioned"] * 40, *different]) == Frame((), ())
    assert Frame.of(half[:9]) == Frame((), ())
    frame = Frame.of([*half, "it is", "Paris"])
    assert frame == Frame(("it", "is"), ())
    assert [frame.without(text) for text in ("it is 4 kites", "it is", "it was 4", "4")] == [
        "4 kites",
        "it is",
        "was 4",
        "4",
    ]


def test_characters_that_can_not_be_seen_are_flagged_beyond_a_hundredth() -> None:
    """LoCoMo's own talk has some; spaces, line breaks and what belongs to an emoji are seen."""
    seen = "caf\u00e9\u202f\u00a0\u2764\ufe0f \U0001f468\u200d\U0001f680\nbye"
    states = {}
    for unseen in (0, 1, 2):
        texts = ["a\u200bb\u00ad"] * unseen + [seen] * (100 - unseen)
        checks = Checklist()
        check_invisible(
            checks,
            [
                Prediction(question_id=f"c/t/{n}", prediction=text, state="ok")
                for n, text in enumerate(texts)
            ],
        )
        states[unseen] = check(checks, "characters")
    assert [each.state for each in states.values()] == ["passed", "passed", "flagged"]
    assert states[2].text == "2 of 100 answers have characters that can't be seen: U+200B, U+00AD."


def test_few_answers_say_nothing() -> None:
    checks = Checklist()
    assert not check_gold_answers(checks, answered(words(19), words(19)))
    assert check(checks, "gold answers").state == "not_done"


def _tail(successes: int, n: int, share: float) -> float:
    return sum(comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(successes, n + 1))


@pytest.mark.parametrize(("successes", "n", "share"), [(0, 9, 0.5), (10, 10, 0.5), (12, 26, 0.15)])
def test_the_chance_is_the_binomial_tail(successes: int, n: int, share: float) -> None:
    assert at_least(successes, n, share) == pytest.approx(_tail(successes, n, share), rel=1e-9)


def test_agreement_with_wrong_gold_answers_is_flagged_where_chance_does_not_explain_it() -> None:
    """Of 26 wrong gold answers, 12 are repeated with a chance of 0.0002, and 13 with 0.00004."""
    golds = words(26)
    states = {}
    for number in (12, 13):
        given = [*(f"It was {gold}, I think" for gold in golds[:number]), *["x"] * (26 - number)]
        answers = answered(golds, given, wrong=True)
        checks = Checklist()
        check_wrong_golds(checks, answers, [each.question for each in answers])
        states[number] = check(checks, "wrong gold answers").state
        assert (_tail(number, 26, 0.15) < 1e-4) == (states[number] == "flagged")
    assert states == {12: "passed", 13: "flagged"}


def test_a_benchmark_without_errata_can_not_be_checked_for_them() -> None:
    checks = Checklist()
    answers = answered(words(30), words(30))
    check_wrong_golds(checks, answers, [each.question for each in answers])
    assert check(checks, "wrong gold answers").state == "not_done"


def test_long_answers_are_flagged() -> None:
    checks = Checklist()
    check_answer_length(checks, answered(["a b"] * 3, ["a b c", "a", "a b"]))
    found = check(checks, "answer length")
    assert (found.state, found.text) == (
        "passed",
        "Answers to text questions have 2.0 words, the gold answers 2.0.",
    )
    checks = Checklist()
    check_answer_length(checks, answered(["a"] * 20, ["b " * 1001, *["b"] * 19]))
    assert check(checks, "answer length") == EntryCheck(
        name="answer length", state="flagged", text="1 answer has more than 1,000 words."
    )
    checks = Checklist()
    check_answer_length(checks, answered(["a"], ["b " * 101]))
    assert "A long answer can hold several guesses" in check(checks, "answer length").text


def _j(*, lenient: bool) -> MetricScores:
    return MetricScores(
        state="ok",
        signature="j:judge=x",
        scale=100.0,
        overall=Estimate(value=50.0, interval=None, n=2),
        corrected=CorrectedValue(
            value=40.0, interval=None, false_accept=0.125, false_reject=0.05, lenient=lenient
        ),
    )


def test_the_judge_s_errors_are_given() -> None:
    rates = "he judge accepts 12.5 % of wrong answers and rejects 5.0 % of right ones."
    for j, state, text in (
        (_j(lenient=False), "passed", f"T{rates}"),
        (_j(lenient=True), "flagged", f"J has no rank: t{rates}"),
        (MetricScores(state="not_computed", reason="No judge."), "not_done", "No judge."),
        (MetricScores(state="incomplete", reason="One is missing."), "flagged", "One is missing."),
    ):
        checks = Checklist()
        check_judge(checks, j)
        found = check(checks, "judge")
        assert (found.state, found.text) == (state, text)
