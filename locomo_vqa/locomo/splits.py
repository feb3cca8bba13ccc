"""Which conversation belongs to which split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from locomo_vqa.benchmark import Split

__all__ = ["PAPER_COUNTS", "split_by_order"]

PAPER_COUNTS = (7, 1, 2)
"""The numbers of LoCoMo's ten conversations in train, validation and test."""


def split_by_order(
    conversations: Sequence[str], counts: Sequence[int] = PAPER_COUNTS
) -> Mapping[str, Split]:
    """Assign whole conversations, in file order, to train, validation and test.

    The paper (section 4.1) splits "by conversation" about 70/10/20 without naming them. File order
    is our assumption: with 7/1/2, LoCoMo's ten conversations have 67.8/12.0/20.1 % of the
    questions. Other numbers of conversations are split in the proportion of `counts`. A split
    whose count is 0 is empty; of the others, the test split is never empty, and from three
    conversations on neither is validation.
    """
    number, whole = len(conversations), sum(counts)
    of_train, of_validation, of_test = (count / whole for count in counts)
    test = min(number, max(1, round(of_test * number)))
    validation = max(1, round(of_validation * number)) if of_validation and number > 2 else 0
    validation = min(validation, number - test)
    train = number - test - validation
    if not of_train:
        test, train = test + train, 0
    sizes: dict[Split, int] = {"train": train, "validation": validation, "test": test}
    splits = [split for split, size in sizes.items() for _ in range(size)]
    return dict(zip(conversations, splits, strict=True))
