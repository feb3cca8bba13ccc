"""Letters of groups: two entries share one exactly if they can't be separated."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from locomo_vqa.leaderboard.ranking.groups import group_letters


@pytest.mark.parametrize(
    ("ends", "letters"),
    [
        ([], []),
        ([1], ["a"]),
        ([1, 2, 3], ["a", "b", "c"]),
        ([3, 3, 3], ["a", "a", "a"]),
        ([3, 3, 5, 5, 5], ["a", "a", "ab", "b", "b"]),
        ([2, 3, 4, 4], ["a", "ab", "bc", "c"]),
        ([4, 5, 6, 7, 7, 7, 7], ["a", "ab", "abc", "a–d", "bcd", "cd", "d"]),
    ],
)
def test_groups_follow_one_another_from_the_top(ends: list[int], letters: list[str]) -> None:
    assert group_letters(ends) == letters


def test_the_27th_group_is_aa() -> None:
    letters = group_letters(list(range(1, 31)))
    assert letters[25:29] == ["z", "aa", "ab", "ac"]
    assert group_letters([*range(2, 31), 30])[27] == "aa,ab"


@pytest.mark.parametrize("seed", range(5))
def test_a_shared_letter_means_a_tie_and_none_means_a_difference(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = -np.sort(-rng.random(18))
    ends = [int(np.sum(values >= value - 0.1)) for value in values]
    letters = group_letters(ends)
    for i, j in combinations(range(18), 2):
        assert (values[i] - values[j] <= 0.1) == bool(_groups(letters[i]) & _groups(letters[j]))


def _groups(text: str) -> set[str]:
    if "–" in text:
        first, last = text.split("–")
        return {chr(code) for code in range(ord(first), ord(last) + 1)}
    return set(text)
