"""Pairs of entries that differ in one thing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.leaderboard.site.contrasts import contrasts, row_contrasts
from locomo_vqa.leaderboard.verification.verify import verify
from locomo_vqa.scores import Scorer


def row(system: str, images: str, **changes: Any) -> dict[str, Any]:
    values = {"v": 50.0, "j": None, "f1": 0.25, **changes.pop("values", {})}
    return {
        "system": system,
        "contact": "ada@example.org",
        "table": "test",
        "answerer": "m",
        "images": images,
        "split": "test",
        "visual": "given",
        "judge": None,
        "ran": [system],
        "scores": {name: {"value": value} for name, value in values.items()},
        **changes,
    }


def texts(*rows: dict[str, Any]) -> list[str]:
    return [pair["text"] for pair in row_contrasts(rows)]


def test_what_nothing_was_answered_to_is_no_effect() -> None:
    """The value is 0 because missing answers count as wrong."""
    blind = row("mem0", "none", values={"f1": 0.0})
    blind["scores"]["f1"]["answered"] = 0
    assert texts(blind, row("memlora", "none")) == ["Experts instead of none, on m: V 50.0 → 50.0."]


def test_pixels_and_experts() -> None:
    captions = row("mem0-captions", "caption", values={"v": 15.94})
    pixels = row("mem0-v", "pixels")
    experts = row("memlora-v", "pixels", values={"v": 64.82, "f1": 0.3049})
    assert texts(experts, pixels, captions) == [
        "Experts instead of none, on m: V 50.0 → 64.8, F1 0.250 → 0.305.",
        "Pixels instead of captions, on m: V 15.9 → 50.0, F1 0.250 → 0.250.",
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"answerer": "other"},
        {"contact": "stranger@example.org"},
        {"contact": None},
        {"table": "test-custom"},
        {"answerer": None},
        {"split": "all"},
        {"visual": "recalled"},
        {"system": "bm25"},
        {"images": "none"},
        {"ran": ["mem0-v", "top_k=1"]},
        {"ran": ["memlora-v"]},
        {"ran": []},
    ],
)
def test_entries_that_differ_in_more_are_no_pair(changes: dict[str, Any]) -> None:
    assert texts(row("mem0-captions", "caption"), {**row("mem0-v", "pixels"), **changes}) == []


def test_js_of_two_judges_are_not_compared() -> None:
    scored = {"values": {"j": 40.0}}
    one, two = row("mem0", "none", judge="a", **scored), row("memlora", "none", judge="b", **scored)
    assert "J" not in texts(one, two)[0]
    assert "J 40.0 → 40.0" in texts(one, {**two, "judge": "a"})[0]
    rules = {"judge": "rules-1"}
    assert "J (by rules) 40.0 → 40.0" in texts({**one, **rules}, {**two, **rules})[0]


def test_a_crowded_board_has_four_sentences_for_a_split() -> None:
    rows = [
        row("mem0-v", images, answerer=str(n)) for n in range(9) for images in ("caption", "pixels")
    ]
    assert len(texts(*rows)) == 4


def test_only_entries_that_count_are_compared(
    submitted: Callable[..., Path], submissions: Path, benchmark: Benchmark, scorer: Scorer
) -> None:
    submitted(system="mem0-v", answers={"conv-1/v/D1:1/colour": "x"})
    submitted(system="memlora-v")
    first, second = verify(submissions, benchmark=benchmark, scorer=scorer)
    sentence = "Experts instead of none, on tiny-1: V 50.0 → 100.0, F1 1.000 → 1.000."
    assert contrasts([first, second]) == [{"split": "test", "text": sentence}]
    for changes in (
        {"standing": "withdrawn"},
        {"standing": "superseded"},
        {"standing": "disputed"},
        {"table": None, "unranked": "It was trained on LoCoMo."},
        {"state": "rejected", "scores": None},
        {"metadata": {**(second.metadata or {}), "contact": "stranger@example.org"}},
    ):
        assert contrasts([first, replace(second, **changes)]) == []  # type: ignore[arg-type]
        assert contrasts([replace(first, **changes), second]) == []  # type: ignore[arg-type]
