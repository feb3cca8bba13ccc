"""Every Eval Ever: records and samples have the format's shape, the board's values, and no more."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Callable
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft7Validator

from locomo_vqa.benchmark import Benchmark, load_benchmark
from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.leaderboard import export_records
from locomo_vqa.leaderboard.board import Board
from locomo_vqa.leaderboard.cli.leaderboard import leaderboard
from locomo_vqa.leaderboard.verification.verify import verify
from locomo_vqa.scores import Scorer
from tests.conftest import SHARED

Submit = Callable[..., Path]
SCHEMAS = SHARED / "schemas"
GOOD, FAILED = "good__tiny-1/2026-08-31", "failed__tiny-1/2026-08-31"
RED = "conv-1/v/D1:1/colour"


@pytest.fixture
def board(submitted: Submit, submissions: Path, benchmark: Benchmark, scorer: Scorer) -> Board:
    """An entry with a wrong answer, one with a failed call, and a rejected one."""
    submitted(system="good", answers={RED: "x"}, url="https://github.com/ada/good")
    submitted(system="failed", answers={RED: None})
    (submitted(system="bad") / "run.json").unlink()
    return verify(submissions, benchmark=benchmark, scorer=scorer, progress=False)


Exported = dict[str, tuple[dict[str, Any], list[dict[str, Any]]]]


def _exported(board: Board, benchmark: Benchmark, out: Path, **options: Any) -> Exported:
    found: Exported = {}
    for path in export_records(board, benchmark=benchmark, out=out, progress=False, **options):
        record = json.loads(path.read_text(encoding="utf-8"))
        samples = path.with_name(f"{path.stem}_samples.jsonl")
        lines = samples.read_text(encoding="utf-8").splitlines() if samples.exists() else []
        name = record["source_metadata"]["additional_details"]["entry"]
        found[name] = (record, [json.loads(line) for line in lines])
    return found


def check_gate(record: dict[str, Any], path: Path, root: Path) -> None:
    """Check what the format's own gate checks beyond its schemas."""
    assert uuid.UUID(path.stem).version == 4
    assert uuid.UUID(path.stem).variant == uuid.RFC_4122
    results = {result["evaluation_result_id"]: result for result in record["evaluation_results"]}
    for result in results.values():
        config = result["metric_config"]
        assert config["min_score"] <= result["score_details"]["score"] <= config["max_score"]
    detailed = record["detailed_evaluation_results"]
    content = (root / detailed["file_path"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == detailed["checksum"]
    rows = [json.loads(line) for line in content.decode().splitlines()]
    assert len(rows) == detailed["total_rows"]
    for row in rows:
        assert row["evaluation_id"] == record["evaluation_id"]
        assert row["model_id"] == record["model_info"]["id"]
        config = results[row["evaluation_result_id"]]["metric_config"]
        assert config["min_score"] <= row["evaluation"]["score"] <= config["max_score"]
    for name, result in results.items():
        scores = [r["evaluation"]["score"] for r in rows if r["evaluation_result_id"] == name]
        assert fmean(scores) == pytest.approx(result["score_details"]["score"], rel=1e-6, abs=1e-9)


def check_schemas(path: Path, root: Path) -> None:
    """Validate a record and its samples against the published schemas."""
    aggregate, instance = (
        Draft7Validator(json.loads((SCHEMAS / name).read_text(encoding="utf-8")))
        for name in (
            "every_eval_ever-0.3.0-aggregate.schema.json",
            "every_eval_ever-0.3.0-instance.schema.json",
        )
    )
    record = json.loads(path.read_text(encoding="utf-8"))
    aggregate.validate(record)
    samples = root / record["detailed_evaluation_results"]["file_path"]
    for line in samples.read_text(encoding="utf-8").splitlines():
        instance.validate(json.loads(line))


def test_a_record_has_the_board_s_values(
    board: Board, benchmark: Benchmark, tmp_path: Path
) -> None:
    found = _exported(board, benchmark, tmp_path / "out")
    assert set(found) == {GOOD, FAILED}, "a rejected entry has no record"
    record, samples = found[GOOD]
    scores = {r["evaluation_name"]: r["score_details"] for r in record["evaluation_results"]}
    assert {name: one["score"] for name, one in scores.items()} == {
        "Invented V": 50,
        "Invented F1": 1,
    }
    interval = scores["Invented V"]["uncertainty"]["confidence_interval"]
    assert (interval["lower"], interval["upper"], interval["confidence_level"]) == (40, 60, 0.95)
    assert scores["Invented V"]["uncertainty"]["num_samples"] == 2
    assert len(samples) == 5, "two visual questions, three about the text, a metric each"
    assert record["model_info"]["id"] == "ada/good__tiny-1"
    assert record["model_info"]["developer"] == "ada"
    assert record["retrieved_timestamp"] == "1788134400", "the entry's day, not the clock"


def test_the_standard_error_is_over_conversations(
    board: Board, benchmark: Benchmark, tmp_path: Path
) -> None:
    """Two conversations with one question each, 0 and 100: 2 * (50² + 50²) / 2², the root 50."""
    record, _ = _exported(board, benchmark, tmp_path)[GOOD]
    v = next(r for r in record["evaluation_results"] if r["evaluation_name"] == "Invented V")
    assert v["score_details"]["uncertainty"]["standard_error"]["value"] == pytest.approx(50)


def test_a_failed_call_is_an_error_and_not_an_answer(
    board: Board, benchmark: Benchmark, tmp_path: Path
) -> None:
    _, samples = _exported(board, benchmark, tmp_path)[FAILED]
    failed = next(row for row in samples if row["sample_id"] == RED)
    assert failed["output"] == {"raw": []}
    assert failed["answer_attribution"] == []
    assert failed["error"] == "error: it broke"
    assert failed["metadata"]["state"] == "error"
    assert failed["evaluation"] == {"score": 0, "is_correct": False}
    other = next(row for row in samples if row["sample_id"] == "conv-1/t/0")
    assert (other["output"], other["error"]) == ({"raw": ["a blue kite"]}, None)
    assert other["evaluation"] == {"score": 1, "is_correct": True}


def test_questions_and_gold_answers_are_left_out_unless_asked_for(
    board: Board, benchmark: Benchmark, tmp_path: Path
) -> None:
    _, bare = _exported(board, benchmark, tmp_path / "bare")[GOOD]
    _, full = _exported(board, benchmark, tmp_path / "full", questions=True)[GOOD]
    wrong = next(row for row in bare if row["sample_id"] == RED)
    assert wrong["input"] == {"raw": RED, "reference": []}
    same = next(row for row in full if row["sample_id"] == RED)
    assert same["input"] == {"raw": "Which colour?", "reference": ["red"]}
    digest = hashlib.sha256(b"Which colour?red").hexdigest()
    assert wrong["sample_hash"] == same["sample_hash"] == digest


def test_exporting_again_gives_the_same_files(
    board: Board, benchmark: Benchmark, tmp_path: Path
) -> None:
    def content() -> dict[str, bytes]:
        files = [path for path in tmp_path.rglob("*.json*") if "data" in path.parts]
        return {str(path.relative_to(tmp_path)): path.read_bytes() for path in files}

    _exported(board, benchmark, tmp_path)
    first = content()
    _exported(board, benchmark, tmp_path)
    assert content() == first
    assert len([name for name in first if re.match(r"data/Invented/\w+/\w+__tiny-1/", name)]) == 4


@pytest.mark.skipif(not SCHEMAS.exists(), reason="the published schemas are not here")
def test_records_pass_the_format_s_schemas_and_gate(
    board: Board, benchmark: Benchmark, tmp_path: Path
) -> None:
    for path in export_records(board, benchmark=benchmark, out=tmp_path, progress=False):
        check_schemas(path, tmp_path)
        check_gate(json.loads(path.read_text(encoding="utf-8")), path, tmp_path)


def test_names_from_strangers_stay_below_the_folder(
    submitted: Submit, submissions: Path, benchmark: Benchmark, scorer: Scorer, tmp_path: Path
) -> None:
    submitted(system="a", name="../../x", url="https://github.com/..%2f../etc")
    submitted(system="b", name="b", url="https://github.com/../../etc/passwd")
    board = verify(submissions, benchmark=benchmark, scorer=scorer, progress=False)
    out = tmp_path / "out"
    for path in export_records(board, benchmark=benchmark, out=out, progress=False):
        assert path.resolve().is_relative_to(out.resolve())
        assert len(path.relative_to(out).parts) == 5


def test_wrong_arguments_are_refused(board: Board, benchmark: Benchmark, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a different revision"):
        export_records(board, benchmark=load_benchmark("sample"), out=tmp_path / "x")
    with pytest.raises(InputError, match="not on the board: 'nobody'"):
        export_records(board, benchmark=benchmark, out=tmp_path / "x", entries=["nobody"])
    with pytest.raises(InputError, match="rejected"):
        name = "bad__tiny-1/2026-08-31"
        export_records(board, benchmark=benchmark, out=tmp_path / "x", entries=[name])
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="can't be made"):
        export_records(board, benchmark=benchmark, out=tmp_path / "file", progress=False)
    (board.folder / GOOD / "predictions.jsonl").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="changed after it was verified"):
        export_records(board, benchmark=benchmark, out=tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_the_command_says_what_it_wrote(board: Board, benchmark: Benchmark, tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = ["export", "every-eval-ever", str(board.folder), "--out", str(out)]
    arguments += ["--benchmark", str(benchmark.folder), "--entry", GOOD, "--no-samples"]
    result = CliRunner().invoke(leaderboard, arguments)
    assert result.exit_code == 0, result.output
    assert result.output == f"Wrote 1 record below {out / 'data'}\n"
    [record] = out.rglob("*.json*")
    assert "detailed_evaluation_results" not in json.loads(record.read_text(encoding="utf-8"))


@pytest.mark.slow
@pytest.mark.skipif(not SCHEMAS.exists(), reason="the published schemas are not here")
def test_a_judged_run_on_the_sample_passes(tmp_path: Path) -> None:
    """With a model as judge, L, and the prompt of the rubric in the record."""
    import locomo_vqa as lv

    run = lv.run("bm25", benchmark="sample", out=tmp_path / "run", progress=False)
    lv.submit(run, to=tmp_path / "board", contact="a@example.org", trained_on_locomo=False)
    verify(
        tmp_path / "board",
        benchmark="sample",
        judge="embedded:text-large",
        l_preset="minilm",
        responses=tmp_path / "responses.sqlite",
        progress=False,
    )
    [path] = export_records(
        tmp_path / "board", benchmark="sample", out=tmp_path / "out", progress=False
    )
    check_schemas(path, tmp_path / "out")
    record = json.loads(path.read_text(encoding="utf-8"))
    check_gate(record, path, tmp_path / "out")
    j = [r for r in record["evaluation_results"] if r["evaluation_name"].endswith(" J")]
    if j:
        scoring = j[0]["metric_config"]["llm_scoring"]
        assert scoring["judges"][0]["model_info"]["id"] == "text-large"
        assert "$data" in scoring["input_prompt"]
