"""The figures of `efficiency` on run folders that were written, and worked out, by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from locomo_vqa.errors import InputError
from locomo_vqa.evaluators.cli.efficiency import efficiency
from locomo_vqa.evaluators.efficiency.calls import TimedCall
from locomo_vqa.evaluators.efficiency.figures import figures_of
from locomo_vqa.evaluators.efficiency.measure import efficiency_of
from locomo_vqa.evaluators.efficiency.report import EfficiencyReport
from locomo_vqa.evaluators.efficiency.report import efficiency as efficiency_of_runs
from locomo_vqa.evaluators.proxy.model_calls import keep_calls
from locomo_vqa.evaluators.running.model_size import weights_in
from locomo_vqa.schemas import validate

HASH = "0" * 64
METERED = {
    "time": "2026-01-01T00:00:00.000+00:00",
    "conversation": "c",
    "method": "POST",
    "path": "/v1/chat/completions",
    "provider": "127.0.0.1:1",
    "model": "m",
    "status": 200,
    "outcome": "ok",
    "stream": False,
    "replayed": False,
    "counted": "usage",
    "cached_tokens": None,
    "first_byte_ms": None,
    "request_bytes": 1,
    "reply_bytes": 1,
}
LOCAL = {"time": "2026-01-01T00:00:00.000+00:00", "model": "m", "outcome": "ok", "replayed": False}


def write_run(
    folder: Path, *, model: str = "m", provider: str = "127.0.0.1:1", **more: Any
) -> Path:
    folder.mkdir()
    info = {
        "schema_version": 1,
        "kind": "run",
        "system": {"name": "mem0", "version": "1", "uses_images": False},
        "answerer": {"model": model, "provider": provider, "temperature": 0, "prompt_sha256": None},
        "image_handling": "pixels",
        "dataset": {"id": "sample", "revision": HASH, "split": "test", "sha256": HASH},
        "versions": {},
        "git": None,
        "counts": {"total": 1, "answered": 1, "failed": 0},
        "files": {"predictions.jsonl": HASH},
        **more,
    }
    (folder / "run.json").write_text(json.dumps(info))
    return folder


def metered(stage: str, sent: int | None, came: int | None, ms: float, **more: Any) -> Any:
    tokens = {"input_tokens": sent, "output_tokens": came, "latency_ms": ms}
    return {**METERED, "stage": stage, **tokens, **more}


def local(stage: str, sent: int, came: int, seconds: float | None, batch: int, **more: Any) -> Any:
    tokens = {"input_tokens": sent, "output_tokens": came, "seconds": seconds, "batch": batch}
    return {**LOCAL, "stage": stage, **tokens, **more}


def write_lines(path: Path, rows: list[Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


METERED_CALLS = [
    metered("extraction", 100, 10, 1000.0),
    metered("extraction", 300, 30, 3000.0),
    metered("update", 500, 50, 2000.0),
    metered("update", 700, 70, 9.0, replayed=True),
    metered("update", 900, None, 800.0, outcome="http_error", status=500),
    metered("generation", 60, 4, 1000.0),
    metered("generation", 40, 6, 1000.0, counted="approximated"),
    metered("generation", None, None, 4.0, path="/v1/models", method="GET", counted="none"),
    metered("llm", 11, 0, 5.0, path="/v1/embeddings"),
]


def test_a_metered_run_has_these_figures(tmp_path: Path) -> None:
    run = write_run(tmp_path / "mem0")
    write_lines(run / "calls.jsonl", METERED_CALLS)
    found = efficiency_of(run)
    validate(EfficiencyReport((found,)).to_json(), "efficiency", path=run, remedy="")
    assert list(found.stages) == ["extraction", "update", "generation", "embedding"]

    extraction = found.stages["extraction"]
    assert (extraction.calls, extraction.failed, extraction.timed) == (2, 0, 2)
    assert (extraction.input_tokens, extraction.output_tokens) == (200, 20)
    assert (extraction.seconds, extraction.tokens_per_second) == (2.0, 10.0)  # 40 tokens in 4 s
    assert extraction.seconds_p50 == 2.0
    assert extraction.seconds_p95 == pytest.approx(1 + 0.95 * 2)  # numpy.percentile([1, 3], 95)

    update = found.stages["update"]
    assert (update.calls, update.failed, update.replayed, update.timed) == (3, 1, 1, 1)
    assert (update.input_tokens, update.output_tokens) == (600, 60)  # The failed one is not in it.
    assert (update.seconds, update.tokens_per_second) == (2.0, 25.0)  # The replayed one is not.

    generation = found.stages["generation"]
    assert (generation.calls, generation.estimated) == (2, 1)
    assert (generation.output_tokens, generation.tokens_per_second) == (5, 5.0)

    embedding = found.stages["embedding"]
    assert (embedding.input_tokens, embedding.output_tokens) == (11, None)
    assert embedding.tokens_per_second is None

    assert found.memory is not None
    assert found.memory == found.overall
    assert found.memory.output_tokens == pytest.approx((10 + 30 + 50 + 70 + 4 + 6) / 6)
    assert found.memory.seconds == pytest.approx((1 + 3 + 2 + 1 + 1) / 5)
    assert found.memory.tokens_per_second == pytest.approx((10 + 30 + 50 + 4 + 6) / 8)
    assert found.mean_of_stages is not None
    assert found.mean_of_stages.output_tokens == pytest.approx((20 + 60 + 5) / 3)
    assert found.mean_of_stages.tokens_per_second == pytest.approx((10 + 25 + 5) / 3)
    assert found.mean_of_stages.seconds == pytest.approx((2 + 2 + 1) / 3)


def test_what_has_no_data_is_none(tmp_path: Path) -> None:
    replayed = TimedCall(
        stage="update",
        ok=True,
        replayed=True,
        estimated=False,
        input_tokens=None,
        output_tokens=7,
        seconds=None,
        batch=None,
    )
    figures = figures_of([replayed])
    assert (figures.input_tokens, figures.output_tokens) == (None, 7)
    assert (figures.seconds, figures.tokens_per_second) == (None, None)
    assert (figures.seconds_p50, figures.seconds_p95) == (None, None)

    run = write_run(tmp_path / "older")
    found = efficiency_of(run)
    assert (found.counted_by, found.stages, found.shown) == ("nothing", {}, None)
    assert (found.size.total, found.size_source) == (None, "unknown")
    validate(EfficiencyReport((found,)).to_json(), "efficiency", path=run, remedy="")
    shown = CliRunner().invoke(efficiency, [str(run), "--stages"], catch_exceptions=False).output
    row = next(line.split() for line in shown.split("\n") if line.split()[:1] == ["mem0"])
    assert row == ["mem0", "m", "–", "not", "known", *["–"] * 6]
    assert "no calls are recorded" in shown


def test_local_calls_of_all_attempts_count(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", model="transformers:no/where", provider="transformers")
    calls = run / "work" / "conv-1" / "model_calls.jsonl"
    for number, seconds in enumerate((0.5, 1.5), 1):
        write_lines(calls, [local("extraction", 8, 4, seconds, 2)])
        keep_calls(calls.parent)
        assert (run / "work" / f"conv-1.calls-{number}.jsonl").is_file()
    failed = local("update", 0, 0, None, 1, outcome="error")
    write_lines(
        calls, [local("extraction", 8, 10, 2.0, 4), {**failed, "input_tokens": None, "batch": None}]
    )
    found = efficiency_of(run)
    assert found.stages["extraction"].timed == 3
    assert found.stages["extraction"].tokens_per_second == pytest.approx((4 + 4 + 10) / 4)
    assert found.stages["extraction"].largest_batch == 4
    assert (found.stages["update"].failed, found.stages["update"].output_tokens) == (1, None)
    assert found.mean_of_stages is None  # There is no generation.
    assert found.size.total is None

    with calls.open("a") as file:
        file.write('{"stage": "update"}\n')
    with pytest.raises(InputError, match="line 3"):
        efficiency_of(run)


def test_an_older_run_has_the_sums_of_its_stages(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run")
    for name, sent, came, counted in (("a", 100, 10, 2), ("b", 300, 30, 3)):
        tally = {"calls": 5, "counted_calls": counted, "input_tokens": sent, "output_tokens": came}
        uncounted = {"calls": 1, "counted_calls": 0, "input_tokens": None, "output_tokens": None}
        folder = run / "work" / name
        folder.mkdir(parents=True)
        stages = {"extraction": tally, "generation": uncounted}
        (folder / "stages.json").write_text(json.dumps({"stages": stages}))
    found = efficiency_of(run)
    assert found.counted_by == "sums"
    extraction = found.stages["extraction"]
    assert (extraction.calls, extraction.input_tokens, extraction.output_tokens) == (10, 80, 8)
    assert (extraction.seconds, extraction.tokens_per_second) == (None, None)
    assert found.stages["generation"].output_tokens is None
    validate(EfficiencyReport((found,)).to_json(), "efficiency", path=run, remedy="")


def test_the_size_is_that_of_the_weights_and_of_the_experts_in_use(tmp_path: Path) -> None:
    base, experts = tmp_path / "base", tmp_path / "experts"
    base.mkdir()
    for name, size in (("a-1.safetensors", 1000), ("a-2.safetensors", 500), ("other.bin", 9999)):
        (base / name).write_bytes(bytes(size))
    assert weights_in(base) == 1500
    (base / "model.safetensors").write_bytes(bytes(70))
    assert weights_in(base) == 70
    index = {"weight_map": {"x": "a-1.safetensors", "y": "a-2.safetensors", "z": "a-1.safetensors"}}
    (base / "model.safetensors.index.json").write_text(json.dumps(index))
    assert weights_in(base) == 1500
    (base / "a-2.safetensors").unlink()
    assert weights_in(base) is None
    (base / "model.safetensors.index.json").unlink()
    assert weights_in(experts) is None

    run = write_run(
        tmp_path / "run",
        model=f"transformers:{base}?dtype=float32",
        provider="transformers",
        options=[f"experts={experts}"],
    )
    assert efficiency_of(run).size.total is None  # Which experts were used is not said.
    used = run / "work" / "conv-1" / "experts.json"
    used.parent.mkdir(parents=True)
    used.write_text(json.dumps({"bytes": {"extraction": 3, "memory_update": 4}}))
    found = efficiency_of(run)
    assert (found.size.weights, found.size.adapters, found.size_source) == (70, 7, "found")

    recorded = write_run(tmp_path / "r2", model_bytes={"weights": 10, "adapters": 2})
    assert efficiency_of(recorded).size_source == "recorded"
    assert efficiency_of(recorded).size.total == 12


def test_the_table_has_a_row_for_each_run_and_stage(tmp_path: Path) -> None:
    run = write_run(tmp_path / "mem0")
    write_lines(run / "calls.jsonl", METERED_CALLS)
    other = write_run(tmp_path / "blind")
    write_lines(other / "calls.jsonl", [metered("llm", 10, 2, 500.0)])
    arguments = [str(run), str(other), "--stages", "--size", "mem0=54.45"]
    lines = CliRunner().invoke(efficiency, arguments, catch_exceptions=False).output.split("\n")
    cells = [line.split() for line in lines]
    row = next(line for line in cells if line[:2] == ["mem0", "(mem0)"])
    # 170 tokens of 6 replies, 100 tokens in 8 s, 8 s of 5 calls; ≈ for the estimated one.
    first = "extraction, update, generation 54.45 ≈ 12.5 ≈ 28.33 1.600 1.000 2.800 7"
    assert " ".join(row[2:]) == f"m {first}"
    blind = next(line for line in cells if line[:2] == ["mem0", "(blind)"])
    assert " ".join(blind[2:]) == "m llm not known 4.0 2.00 0.500 0.500 0.500 1"
    update = next(line for line in cells if line[:1] == ["update"])
    assert " ".join(update[1:]) == "3 1 1 600.00 60.00 25.0 2.000 2.000 2.000"
    mean = next(line for line in cells if line[:2] == ["mean", "of"])
    assert mean[5:] == ["283.33", "28.33", "13.3", "1.667"]
    text = " ".join(" ".join(lines).split())
    assert "1 of 7 calls failed" in text
    assert "1 reply was replayed" in text

    asked = CliRunner().invoke(efficiency, [*arguments, "--json"], catch_exceptions=False)
    document = json.loads(asked.output)
    validate(document, "efficiency", path=run, remedy="")
    size = {"weights": 54_450_000_000, "adapters": 0, "total": 54_450_000_000, "source": "given"}
    assert document["runs"][0]["size"] == size
    assert document["runs"][1]["size"]["source"] == "unknown"


@pytest.mark.parametrize("size", ["54", "mem0=", "mem0=much", "mem0=0", "mem0=-1", "mem0=nan"])
def test_a_size_that_is_none_is_refused(tmp_path: Path, size: str) -> None:
    run = write_run(tmp_path / "mem0")
    with pytest.raises(InputError, match=r"must have the form|must be a number above 0"):
        CliRunner().invoke(efficiency, [str(run), "--size", size], catch_exceptions=False)


def test_a_size_of_another_run_is_refused(tmp_path: Path) -> None:
    run = write_run(tmp_path / "mem0")
    with pytest.raises(InputError, match="no run is named 'memo'"):
        CliRunner().invoke(efficiency, [str(run), "--size", "memo=1"], catch_exceptions=False)


def test_efficiency_from_python(tmp_path: Path) -> None:
    run = write_run(tmp_path / "mem0")
    made = efficiency_of_runs(run, sizes={"mem0": 54.45})
    assert made.runs[0].size.total == 54_450_000_000
    assert made.to_json()["runs"][0]["size"]["source"] == "given"
    assert "54.45" in made._repr_html_() and "mem0" in made._repr_html_()
    assert list(made.to_frame().columns[:4]) == ["run", "model", "size_bytes", "stage"]
    for sizes, message in (({"memo": 1.0}, "Did you mean 'mem0'"), ({"mem0": -1.0}, "above 0")):
        with pytest.raises(InputError, match=message):
            efficiency_of_runs(run, sizes=sizes)
