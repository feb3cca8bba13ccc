"""Tests of which conversation belongs to which split."""

from collections import Counter

import pytest

from locomo_vqa.locomo.splits import split_by_order


@pytest.mark.parametrize(
    ("count", "train", "validation", "test"),
    [(1, 0, 0, 1), (2, 1, 0, 1), (3, 1, 1, 1), (5, 3, 1, 1), (10, 7, 1, 2), (100, 70, 10, 20)],
)
def test_sizes(count: int, train: int, validation: int, test: int) -> None:
    names = [f"conv-{number}" for number in range(count)]
    splits = split_by_order(names)
    assert list(splits) == names
    sizes = Counter(splits.values())
    assert (sizes["train"], sizes["validation"], sizes["test"]) == (train, validation, test)


def test_each_split_has_a_conversation_from_three_on() -> None:
    for count in range(3, 60):
        sizes = Counter(split_by_order([str(number) for number in range(count)]).values())
        assert min(sizes[split] for split in ("train", "validation", "test")) >= 1
        assert sum(sizes.values()) == count


@pytest.mark.parametrize(
    ("counts", "number", "expected"),
    [
        ((8, 1, 1), 10, (8, 1, 1)),
        ((5, 2, 3), 10, (5, 2, 3)),
        ((5, 2, 3), 20, (10, 4, 6)),
        ((8, 0, 2), 10, (8, 0, 2)),
        ((0, 0, 1), 4, (0, 0, 4)),
        ((0, 1, 1), 5, (0, 2, 3)),
        ((1, 5, 5), 3, (1, 1, 1)),
        ((9, 9, 1), 2, (1, 0, 1)),
    ],
)
def test_other_counts(
    counts: tuple[int, int, int], number: int, expected: tuple[int, int, int]
) -> None:
    sizes = Counter(split_by_order([str(n) for n in range(number)], counts).values())
    assert (sizes["train"], sizes["validation"], sizes["test"]) == expected
