"""Which conversation belongs to which split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from locomo_vqa.benchmark import Split

__all__ = ["split_by_order"]


def split_by_order(conversations: Sequence[str]) -> Mapping[str, Split]:
    """Assign whole conversations, in file order, to train, validation and test as 7/1/2.

    The paper (section 4.1) splits "by conversation" about 70/10/20 without naming them. File order
    is our assumption: LoCoMo's ten conversations then have 67.8/12.0/20.1 % of the questions. Other
    numbers of conversations are split in the same proportion; the test split is never empty, and
    from three conversations on neither are the others.
    """
    count = len(conversations)
    test = max(1, round(0.2 * count))
    validation = max(1, round(0.1 * count)) if count > 2 else 0
    train = count - test - validation
    sizes: dict[Split, int] = {"train": train, "validation": validation, "test": test}
    splits = [split for split, size in sizes.items() for _ in range(size)]
    return dict(zip(conversations, splits, strict=True))
