"""Sides whose files or folders share a name get different ones."""

from __future__ import annotations

from pathlib import Path

from locomo_vqa.evaluators.comparing.comparer import _told_apart, compare
from locomo_vqa.evaluators.scoring.scorer import score
from tests.evaluators.recording import SAMPLE, harness, recorder

from .test_compare import side, write


def test_runs_in_folders_of_one_name_are_named_by_their_systems(tmp_path: Path) -> None:
    for place, images in (("a", "pixels"), ("b", "none")):
        (tmp_path / place).mkdir()
        harness(recorder(), tmp_path / place / "run", images=images).run()
    paths = [tmp_path / place / "run" for place in ("a", "b")]
    made = compare(*paths, benchmark=SAMPLE, metrics=["v"], progress=False)
    assert [one.name for one in made.sides] == ["own (pixels)", "own (none)"]


def test_files_of_one_name_are_named_by_their_folders(tmp_path: Path) -> None:
    paths = []
    for place in ("a", "b"):
        (tmp_path / place).mkdir()
        paths.append(write(tmp_path / place / "it.jsonl", {SAMPLE.text_questions[0].id: "yes"}))
    other = write(tmp_path / "other.jsonl", {SAMPLE.text_questions[0].id: "yes"})
    sides = [side(path, "f1") for path in (*paths, other)]
    named = _told_apart(sides, [*paths, other])
    assert [one.name for one in named] == ["a/it.jsonl", "b/it.jsonl", "other.jsonl"]
    assert [one.name for one in _told_apart(sides, [paths[0], None, other])] == [
        one.name for one in sides
    ]


def test_reports_of_answers_are_named_by_letters() -> None:
    questions = SAMPLE.text_questions
    reports = [
        score({one.id: text for one in questions}, benchmark=SAMPLE, metrics=["f1"], progress=False)
        for text in ("yes", "no", "perhaps")
    ]
    made = compare(*reports, benchmark=SAMPLE, progress=False)
    names = ["predictions A", "predictions B", "predictions C"]
    assert [one.name for one in made.sides] == names
    assert sorted(set(made.to_frame()["system"])) == names[1:]
