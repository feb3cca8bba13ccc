"""A and its interval, against hand calculations."""

from __future__ import annotations

from math import sqrt
from statistics import fmean

import pytest

from locomo_vqa.evaluators.abstention.balance import (
    Mark,
    balance,
    balance_error,
    balance_interval,
    contributions,
)

# Two conversations: 2 and 1 questions in which nothing is to be found, 4 and 2 others.
ASKED = [("a", True)] * 2 + [("a", False)] * 4 + [("b", True)] + [("b", False)] * 2
UNEVEN = [("a", True)] * 9 + [("a", False)] + [("b", True)] + [("b", False)] * 7


def marks(flags: str, asked: list[tuple[str, bool]] = ASKED, kind: str = "text") -> list[Mark]:
    return [
        Mark(conversation, (kind, nothing), float(flag))
        for (conversation, nothing), flag in zip(asked, flags, strict=True)
    ]


def test_a_is_the_share_declined_minus_the_other_share() -> None:
    found = marks("101000101")  # 2 of 3, and 2 of 6.
    assert balance(found) == pytest.approx(100 * (2 / 3 - 2 / 6))
    assert fmean(contributions(found)) == pytest.approx(balance(found))
    # A flag among the 3 adds 9 * 100 / 3, one among the 6 takes 9 * 100 / 6.
    assert contributions(found) == pytest.approx([300, 0, -150, 0, 0, 0, 300, 0, -150])


def test_the_error_is_that_of_the_residuals_by_conversation() -> None:
    found = marks("101000101")
    # Conversation a: (1 - 2/3 + 0 - 2/3) / 3 - (1 - 4/3) / 6 = -1/9 + 1/18 = -1/18; b: the rest.
    assert balance_error(found) == pytest.approx(100 * sqrt(2 * 2 * (1 / 18) ** 2))


@pytest.mark.parametrize("flag", ["0", "1"])
@pytest.mark.parametrize("asked", [ASKED, UNEVEN])
def test_a_constant_system_has_exactly_0(flag: str, asked: list[tuple[str, bool]]) -> None:
    found = marks(flag * len(asked), asked)
    interval = balance_interval(found)
    assert balance(found) == 0
    assert interval is not None
    assert (interval.low, interval.high) == (0, 0)


def test_a_perfect_system_is_not_claimed_to_be_certain() -> None:
    found = marks("110000100")
    interval = balance_interval(found)
    assert balance(found) == 100
    assert interval is not None
    # Wilson's 95 % intervals: 3 of 3 may be 43.85 %, 0 of 6 may be 39.03 %.
    assert interval.high == 100
    assert interval.low == pytest.approx(100 - 100 * sqrt(0.5615**2 + 0.3903**2), abs=0.02)


def test_two_kinds_have_equal_weights() -> None:
    text, visual = marks("110000100"), marks("000000011", kind="visual")
    assert balance([*text, *visual]) == pytest.approx((100 + -100 * 2 / 6) / 2)


def test_one_conversation_has_no_interval() -> None:
    assert (
        balance_interval([mark for mark in marks("101000101") if mark.conversation == "a"]) is None
    )


def test_the_interval_covers_the_true_value() -> None:
    np = pytest.importorskip("numpy")
    rng = np.random.default_rng(1)
    covered, trials = 0, 400
    for _ in range(trials):
        found = []
        for conversation in range(10):
            shift = rng.normal(0, 0.1)
            for nothing, share, n in ((True, 0.6, 40), (False, 0.2, 120)):
                flags = rng.random(n) < min(1, max(0, share + shift))
                found += [Mark(str(conversation), ("text", nothing), float(x)) for x in flags]
        interval = balance_interval(found)
        assert interval is not None
        covered += interval.low <= 40 <= interval.high
    assert 0.91 <= covered / trials <= 0.99
