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
