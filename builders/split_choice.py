"""The choice of splits in a recipe or for an import: how many conversations each has, or which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from locomo_vqa.arguments import nearest
from locomo_vqa.benchmark import SPLITS, Split
from locomo_vqa.errors import InputError
from locomo_vqa.files import some
from locomo_vqa.locomo.splits import PAPER_COUNTS, split_by_order

__all__ = ["chosen_splits", "read_split"]

_REMEDY = "Name every conversation once, in train, validation or test of [split]."


def read_split(table: Mapping[str, Any], path: object) -> dict[str, Any]:
    """Return the fields of a recipe for the table `split` of a file, which may be empty.

    Raises:
        InputError: it has both counts and names, names without a test split, or counts of nothing.
    """
    named = {split: tuple(table.get(split, ())) for split in SPLITS}
    counts = tuple(table.get("counts", PAPER_COUNTS))
    if any(named.values()) and "counts" in table:
        raise InputError(
            f"{path}: [split] has counts and also names conversations.", "Leave one of them out."
        )
    if any(named.values()) and not named["test"]:
        raise InputError(f"{path}: [split] names no conversation in test.", _REMEDY)
    every = [name for names in named.values() for name in names]
    if twice := next((name for name, times in Counter(every).items() if times > 1), None):
        raise InputError(f"{path}: [split] names {twice!r} twice.", _REMEDY)
    if not counts[2]:
        raise InputError(
            f"{path}: counts in [split] leave the test split empty.",
            "Give the numbers of train, validation and test, such as [7, 1, 2].",
        )
    return {
        "split_counts": counts,
        **{f"split_{split}": names for split, names in named.items()},
        "shared_images": table.get("shared", "remove-everywhere"),
    }


def chosen_splits(
    conversations: Sequence[str], counts: Sequence[int], named: Mapping[Split, Sequence[str]]
) -> Mapping[str, Split]:
    """Return the split of each conversation: by name, or if none is named by number.

    Raises:
        InputError: a name is unknown or in two places, or a conversation is not named.
    """
    if not any(named.values()):
        return split_by_order(conversations, counts)
    found: dict[str, Split] = {}
    unnamed = set(conversations).difference(*named.values())
    for split in SPLITS:
        for name in named.get(split, ()):
            if name not in conversations:
                close = nearest(name, unnamed)
                raise InputError(
                    f"[split] names {name!r}, which the LoCoMo file doesn't have.",
                    f"Did you mean {close!r}?" if close else _REMEDY,
                )
            if name in found:
                raise InputError(f"[split] names {name!r} twice.", _REMEDY)
            found[name] = split
    if missing := [name for name in conversations if name in unnamed]:
        raise InputError(f"[split] doesn't name {some(missing)}.", _REMEDY)
    return {name: found[name] for name in conversations}
