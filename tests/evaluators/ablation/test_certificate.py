"""The verdict, from answers whose counts are set by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from locomo_vqa.evaluators.ablation import Certificate, PairedAnswer, certify


def answers(images: int, each: int = 4, conversations: int = 2, **said: Any) -> Iterator[Any]:
    """Answers to `each` questions about each image, whose gold answer is `yes`."""
    for image in range(images):
        for number in range(each):
            yield PairedAnswer(
                question=f"{image}/{number}",
                conversation=f"c{image % conversations}",
                image=str(image),
                gold="yes",
                **{"own": "yes", "other": "no", "caption": "no", **said},
            )


def verdict_of(*groups: Any) -> Certificate:
    mixed = [each for group in groups for each in group]
    numbered = [
        PairedAnswer(
            question=str(number),
            conversation=a.conversation,
            image=f"{a.image}-{a.own}-{a.other}-{a.caption}",
            gold=a.gold,
            own=a.own,
            other=a.other,
            caption=a.caption,
        )
        for number, a in enumerate(mixed)
    ]
    return certify(numbered, visual="given")


def test_sight_is_proven_with_eight_images_and_not_with_seven() -> None:
    eight, seven = certify(answers(8), visual="given"), certify(answers(7), visual="given")
    assert (eight.verdict, eight.p, eight.images, eight.questions) == ("proven", 1 / 256, 8, 32)
    assert (seven.verdict, seven.p) == ("not_shown", 1 / 128)
    assert "it can't be seen from 7 images; it takes 8 or more" in seven.reading
    assert "from 2 conversations it can't be seen" in eight.scope


def test_ten_conversations_have_a_p_value_of_their_own() -> None:
    ten = certify(answers(20, conversations=10), visual="recalled")
    assert ten.conversations_p == 2 / 2**10
    assert ten.reading.startswith("Remembers the picture: proven: with the image, 100.0 % are")


def test_the_same_answers_refute_it() -> None:
    """With 0 of 80 changed, Wilson's interval ends at z^2 / (80 + z^2) = 4.6 %; of 60, at 6 %."""
    assert certify(answers(20, other="yes"), visual="given").verdict == "refuted"
    assert certify(answers(20, own="no"), visual="given").verdict == "refuted"
    assert certify(answers(15, other="yes"), visual="given").verdict == "not_shown"


def test_answers_that_change_by_chance_refute_it_where_there_are_many() -> None:
    """200 questions each way: the difference is 0 with an error of about 3.5 points at 100."""
    few = verdict_of(
        answers(10, each=1), answers(10, each=1, own="no", other="yes"), answers(20, other="yes")
    )
    assert few.verdict == "not_shown" and few.difference == 0
    many = verdict_of(
        answers(50, each=1),
        answers(50, each=1, own="no", other="yes"),
        answers(200, other="yes"),
    )
    assert many.verdict == "refuted" and many.changed == 100
    assert "less than 5 points come from the picture" in many.reading


def test_long_answers_that_are_never_right_refute_nothing() -> None:
    wordy = certify(answers(50, own="It is red.", other="I see blue."), visual="given")
    assert wordy.verdict == "not_shown" and "too few to tell" in wordy.reading


def test_what_a_caption_does_as_well_is_not_proven() -> None:
    same = certify(answers(20, caption="yes"), visual="given")
    assert same.verdict == "not_shown" and same.p < 1e-5 and same.caption_p == 1
    silent = certify(answers(20, caption=None), visual="given")
    assert silent.verdict == "not_shown" and silent.caption_p is None


def test_failures_with_the_other_image_make_no_difference() -> None:
    failed = certify(answers(20, other=None), visual="given")
    assert (failed.verdict, failed.p, failed.questions) == ("not_shown", 1, 0)
    half = verdict_of(answers(10, other=None), answers(10, other="yes"))
    assert (half.p, half.difference, half.unanswered) == (1, 0, 40)


def test_a_small_difference_says_how_many_questions_it_takes() -> None:
    """Sum 4 of 24 unlike images: 200 x (2.576 + 0.842)^2 x 24 / 16 = 3,504.

    That is with one question an image, of which 14 gain and 10 lose.
    """
    small = verdict_of(
        answers(14, each=1),
        answers(10, each=1, own="no", other="yes"),
        answers(44, other="yes"),
    )
    assert small.verdict == "not_shown" and small.questions == 200
    assert small.questions_needed == pytest.approx(3504, abs=2)
    assert "a difference of this size takes about 3,50" in small.reading


def test_no_questions_have_no_certificate() -> None:
    with pytest.raises(ValueError, match="needs questions"):
        certify([], visual="given")
