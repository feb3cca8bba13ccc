"""Who is ranked with whom, and what the ranks are."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from locomo_vqa.leaderboard.board import Board
from locomo_vqa.leaderboard.board_entry import Entry
from locomo_vqa.leaderboard.ranking.board_rankings import board_rankings
from locomo_vqa.leaderboard.ranking.rank_texts import rank_remarks
from locomo_vqa.leaderboard.results import BOARD_METRICS
from locomo_vqa.leaderboard.site.board_rows import ranking_notes
from locomo_vqa.schemas import validate

HIGH, MIDDLE, OTHER, LOW = [1.0] * 16, [0.75, 0.5] * 8, [0.75, 0.75, 0.5, 0.5] * 4, [0.25, 0.5] * 8
"""The values of 16 questions, two for each of eight conversations. MIDDLE and OTHER have the same
mean, and each is better in a quarter of the questions."""


def entry(name: str, signature: str = "f1:a", metric: str = "f1", **changes: Any) -> Entry:
    """Return an accepted entry in the table `all`."""
    scored = {"state": "ok", "signature": signature, "overall": {"value": 0.5}}
    plain = Entry(
        name=name, state="rescored", files={}, scores={"metrics": {metric: scored}}, table="all"
    )
    return replace(plain, **changes)


def table_of(values: Mapping[str, Sequence[float | None]], metric: str = "f1") -> pa.Table:
    """Return a table like scores.parquet, with two questions for each conversation."""
    rows = [
        {
            "entry": name,
            "question_id": f"q{place:02}",
            "conversation": f"c{place // 2}",
            **dict.fromkeys(BOARD_METRICS),
            metric: value,
            "state": "ok",
        }
        for name, given in sorted(values.items())
        for place, value in enumerate(given)
    ]
    text = pa.dictionary(pa.int32(), pa.string())
    texts = ("entry", "question_id", "conversation", "state")
    columns = ["entry", "question_id", "conversation", *BOARD_METRICS, "state"]
    schema = pa.schema([(one, text if one in texts else pa.float32()) for one in columns])
    return pa.Table.from_pylist(rows, schema=schema)


def ranks(found: Mapping[str, Any], metric: str = "f1", table: str = "all") -> dict[str, Any]:
    """Return the rank, group and comparison of each entry, in order."""
    return {
        name: (one["rank"], one["group"], one["comparison"])
        for name, one in found[table][metric]["entries"].items()
    }


def test_ranks_and_groups_of_three_entries() -> None:
    """The first is better by 0.375 in all conversations; the others are equal in the mean."""
    found = board_rankings(
        [entry("a"), entry("b"), entry("c")], table_of({"a": HIGH, "b": MIDDLE, "c": OTHER})
    )
    assert ranks(found) == {
        "a": ([1, 1], "a", 0),
        "b": ([2, 3], "b", 0),
        "c": ([2, 3], "b", 0),
    }
    (comparison,) = found["all"]["f1"]["comparisons"]
    assert comparison["pairs"] == {"separated": 2, "of": 3}
    assert (comparison["conversations"], comparison["questions"]) == (8, 16)
    assert comparison["reason"] is None


def test_the_smallest_visible_difference_is_what_sign_flips_can_reach() -> None:
    """The one entry is better by 8, 0, 8, 0, … of 32 in the questions of eight conversations.

    Its deviations from its mean advantage, 4, are 4, -4, …, and a flip leaves |8 - 2k| eighths of
    the advantage, k being the flipped conversations. With j of them among the four of the first
    kind and k - j among the others, the deviations sum to 4 * ((4 - 2j) - (4 - 2(k - j))).
    """
    flips = [(j, k - j) for k in range(9) for j in range(5) for _ in _ways(j, k - j)]
    needed = sorted(
        abs(4 * ((4 - 2 * j) - (4 - 2 * i))) / (1 - abs(8 - 2 * (i + j)) / 8)
        for j, i in flips
        if i + j not in (0, 8)
    )
    visible = needed[256 - 2 - 1 - (12 - 2)] * (8 / 7) ** 0.5
    values = [0.5 + d / 32 for d in (8, 0) * 4 for _ in range(2)]
    found = board_rankings([entry("a"), entry("b")], table_of({"a": values, "b": [0.5] * 16}))
    (comparison,) = found["all"]["f1"]["comparisons"]
    assert comparison["pairs"] == {"separated": 0, "of": 1}
    assert comparison["smallest_visible"] == pytest.approx(visible * 2 / 32 / 16, abs=1e-4)


def _ways(first: int, second: int) -> range:
    return range(math.comb(4, first) * math.comb(4, second) if 0 <= second <= 4 else 0)


def test_if_all_are_separated_the_smallest_visible_difference_is_that_of_the_noise() -> None:
    """The difference is 0.75 or 0.5 in turn, with a mean of 0.625, and never varies by more."""
    found = board_rankings([entry("a"), entry("b")], table_of({"a": LOW, "b": HIGH}))
    assert ranks(found) == {"b": ([1, 1], "a", 0), "a": ([2, 2], "b", 0)}
    (comparison,) = found["all"]["f1"]["comparisons"]
    assert comparison["pairs"] == {"separated": 1, "of": 1}
    assert comparison["smallest_visible"] < 0.01, "each conversation has both"
    alone = board_rankings([entry("a")], table_of({"a": LOW}))
    assert alone["all"]["f1"]["comparisons"][0]["smallest_visible"] is None


@pytest.mark.parametrize(
    ("conversations", "reason"),
    [
        (2, "With 2 conversations no p-value can be below 0.5,"),
        (5, "With 5 conversations no p-value can be below 0.0625,"),
        (1, "With one conversation there is nothing to compare"),
    ],
)
def test_few_conversations_give_an_order_without_ranks(conversations: int, reason: str) -> None:
    """With G conversations two of the 2^G sign flips are as extreme as the observed signs."""
    scores = table_of({"a": LOW[: 2 * conversations], "b": HIGH[: 2 * conversations]})
    found = board_rankings([entry("a"), entry("b")], scores)
    assert ranks(found) == {}
    (comparison,) = found["all"]["f1"]["comparisons"]
    assert comparison["entries"] == ["b", "a"]
    assert comparison["reason"].startswith(reason)
    assert comparison["reason"].endswith("at least 6 are needed to tell two entries apart.")
    assert comparison["pairs"] == {"separated": 0, "of": 1}
    assert comparison["smallest_visible"] is None


@pytest.mark.parametrize(
    "changes",
    [
        {"standing": "withdrawn"},
        {"standing": "superseded"},
        {"unranked": "Its judge is unknown."},
        {"table": None},
        {"state": "rejected", "scores": None, "problems": ("It is empty.",)},
        {"scores": {"metrics": {"f1": {"state": "not_computed", "overall": {"value": None}}}}},
        {"scores": {"metrics": {}}},
    ],
)
def test_who_is_not_ranked_takes_no_place(changes: dict[str, Any]) -> None:
    scores = table_of({"a": HIGH, "b": MIDDLE, "c": LOW})
    found = board_rankings([entry("a", **changes), entry("b"), entry("c")], scores)
    assert ranks(found) == {"b": ([1, 1], "a", 0), "c": ([2, 2], "b", 0)}


def test_a_disputed_entry_is_ranked() -> None:
    scores = table_of({"a": HIGH, "b": LOW})
    found = board_rankings([entry("a", standing="disputed"), entry("b")], scores)
    assert ranks(found)["a"] == ([1, 1], "a", 0)


def test_a_judge_that_accepts_too_much_gives_no_ranks() -> None:
    scores = table_of({"a": HIGH, "b": LOW}, "j")
    lenient = entry("a", "j:x", "j")
    assert lenient.scores is not None
    lenient.scores["metrics"]["j"]["corrected"] = {"lenient": True}
    found = board_rankings([lenient, entry("b", "j:x", "j")], scores)
    assert ranks(found, "j") == {"b": ([1, 1], "a", 0)}


def test_tables_and_signatures_have_ranks_of_their_own() -> None:
    """V of given and of recalled images, J of two judges, L of two encoders: their signatures."""
    scores = table_of({"a": HIGH, "b": MIDDLE, "c": LOW, "d": LOW, "e": HIGH}, "v")
    entries = [
        entry("a", "v:1", "v"),
        entry("b", "v:1", "v"),
        entry("c", "v:1", "v"),
        entry("d", "v:1,visual=recalled", "v"),
        entry("e", "v:1", "v", table="all-custom"),
    ]
    found = board_rankings(entries, scores)
    assert ranks(found, "v") == {
        "a": ([1, 1], "a", 0),
        "b": ([2, 2], "b", 0),
        "c": ([3, 3], "c", 0),
        "d": ([1, 1], "a", 1),
    }
    shown = [(one["signature"], one["entries"]) for one in found["all"]["v"]["comparisons"]]
    assert shown == [("v:1", ["a", "b", "c"]), ("v:1,visual=recalled", ["d"])]
    assert ranks(found, "v", "all-custom") == {"e": ([1, 1], "a", 0)}
    assert list(found) == ["all", "all-custom"]


def test_other_questions_have_ranks_of_their_own() -> None:
    """A question that only some entries have a value for can't be compared."""
    scores = table_of({"a": HIGH, "b": LOW, "c": [*LOW[:-1], None]})
    found = board_rankings([entry("a"), entry("b"), entry("c")], scores)
    assert ranks(found)["c"] == ([1, 1], "a", 1)
    assert ranks(found)["b"] == ([2, 2], "b", 0)


def test_equal_entries_share_ranks_and_are_listed_by_name() -> None:
    found = board_rankings([entry("b"), entry("a")], table_of({"a": LOW, "b": LOW}))
    assert list(ranks(found).items()) == [("a", ([1, 2], "a", 0)), ("b", ([1, 2], "a", 0))]


def test_what_is_said_about_ranks() -> None:
    found = board_rankings(
        [entry("a"), entry("b"), entry("c")], table_of({"a": HIGH, "b": MIDDLE, "c": LOW})
    )
    pairs, meaning = rank_remarks(found, ("v", "f1"))
    assert (
        pairs
        == "Pairs separated on all conversations: 3 of 3 by F1, which differ by more than 0.000."
    )
    assert meaning.startswith("#1–3 after a value is the range of ranks")


def test_why_there_are_no_ranks_is_said_once() -> None:
    two = table_of({"a": LOW[:4], "b": HIGH[:4]})
    assert list(rank_remarks(board_rankings([entry("a")], two), ("f1",))) == []
    (said,) = rank_remarks(board_rankings([entry("a"), entry("b")], two), ("f1", "v"))
    assert said == (
        "No ranks by F1 on all conversations. With 2 conversations no p-value can be below 0.5, "
        "whatever the answers are: at least 6 are needed to tell two entries apart."
    )


def test_rankings_match_the_schema_of_the_board(tmp_path: Path) -> None:
    for values in (LOW, LOW[:4]):
        found = board_rankings(
            [entry("a"), entry("b")], table_of({"a": values, "b": HIGH[: len(values)]})
        )
        board = {
            "schema_version": 1,
            "kind": "board",
            "dataset": {"id": "x", "revision": "0" * 64},
            "entries": [],
            "rankings": found,
            "scores_sha256": None,
            "sha256": "0" * 64,
        }
        validate(board, "board", path=tmp_path, remedy="")


def test_the_page_has_the_number_of_compared_entries(tmp_path: Path) -> None:
    scores = table_of({"a": HIGH, "b": LOW, "c": [*LOW[:-1], None]})
    board = Board(
        folder=tmp_path,
        dataset="x",
        revision="0" * 64,
        entries=(),
        rankings=board_rankings([entry("a"), entry("b"), entry("c")], scores),
    )
    notes = ranking_notes(board)["all"]["f1"]
    assert [(one["entries"], one["pairs"]["of"]) for one in notes] == [(2, 1), (1, 0)]
