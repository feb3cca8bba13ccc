"""Runs that ask about images that were never shared, and what is done with their answers."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest

import locomo_vqa as lv
from locomo_vqa.benchmark.twins import TWINS_VERSION, VisualTwin, is_twin_id, twins_of
from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.runs import Run, read_run
from locomo_vqa.system import RecalledImage, ShownImage, ShownTurn

QUESTION = re.compile(
    r"About the (?:picture|\w+ of the \w+ pictures) that (\w+) shared on (\d+ \w+ \d{4}): .+"
)


class Sees:
    """Declines if the speaker showed it no image on that day, and otherwise says red."""

    heard: ClassVar[list[tuple[str, RecalledImage]]] = []

    def open(self, conversation: Any, workdir: Path, services: Any) -> None:
        self.shown: set[tuple[str, Any]] = set()

    def add(self, turns: Sequence[ShownTurn]) -> None:
        self.shown |= {(turn.speaker, turn.time.date()) for turn in turns if turn.images}

    def answer(self, question: str, *, now: datetime) -> str:
        return "red"

    def answer_visual(
        self, question: str, *, image: ShownImage | None, now: datetime, recalled: RecalledImage
    ) -> str:
        assert image is None
        self.heard.append((question, recalled))
        there = (recalled.speaker, recalled.date) in self.shown
        return "red" if there else "There is no such picture."


def ask(out: Path, **options: Any) -> Run:
    settings = {"visual": "recalled", "twins": True, "split": "test", **options}
    return lv.run(lambda: Sees(), benchmark="sample", out=out, progress=False, **settings)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    Sees.heard.clear()
    return ask(tmp_path_factory.mktemp("twins") / "run")


def test_twins_are_asked_like_the_others(run: Run) -> None:
    twins = {t.id: t for t in twins_of(lv.load_benchmark("sample")) if t.split == "test"}
    assert {p.question_id for p in run.predictions if is_twin_id(p.question_id)} == {*twins}
    assert run.info["twins"] == TWINS_VERSION
    assert len(Sees.heard) == 90 + len(twins)
    for question, recalled in Sees.heard:
        found = QUESTION.fullmatch(question)
        assert found is not None
        assert found[1] == recalled.speaker
        assert found[2] == f"{recalled.date.day} {recalled.date:%B %Y}"
        assert ("of the" in question.partition(" that ")[0]) == (recalled.count > 1)


def test_the_forms_of_a_day_never_contradict_each_other(run: Run) -> None:
    """Whoever is asked about two pictures of a day is asked about two of as many."""
    counts: dict[tuple[str, Any], set[int]] = {}
    for _, recalled in Sees.heard:
        counts.setdefault((recalled.speaker, recalled.date), set()).add(recalled.count)
    assert {len(each) for each in counts.values()} == {1}


def test_a_system_that_looks_before_it_answers_has_100_among_visual_questions(run: Run) -> None:
    report = lv.score(run, metrics=["a", "v"], progress=False)
    assert report.abstention is not None
    visual = report.abstention["kinds"]["visual"]
    assert visual["a"]["value"] == 100
    assert visual["nothing"]["outcomes"]["declined"] == visual["nothing"]["n"] == 68
    assert visual["something"]["n"] == 90
    assert report["a"].value == 50  # It never declines in text questions.
    assert "kinds=text+visual" in (report["a"].signature or "")
    assert report.scores.rows.unscored == 10  # Adversarial questions only.
    assert report.scores.rows.matched == 118
    assert report["v"].overall.n == 90
    assert report.to_frame().query("metric == 'a'").gold.isna().sum() == 68 + 10


def test_a_run_with_twins_resumes_and_is_not_mixed_with_one_without(run: Run) -> None:
    lines = (run.folder / "journal.jsonl").read_text().splitlines()
    again = ask(run.folder)
    assert again.predictions == run.predictions == read_run(run.folder).predictions
    assert (run.folder / "journal.jsonl").read_text().splitlines() == lines
    with pytest.raises(OutputError, match="its twins is 1, not None"):
        ask(run.folder, twins=False)
    with pytest.raises(InputError, match="its seal does not match"):
        info = json.loads((run.folder / "run.json").read_text())
        copy = run.folder.parent / "changed"
        copy.mkdir()
        (copy / "run.json").write_text(json.dumps({k: v for k, v in info.items() if k != "twins"}))
        read_run(copy)


def test_answers_in_a_dict_and_in_a_file_may_be_of_twins(run: Run) -> None:
    given = {p.question_id: p.prediction or "" for p in run.predictions}
    by_dict = lv.score(given, benchmark="sample", split="test", metrics=["a"], progress=False)
    assert by_dict["a"].value == 50
    path = run.folder / "predictions.jsonl"
    by_file = lv.score(path, benchmark="sample", split="test", metrics=["a"], progress=False)
    assert by_file["a"].value == 50
    assert not [note for note in by_file.notes if "outside" in note or "left out" in note]


def test_a_run_with_twins_is_not_compared_with_one_without(run: Run) -> None:
    without = {
        p.question_id: p.prediction or "" for p in run.predictions if not is_twin_id(p.question_id)
    }
    sides = [
        lv.score(given, benchmark="sample", split="test", metrics=["a", "f1"], progress=False)
        for given in (run, without)
    ]
    assert "different ways" in lv.compare(*sides, progress=False).not_compared["a"]
    with pytest.raises(InputError, match="A was measured in different ways"):
        lv.compare(run, without, benchmark="sample", split="test", metrics=["a"], progress=False)
    itself = {p.question_id: p.prediction or "" for p in run.predictions}
    found = lv.compare(run, itself, benchmark="sample", split="test", metrics=["a"], progress=False)
    assert found.metrics[0].overall.difference == 0
    assert set(found.metrics[0].groups) >= {"multi-hop", "colour", "presence"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"visual": "given"}, "`twins` are questions about images that must be recalled"),
        ({"twins": 1}, "`twins` must be True or False, not 1"),
    ],
)
def test_twins_need_recalled_images(options: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        ask(tmp_path / "run", **options)


def test_twins_are_shown_in_the_report(run: Run) -> None:
    from locomo_vqa.evaluators.report.content import report_data

    data = report_data(lv.score(run, metrics=["a", "v"], progress=False))
    assert {row["kind"] for row in data["states"]} == {"text", "adversarial", "visual", "twin"}
    assert [row["label"] for row in data["abstention"]["rows"]] == [
        "Adversarial questions",
        "Other text questions",
        "Visual twins",
        "Visual questions",
    ]
    twin = next(t for t in twins_of(lv.load_benchmark("sample")) if t.split == "test")
    assert isinstance(twin, VisualTwin)
    row = next(row for row in data["questions"] if row["id"] == twin.id)
    assert row.get("image") is None
    assert not row.get("gold")
