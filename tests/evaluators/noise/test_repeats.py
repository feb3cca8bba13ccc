"""Several runs of one system, in `score` and `compare`: files, folders and Python objects."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

import locomo_vqa as lv
from locomo_vqa.errors import InputError
from locomo_vqa.evaluators.report.content import report_data
from locomo_vqa.evaluators.scoring import ScoreReport
from locomo_vqa.schemas import validate
from tests.conftest import Cli
from tests.evaluators.recording import SAMPLE

TEXT = [q for q in SAMPLE.text_questions if q.category != 5]


def answers(seed: int, share: float = 0.6) -> dict[str, str]:
    rng = random.Random(seed)
    return {q.id: str(q.answer) if rng.random() < share else "nothing" for q in TEXT}


def write(path: Path, seed: int, share: float = 0.6, **more: Any) -> Path:
    rows = [{"question_id": q, "hypothesis": a, **more} for q, a in answers(seed, share).items()]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def report(seed: int, share: float = 0.6) -> ScoreReport:
    return lv.score(answers(seed, share), benchmark=SAMPLE, metrics=["f1"], progress=False)


@pytest.fixture(scope="module")
def reports() -> list[ScoreReport]:
    return [report(seed) for seed in range(3)]


def test_the_value_is_the_mean_over_runs(reports: list[ScoreReport]) -> None:
    joined = lv.score(lv.Repeats(reports))
    assert joined["f1"].value == pytest.approx(fmean(float(r["f1"].value or 0) for r in reports))
    assert joined.scores.rows.matched == 3 * len(TEXT)
    validate(json.loads(json.dumps(joined.document)), "scores", path=Path("scores.json"), remedy="")


def test_the_section_noise(reports: list[ScoreReport]) -> None:
    noise = lv.score(reports).noise
    assert noise is not None
    f1 = noise["metrics"]["f1"]
    assert [part["sources"] for part in f1["parts"]] == [["conversations"], ["memory", "answering"]]
    assert sum(part["share"] for part in f1["parts"]) == pytest.approx(1)
    assert f1["scores"] == pytest.approx([float(r["f1"].value or 0) for r in reports])
    assert max(f1["scores"]) - min(f1["scores"]) < f1["believable"]
    assert "Memory and answering are not separable" in " ".join(f1["notes"])


def test_one_run_has_no_noise(reports: list[ScoreReport]) -> None:
    assert reports[0].noise is None


def test_the_same_run_twice_is_refused(reports: list[ScoreReport]) -> None:
    with pytest.raises(InputError, match="the same answers with the same scores"):
        lv.score(lv.Repeats([reports[0], reports[0]]))
    with pytest.raises(InputError, match="at least two"):
        lv.Repeats([reports[0]])


@pytest.fixture(scope="module")
def two_systems(tmp_path_factory: pytest.TempPathFactory) -> tuple[lv.Run, lv.Run]:
    folder = tmp_path_factory.mktemp("runs")
    first, second = (
        lv.run(name, benchmark=SAMPLE, limit=1, out=folder / name, progress=False)
        for name in ("bm25", "no-memory")
    )
    return first, second


@pytest.mark.parametrize("as_paths", [False, True])
def test_two_systems_are_not_runs_of_one(
    two_systems: tuple[lv.Run, lv.Run], as_paths: bool
) -> None:
    named = [run.folder if as_paths else run for run in two_systems]
    words = "are not runs of one system: the system is bm25 1 and no-memory 2"
    with pytest.raises(InputError, match=words):
        lv.score(named, metrics=["f1"], progress=False)
    with pytest.raises(InputError, match=words):
        lv.compare(answers(0), named, benchmark=SAMPLE, split="test", metrics=["f1"])


def test_two_models_are_not_one_system(two_systems: tuple[lv.Run, lv.Run], tmp_path: Path) -> None:
    first = two_systems[0]
    info = {**first.info, "answerer": {**first.info["answerer"], "model": "embedded:large"}}
    other = replace(first, info=info)
    with pytest.raises(InputError, match="the model is None and embedded:large"):
        lv.score([first, other], metrics=["f1"], progress=False)


def test_a_judge_that_a_file_asked_three_times(tmp_path: Path) -> None:
    # Of 142 answers, the third pass refuses 14 that the others accept: the passes' J are 100, 100
    # and 90.1, and the judge is all that varies, beside conversations.
    path = tmp_path / "judged.jsonl"
    rows = [
        {
            "question_id": q.id,
            "hypothesis": q.answer,
            "llm_judgments": {f"judgment_{n}": n < 3 or place % 10 > 0 for n in (1, 2, 3)},
        }
        for place, q in enumerate(TEXT)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    noise = lv.score(path, benchmark=SAMPLE, metrics=["f1", "reported_j"]).noise
    assert noise is not None and list(noise["metrics"]) == ["reported_j"]
    found = noise["metrics"]["reported_j"]
    assert found["passes"] == 3
    assert found["parts"][-1]["sources"] == ["judge"]
    refused = 100 * sum(place % 10 == 0 for place in range(len(TEXT))) / len(TEXT)
    assert found["parts"][-1]["variance"] == pytest.approx(refused**2 / 3)


def test_single_runs_are_said_to_be_single(reports: list[ScoreReport]) -> None:
    comparison = lv.compare(reports[0], report(9))
    assert comparison.metrics[0].believable.at_least
    assert "Only one run of each of" in comparison.notes[0]
    assert "at least" in comparison._repr_html_()


def test_repeats_against_repeats(reports: list[ScoreReport]) -> None:
    comparison = lv.compare(reports, lv.Repeats([report(11, 0.7), report(12, 0.7)], name="other"))
    one = comparison.metrics[0]
    assert one.believable.runs == (3, 2) and not one.believable.at_least
    assert not any("Only one run" in note for note in comparison.notes)
    assert [side.name for side in comparison.sides] == ["predictions A", "other"]
    assert comparison.to_frame()["believable"][0] == one.believable.value
    document = json.loads(json.dumps(comparison.to_json()))
    validate(document, "comparison", path=Path("comparison.json"), remedy="")


def test_runs_of_one_system_do_not_differ(reports: list[ScoreReport]) -> None:
    one = lv.compare(reports[:2], reports[2]).metrics[0]
    assert one.believable.borrowed and one.believable.covers(one.overall.difference)


def test_files_on_the_command_line(tmp_path: Path, cli: Cli) -> None:
    a1, a2 = write(tmp_path / "a1.jsonl", 1), write(tmp_path / "a2.jsonl", 2)
    b1, b2 = write(tmp_path / "b1.jsonl", 3, 0.7), write(tmp_path / "b2.jsonl", 4, 0.7)
    common = ["--benchmark", "sample", "--metrics", "f1"]
    scored = cli("score", str(a1), str(a2), "--repeats", *common)
    assert "Noise of one run's score (2 runs)" in scored.stdout
    assert "memory + answering (not separable)" in scored.stdout
    several = ["compare", str(a1), str(a2), "--versus", str(b1), str(b2), *common]
    assert "from conversations and runs (2 and 2)" in cli(*several).stdout
    single = cli("compare", str(a1), str(b1), *common)
    assert "Smallest difference to believe: at least" in single.stdout
    assert "Only one run of each of a1.jsonl and b1.jsonl" in single.stdout


def test_several_files_are_still_one_set_of_answers(tmp_path: Path, cli: Cli) -> None:
    a1, a2 = write(tmp_path / "a1.jsonl", 1), write(tmp_path / "a2.jsonl", 2)
    refused = cli("score", str(a1), str(a2), "--benchmark", "sample", "--metrics", "f1")
    assert refused.returncode == 2 and "both answer the question" in refused.stderr
    assert "--repeats" in refused.stderr


def test_versus_stands_between_systems(tmp_path: Path, cli: Cli) -> None:
    a1 = write(tmp_path / "a1.jsonl", 1)
    refused = cli("compare", str(a1), "--versus", "--benchmark", "sample")
    assert refused.returncode == 2 and "--versus must stand between two systems" in refused.stderr


def test_the_report_shows_the_parts(reports: list[ScoreReport]) -> None:
    shown = report_data(lv.score(reports))["noise"]
    labels = [row["label"] for row in shown["rows"]]
    assert labels == ["F1", "– conversations", "– memory + answering (not separable)"]
    assert [row["believable"] for row in shown["rows"]][1:] == ["", ""]
    assert shown["runs"] == 3
    assert report_data(reports[0])["noise"] is None
