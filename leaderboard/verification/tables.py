"""Decides which table an entry is ranked in, or why in none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from locomo_vqa.runs import SplitChoice

from ..board_entry import Table

__all__ = ["table_of"]

_SPLIT = (
    "Only runs on the test split, or over all conversations, are ranked; this one is on the split "
    "{split}."
)
_NOT_STATED = (
    "It is not stated whether the system was trained on LoCoMo (disclosure.trained_on_locomo)."
)
_ON_WHAT = (
    "The system was trained on LoCoMo, and it is not stated on which conversations "
    "(disclosure.training_split)."
)
_ON_ALL = "The system was trained on the conversations that it is asked about."
_ON_TRAIN = (
    "The system was trained on the train split, which is a part of all conversations: run it on "
    "the test split, or leave each conversation out of its training in turn."
)


def table_of(metadata: Mapping[str, Any], split: SplitChoice) -> tuple[Table | None, str | None]:
    """Return the table that an accepted run is ranked in, or None and why it is ranked in none.

    The test split is for every system that has not seen it. A board over all conversations, with
    more of them and so narrower intervals, is for systems that have seen none of them: those not
    trained on LoCoMo, and those trained separately for each conversation, on the others. Without a
    statement about training an entry has no rank: `trained_on_locomo: null` means that no one
    answers for it. "LoCoMo" stands for the board's benchmark, so also for the sample.
    """
    reason = _reason_against(metadata["disclosure"], split)
    if reason is not None:
        return None, reason
    custom = metadata["submission_type"] == "custom"
    if split == "test":
        return ("test-custom" if custom else "test"), None
    return ("all-custom" if custom else "all"), None


def _reason_against(disclosure: Mapping[str, Any], split: SplitChoice) -> str | None:
    trained, on = disclosure["trained_on_locomo"], disclosure.get("training_split")
    if split not in ("test", "all"):
        return _SPLIT.format(split=split)
    if trained is None:
        return _NOT_STATED
    if trained and on is None:
        return _ON_WHAT
    if on == "all":
        return _ON_ALL
    if on == "train" and split == "all":
        return _ON_TRAIN
    return None
