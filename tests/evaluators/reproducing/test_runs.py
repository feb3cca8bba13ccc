"""Tables that embedded models fill: what runs is what is printed, and nothing runs twice."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import locomo_vqa as lv
from locomo_vqa.evaluators.cli.step_commands import command_of
from locomo_vqa.evaluators.distilling.memlora.result import MemLoraDistillation
from locomo_vqa.evaluators.reproducing.rows import RowRunner
from locomo_vqa.evaluators.reproducing.steps import Step
from locomo_vqa.files import read_jsonl
from locomo_vqa.models import embedded
from locomo_vqa.runs import read_run
from locomo_vqa.schemas import validate
from tests.conftest import Cli
from tests.evaluators.counting_endpoint import counting_endpoint
from tests.evaluators.recording import SAMPLE

pytestmark = pytest.mark.slow

EXPERTS = Path(embedded.__file__).parent / "student" / "experts"


def reproduce(out: Path, table: str, *, only: list[str] | None = None) -> lv.Reproduction:
    return lv.reproduce(
        table,
        embedded=True,
        split="validation",
        limit=2,
        out=out,
        only=only,
        progress=False,
    )


def written(out: Path) -> dict[str, bytes]:
    """Return the journals of all runs, in which every question that is asked gets a line."""
    return {path.parent.name: path.read_bytes() for path in out.glob("runs/*/journal.jsonl")}


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which table A6 was interrupted in its second row, and then continued."""
    folder = tmp_path_factory.mktemp("reproduced")
    call = RowRunner._call

    def interrupted(runner: RowRunner, step: Step) -> object:
        if step.call == "run" and step.first == "memlora":
            stopped = KeyboardInterrupt()
            stopped.add_note(f"Continue with `out` {step.arguments['out']}: the run's own.")
            raise stopped
        return call(runner, step)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RowRunner, "_call", interrupted)
        with pytest.raises(KeyboardInterrupt) as stop:
            reproduce(folder, "A6")
    kept = "what was answered is kept."
    assert stop.value.__notes__ == [f"Repeat it with `out` {folder} to continue: {kept}"]
    first = written(folder)
    assert list(first) == ["mem0-student"]
    made = reproduce(folder, "A6")
    assert made.is_whole
    assert written(folder)["mem0-student"] == first["mem0-student"]
    return folder


def test_tokens_are_those_of_the_calls(out: Path) -> None:
    made = reproduce(out, "A6")
    for row in made.rows:
        calls = [
            line
            for path in row.plan.folder.glob("work/*/model_calls.jsonl")
            for _, line in read_jsonl(path, what="calls")
        ]
        for stage in ("extraction", "update"):
            tokens = [call["input_tokens"] for call in calls if call["stage"] == stage]
            assert row.ours[f"input_{stage}"].value == pytest.approx(sum(tokens) / len(tokens))
            assert row.difference(f"input_{stage}") is None
    assert made.ours_title == "stand-in"


def test_another_table_takes_the_runs_that_are_there(out: Path) -> None:
    before = written(out)
    made = reproduce(out, "5", only=["3", "4"])
    assert written(out) == before
    assert [row.state for row in made.rows] == ["partly", "partly"], "L's encoders are not here"
    for row in made.rows:
        asked = [line for _, line in read_jsonl(row.plan.folder / "scores.jsonl", what="scores")]
        values = [line["value"] for line in asked if line["metric"] == "j"]
        assert row.ours["j"].value == pytest.approx(sum(values) / len(values))
        assert row.difference("j") is None
        assert (row.ours["l"].value, bool(row.ours["l"].reason)) == (None, True)
        assert "it is a trial" in " ".join(row.not_comparable)
        assert "judge=rules" in str(row.ours["j"].signature)
    document = json.loads((out / "table-5.json").read_text(encoding="utf-8"))
    validate(document, "paper_table", path=out, remedy="")
    frame = made.to_frame()
    assert list(frame["paper"]) == [30.5, 29.6, 37.3, 36.9]
    assert list(frame["ours"].notna()) == [False, True, False, True]


def test_experts_that_a_row_has_trained_answer_in_it(
    out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A distillation that gives the package's experts gives the answers of the package's."""
    taught: list[dict[str, Any]] = []

    def distil(benchmark: str, **named: Any) -> MemLoraDistillation:
        taught.append(named)
        shutil.copytree(EXPERTS, Path(named["out"]) / "experts")
        return MemLoraDistillation(out=Path(named["out"]))

    monkeypatch.setattr("locomo_vqa.evaluators.reproducing.rows.distill_memlora", distil)
    settings: dict[str, Any] = {
        **{"embedded": True, "models": {"Gemma2-2B": "embedded:student"}, "only": "2"},
        **{"split": "validation", "limit": 2, "out": tmp_path / "out", "progress": False},
    }
    (row,) = lv.reproduce("A6", **settings).rows
    assert row.state == "filled"
    assert (taught[0]["student"], taught[0]["teacher"]) == (
        "embedded:student",
        "embedded:text-large",
    )
    (ready,) = reproduce(out, "A6", only=["2"]).rows
    assert ready.plan.folder.name == "memlora-student"
    assert row.ours == ready.ours
    (again,) = lv.reproduce("A6", **settings).rows
    assert (again.ours, len(taught)) == (row.ours, 1)


def test_what_is_printed_is_what_ran(out: Path, cli: Cli, tmp_path: Path) -> None:
    """The command of a row gives the same answers in another folder."""
    (row,) = reproduce(out, "A6", only=["2"]).rows
    words = command_of(row.plan.steps[0])
    place = words.index("--out") + 1
    words[place] = "again"
    done = cli(*words)
    assert done.returncode == 0, done.stderr

    def answers(folder: Path) -> list[tuple[str, str]]:
        rows = read_jsonl(folder / "predictions.jsonl", what="predictions")
        return [(line["question_id"], line["prediction"]) for _, line in rows]

    assert answers(tmp_path / "again") == answers(row.plan.folder)


def test_a_row_that_fails_is_blank_and_the_others_are_filled(out: Path, cli: Cli) -> None:
    """The run of the folder has another limit."""
    there = ("--split", "validation", "--out", str(out))
    done = cli("reproduce", "A6", "--embedded", *there, "--limit", "3", "--json")
    assert done.returncode == 1
    rows = json.loads(done.stdout)["rows"]
    assert [row["state"] for row in rows] == ["failed", "failed"]
    assert rows[0]["ours"] == {}
    assert "limit" in rows[0]["reason"]
    shown = cli("reproduce", "A6", "--embedded", *there, "--limit", "2")
    assert shown.returncode == 0
    assert "say nothing about the paper's models" in shown.stdout
    assert "The same command with --dry-run lists the commands." in shown.stdout


def test_a_served_model_runs_as_in_the_paper_and_what_is_finished_needs_no_server(
    tmp_path: Path,
) -> None:
    """Two stores, memories with their time, and a judge; then the server ends."""
    with counting_endpoint(say) as endpoint:
        settings: dict[str, Any] = {
            **{"models": {"Gemma2-27B": endpoint.model}, "judge": f"{endpoint.model}&key=none"},
            **{"benchmark": "sample", "split": "validation", "limit": 2, "only": "Gemma2-27B"},
            **{"out": tmp_path / "out", "embedder": "lexical", "progress": False},
        }
        (row,) = lv.reproduce("1", **settings).rows
    (again,) = lv.reproduce("1", **settings).rows
    assert again.ours == row.ours
    assert row.plan.is_papers is False
    options = read_run(row.plan.folder).info["options"]
    assert {"stores=speaker", "timed_memories=true", "prompts=long", "top_k=30"} <= set(options)
    scored = [q for q in SAMPLE.text_questions if q.split == "validation" and q.category != 5]
    value = row.ours["j"].value
    assert value == pytest.approx(100 / len(scored))  # One of them was asked, and is right.
    assert row.cost.calls > 60
    planned = lv.reproduce("1", dry_run=True, **settings)
    assert (planned.left.calls, planned.cost.calls) == (0, row.cost.calls)
    fuller = lv.reproduce("1", dry_run=True, **{**settings, "limit": 4})
    assert fuller.left.calls == fuller.cost.calls
    (measured,) = lv.reproduce("3", **settings).rows
    assert measured.state == "partly"
    assert measured.ours["size_gib"].value is None
    assert measured.ours["tokens_per_answer"].value is not None


def say(body: dict[str, Any]) -> str:
    """Return the reply of a stub that extracts nothing, answers, and finds every answer right."""
    text = str(body["messages"][-1]["content"])
    if "verdict" in text:
        return '{"verdict": "CORRECT"}'
    return '{"facts": []}' if "facts" in text else "blue"
