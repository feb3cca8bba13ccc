"""`--limit`: a trial says that it is one, wherever it goes."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from locomo_vqa.benchmark.questions import questions_of
from locomo_vqa.errors import OutputError
from locomo_vqa.runs import read_run
from tests.conftest import Cli
from tests.evaluators.recording import SAMPLE, harness, recorder


def test_a_trial_asks_text_and_visual_questions_of_each_conversation(tmp_path: Path) -> None:
    run = replace(harness(recorder(), tmp_path / "run"), limit=3)
    done = run.run()
    per = Counter(p.question_id.split("/")[0] for p in done.predictions)
    assert per == {"sample-09": 3, "sample-10": 3}
    asked = [q.id for q in questions_of(SAMPLE, "test") if q.conversation == "sample-10"]
    text = [name for name in asked if "/t/" in name][:2]
    visual = [name for name in asked if "/v/" in name][:1]
    found = [p.question_id for p in done.predictions if "sample-10" in p.question_id]
    assert found == [*text, *visual]
    assert read_run(tmp_path / "run").info["limit"] == 3
    for other in (None, 4):
        with pytest.raises(OutputError, match=f"its limit is 3, not {other}"):
            replace(run, limit=other).run()


@pytest.mark.slow
def test_a_trial_is_scored_as_one_and_never_submitted(tmp_path: Path, cli: Cli) -> None:
    replace(harness(recorder(), tmp_path / "run"), limit=1).run()
    scored = cli("score", "run", "--benchmark", "sample", "--metrics", "v,f1", "--json")
    assert scored.returncode == 1
    notes = json.loads(scored.stdout)["notes"]
    assert [note for note in notes if note.startswith("A trial: at most 1 of each conversation's")]
    submitted = cli("submit", "run", "--to", "board", "--date", "2026-01-01")
    assert submitted.returncode == 2
    assert "is a trial" in submitted.stderr
    assert "without a limit" in submitted.stderr
    assert not (tmp_path / "board").exists()


def test_a_run_of_before_goes_on(tmp_path: Path) -> None:
    """Older run folders mention no limit and no passages, and have no record and no seal."""
    run = harness(recorder(), tmp_path / "run")
    run.run()
    path = tmp_path / "run" / "run.json"
    manifest = json.loads(path.read_text())
    del manifest["limit"], manifest["top_k"]
    del manifest["record"], manifest["seal"]
    path.write_text(json.dumps(manifest))
    assert len(read_run(tmp_path / "run").predictions) == 128
    assert len(run.run().predictions) == 128
