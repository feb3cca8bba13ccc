"""Which table an entry is ranked in, and why others are in none."""

from __future__ import annotations

from typing import Any

import pytest

from locomo_vqa.leaderboard.verification.tables import table_of


def _metadata(
    trained: bool | None, on: str | None = None, kind: str = "standard"
) -> dict[str, Any]:
    disclosure: dict[str, Any] = {"trained_on_locomo": trained}
    if on is not None:
        disclosure["training_split"] = on
    return {"submission_type": kind, "disclosure": disclosure}


@pytest.mark.parametrize(
    ("trained", "on", "split", "table"),
    [
        (False, None, "test", "test"),
        (False, None, "all", "all"),
        (True, "train", "test", "test"),
        (True, "leave-one-out", "test", "test"),
        (True, "leave-one-out", "all", "all"),
    ],
)
def test_an_entry_is_ranked_where_it_has_not_seen_the_questions(
    trained: bool, on: str | None, split: Any, table: str
) -> None:
    assert table_of(_metadata(trained, on), split) == (table, None)
    assert table_of(_metadata(trained, on, "custom"), split) == (f"{table}-custom", None)


@pytest.mark.parametrize(
    ("trained", "on", "split", "reason"),
    [
        (False, None, "train", "Only runs on the test split"),
        (False, None, "validation", "this one is on the split validation"),
        (None, None, "test", "It is not stated whether the system was trained"),
        (None, None, "all", "It is not stated whether the system was trained"),
        (True, None, "test", "it is not stated on which conversations"),
        (True, None, "all", "it is not stated on which conversations"),
        (True, "train", "all", "the train split, which is a part of all conversations"),
        (True, "all", "test", "trained on the conversations that it is asked about"),
        (True, "all", "all", "trained on the conversations that it is asked about"),
    ],
)
def test_others_are_in_no_table_and_the_reason_is_given(
    trained: bool | None, on: str | None, split: Any, reason: str
) -> None:
    table, why = table_of(_metadata(trained, on), split)
    assert table is None
    assert why is not None and reason in why
