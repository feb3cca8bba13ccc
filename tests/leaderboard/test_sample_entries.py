"""Entries on the sample whose answers are pasted or copied, from submission to board."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import locomo_vqa as lv
from locomo_vqa.benchmark import load_benchmark
from locomo_vqa.benchmark.questions import gold_answer, questions_of
from locomo_vqa.files import sha256_file

SAMPLE = load_benchmark("sample")
QUESTIONS = questions_of(SAMPLE, "all")
HONEST = {each.id: f"something about number {n}" for n, each in enumerate(QUESTIONS)}
GOLD = {each.id: gold_answer(each) or "not mentioned" for each in QUESTIONS}


def submit(folder: Path, name: str, answers: Mapping[str, str]) -> None:
    """Write a run on all of the sample with these answers, and submit it."""
    run = folder / "runs" / name
    run.mkdir(parents=True)
    rows = [
        {"question_id": each.id, "prediction": answers[each.id], "state": "ok"}
        for each in QUESTIONS
    ]
    path = run / "predictions.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    info = {
        "schema_version": 1,
        "kind": "run",
        "system": {"name": name, "version": "1", "uses_images": True},
        "answerer": dict.fromkeys(("model", "provider", "temperature", "prompt_sha256")),
        "image_handling": "pixels",
        "dataset": {
            "id": SAMPLE.name,
            "revision": SAMPLE.revision,
            "split": "all",
            "sha256": sha256_file(SAMPLE.folder / "benchmark.json"),
        },
        "versions": {},
        "git": None,
        "counts": {"total": len(rows), "answered": len(rows), "failed": 0},
        "files": {path.name: sha256_file(path)},
    }
    (run / "run.json").write_text(json.dumps(info), encoding="utf-8")
    lv.submit(
        run, to=folder / "board", trained_on_locomo=False, date=date(2026, 8, 31), contact="a@b.c"
    )


def changed(answers: Mapping[str, str]) -> dict[str, str]:
    """Return answers of which every twentieth has other words."""
    return {
        name: "quite another thing" if number % 20 == 0 else text
        for number, (name, text) in enumerate(answers.items())
    }


def test_pasted_gold_answers_are_flagged_and_not_ranked_and_copies_are_noted(
    tmp_path: Path,
) -> None:
    submit(tmp_path, "honest", HONEST)
    submit(tmp_path, "copy", changed(HONEST))
    submit(tmp_path, "gold", changed(GOLD))
    board = lv.verify(tmp_path / "board", benchmark="sample", progress=False)
    copy, gold, honest = board
    states = {
        entry.name.partition("__")[0]: {each.name: each.state for each in entry.checks}
        for entry in board
    }
    assert honest.table == copy.table == "all" and gold.table is None
    assert gold.unranked is not None and gold.unranked.startswith("Its answers are worded like")
    assert gold.state == "rescored" and gold.value("v") is not None
    assert states["gold"]["gold answers"] == "flagged"
    assert states["honest"]["gold answers"] == states["copy"]["gold answers"] == "passed"
    assert states["copy"]["copies"] == states["honest"]["copies"] == "flagged"
    assert states["gold"]["copies"] == "passed"
    assert any("Has nearly the same answers as honest__none/2026-08-31" in n for n in copy.notes)
