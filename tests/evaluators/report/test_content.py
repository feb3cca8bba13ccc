"""What a report holds: its size is bounded, and it says what was left out."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.evaluators.report import content
from locomo_vqa.evaluators.report.content import report_data
from locomo_vqa.evaluators.report.items import asked_in, worst_first
from locomo_vqa.evaluators.report.thumbnails import make_thumbnails
from locomo_vqa.html_json import json_for_html
from tests.evaluators.recording import SAMPLE
from tests.evaluators.report.sheets import ADVERSARIAL, TEXT, VISUAL, sheet_of


def noise(characters: int) -> str:
    """Return a text that no compression or sharing can shrink."""
    return random.Random(characters).randbytes(characters // 2).hex()


def test_the_worst_come_first_and_those_without_a_value_last(tmp_path: Path) -> None:
    right, half, wrong, failed = TEXT[:4]
    gold = str(half.answer)
    sheet = sheet_of(
        tmp_path,
        {
            right.id: str(right.answer),
            half.id: gold + " " + " ".join(f"other{n}" for n in range(len(gold.split()))),
            wrong.id: "zebra",
            failed.id: {"prediction": None, "state": "error"},
            ADVERSARIAL[0].id: "x",
        },
    )
    given = [half, ADVERSARIAL[0], right, wrong, failed]
    order = worst_first(given, sheet)
    assert order == [failed, wrong, half, right, ADVERSARIAL[0]]


@pytest.mark.slow
def test_only_kinds_that_have_a_row_are_listed(tmp_path: Path) -> None:
    asked = asked_in(sheet_of(tmp_path, {TEXT[0].id: "x"}))
    assert asked == TEXT
    asked = asked_in(sheet_of(tmp_path, {VISUAL[0].id: "x", ADVERSARIAL[0].id: "x"}))
    assert sorted(q.id for q in asked) == sorted(q.id for q in [*VISUAL, *ADVERSARIAL])


def test_states_count_what_is_missing(tmp_path: Path) -> None:
    sheet = sheet_of(
        tmp_path,
        {VISUAL[0].id: "x", VISUAL[1].id: {"prediction": None, "state": "refused"}},
    )
    data = report_data(sheet)
    assert data["states"] == [
        {"kind": "visual", "counts": {"ok": 1, "refused": 1, "missing": len(VISUAL) - 2}}
    ]
    row = next(row for row in data["questions"] if row["id"] == VISUAL[2].id)
    assert (row["state"], row["answer"], row["values"]) == ("missing", None, {"v": 0.0})
    assert data["turns"][row["evidence"][0]]["id"] == VISUAL[2].turn
    assert data["limits"] == []
    assert set(data["images"]) == {question.image for question in VISUAL}


def test_a_long_answer_is_cut_and_its_length_told(tmp_path: Path) -> None:
    data = report_data(sheet_of(tmp_path, {TEXT[0].id: "y" * 1_000_000}))
    row = next(row for row in data["questions"] if row["id"] == TEXT[0].id)
    assert row["answer"] == ["y" * 4000, 1_000_000]
    assert len(json_for_html(data)) < 100_000


def test_many_long_texts_are_cut_until_they_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(content, "_TEXT_BYTES", 60_000)
    hits = [{"text": noise(1000 + n), "turn": "D1:1"} for n in range(12)]
    row: dict[str, Any] = {"prediction": noise(3000), "state": "ok", "retrieved": hits}
    data = report_data(sheet_of(tmp_path, {q.id: row for q in TEXT}))
    assert len(data["questions"]) == len(TEXT)
    assert max(len(row["hits"]) for row in data["questions"]) in (3, 5)
    (limit,) = data["limits"]
    assert limit.startswith("There are many long texts: answers are cut after ")
    assert {row["retrieved"] for row in data["questions"]} == {12}


def test_the_worst_questions_are_kept_where_not_all_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(content, "_TEXT_BYTES", 4_000)
    answers = {q.id: str(q.answer) for q in TEXT} | {TEXT[7].id: "zebra"}
    data = report_data(sheet_of(tmp_path, answers))
    kept = [row["id"] for row in data["questions"]]
    assert 0 < len(kept) < len(TEXT) and TEXT[7].id in kept
    size = len(json_for_html({k: data[k] for k in ("questions", "turns", "passages")}))
    assert size <= 4_000
    assert data["limits"][-1].startswith(f"Only the {len(kept)} questions answered worst")


def test_images_become_smaller_and_then_fewer() -> None:
    hashes = list(dict.fromkeys(question.image for question in VISUAL))
    whole = make_thumbnails(SAMPLE, hashes, budget=10_000_000)
    assert list(whole.images) == hashes and (whole.left_out, whole.unreadable) == (0, 0)
    smaller = make_thumbnails(SAMPLE, hashes, budget=6_000 * len(hashes))
    assert smaller.left_out == 0
    assert sum(map(len, smaller.images.values())) <= 6_000 * len(hashes)
    fewer = make_thumbnails(SAMPLE, hashes, budget=7_000)
    assert 0 < len(fewer.images) < len(hashes)
    assert fewer.left_out == len(hashes) - len(fewer.images)
    assert sum(map(len, fewer.images.values())) <= 7_000
    assert make_thumbnails(SAMPLE, ["0" * 64], budget=10_000).unreadable == 1
