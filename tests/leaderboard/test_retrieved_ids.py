"""What is kept of retrieved passages: the same ranks as before, and no text."""

from __future__ import annotations

from typing import Any

from locomo_vqa.evaluators.retrieval.ranks import rank_retrieved
from locomo_vqa.leaderboard.entry_files.retrieved_ids import ids_alone
from locomo_vqa.runs import hit_from_row

KNOWN = {f"D{session}:{turn}": session for session in (1, 2) for turn in (1, 2, 3)}


def ranks(rows: list[dict[str, Any]]) -> tuple[dict[str, int], dict[int, int]]:
    found = rank_retrieved(map(hit_from_row, rows), KNOWN)
    return found.turns, found.sessions


def test_the_ranks_are_those_of_the_whole_passages() -> None:
    rows: list[dict[str, Any]] = [
        {"text": "a", "turn": "note-1"},
        {"text": "b", "turn": "D1:3", "score": 1.5},
        {"text": "c", "turn": "note-2"},
        {"text": "d", "turn": "note-1"},
        {"text": "e"},
        {"text": "f", "turns": ["D2:1", "D1:3", "x" * 500], "turn": ""},
        {"text": "g", "sessions": [1, 2]},
        {"text": "h", "turn": "D2:2"},
    ]
    kept = ids_alone(rows)
    assert ranks(kept) == ranks(rows)
    assert ranks(rows)[0] == {"D1:3": 2, "D2:1": 5, "D2:2": 8}
    assert {row["text"] for row in kept} == {""}
    assert "x" * 500 not in str(kept)


def test_no_answer_keeps_more_than_a_few_thousand_ids() -> None:
    turns = [f"D1:{n}" for n in range(1000)]
    kept = ids_alone([{"text": "t", "turns": turns}] * 50)
    assert sum(len(row["turns"]) for row in kept) == 3000
