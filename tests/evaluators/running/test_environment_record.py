"""All answers of a run come from the same code and packages, and its record says which."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.errors import InputError
from locomo_vqa.evaluators.running.environment_record import EnvironmentRecord
from locomo_vqa.evaluators.third_party import load_recipes
from locomo_vqa.files import sha256_file
from locomo_vqa.run_seal import is_unchanged, sealed
from locomo_vqa.runs import read_run
from tests.conftest import Cli
from tests.evaluators.hosting.hosted import write_system

AT = ("--benchmark", "sample", "--split", "validation", "--limit", "2")

FOUND: Mapping[str, Any] = {
    "python": "3.11.2",
    "implementation": "cpython",
    "platform": "linux",
    "distributions": {"mem0ai": "1.0.11", "openai": "3.52.0"},
    "modules": {"adapter": "a" * 64},
    "files": {"prompt.txt": "d" * 64},
    "written": [],
}


def test_what_is_known_may_not_change() -> None:
    record = EnvironmentRecord()
    assert record.add(None) is False
    assert record.add(FOUND) is True
    assert record.add(FOUND) is False
    later = {**FOUND, "modules": {"adapter": "a" * 64, "helper": "b" * 64}}
    assert record.add(later) is True
    assert record.known is not None and record.known["modules"] == later["modules"]
    for change, words in (
        ({"python": "3.12.0"}, "python is 3.12.0, not 3.11.2"),
        ({"modules": {"helper": "c" * 64}}, "the module helper was changed"),
        ({"files": {"prompt.txt": "e" * 64}}, "the file prompt.txt was changed"),
        ({"distributions": {"openai": "3.52.0"}}, "mem0ai is missing, not 1.0.11"),
        (
            {"distributions": {"mem0ai": "1.1.10", "openai": "3.52.0"}},
            "mem0ai is 1.1.10, not 1.0.11",
        ),
    ):
        with pytest.raises(InputError, match="not the one that gave") as raised:
            EnvironmentRecord(record.known).add({**FOUND, **change})
        assert words in str(raised.value)


def test_a_file_that_the_system_writes_is_not_its_code() -> None:
    record = EnvironmentRecord()
    files = {"prompt.txt": "d" * 64, "cache.json": "1" * 64}
    record.add({**FOUND, "files": files})
    record.add({**FOUND, "written": ["cache.json"]})
    record.add({**FOUND, "files": {**files, "cache.json": "2" * 64}})
    assert record.known is not None and record.known["files"] == FOUND["files"]
    assert "written" not in record.known


def test_a_package_has_the_version_that_its_recipe_says() -> None:
    wanted = load_recipes()["mem0ai-1"].pinned
    assert wanted == {"mem0ai": "1.0.11", "faiss-cpu": "1.15.1"}
    right = {**FOUND["distributions"], "faiss-cpu": "1.15.1"}
    EnvironmentRecord(wanted=wanted).add({**FOUND, "distributions": right})
    with pytest.raises(InputError, match=r"mem0ai 1\.1\.10 is installed, not 1\.0\.11"):
        EnvironmentRecord(wanted=wanted).add(
            {**FOUND, "distributions": {**right, "mem0ai": "1.1.10"}}
        )


def test_a_seal_covers_everything() -> None:
    info = sealed({"a": {"b": 1.5}, "record": {}})
    assert is_unchanged(json.loads(json.dumps(info)))
    assert not is_unchanged({**info, "a": {"b": 1.6}})
    assert not is_unchanged({"a": {"b": 1.5}, "record": {}})  # The seal was taken off.
    assert is_unchanged({"a": 1})  # From before there were seals.


@pytest.mark.slow
def test_a_run_of_changed_code_is_not_continued(cli: Cli, tmp_path: Path) -> None:
    text = """
class Own(Echo):
    def answer(self, question, *, now):
        raise RuntimeError("busy")
"""
    spec = write_system(tmp_path, "changing", text)
    run = tmp_path / "run"
    assert cli("run", spec, *AT, "--out", str(run)).returncode == 1
    info = read_run(run).info
    record = info["record"]
    code = tmp_path / "changing.py"
    assert record["environment"]["modules"]["changing"] == sha256_file(code)
    versions = record["environment"]["distributions"]
    assert versions["openai"] == metadata.version("openai")
    (attempt,) = record["attempts"]
    assert attempt["answers"] == info["counts"]["total"]
    assert attempt["began"] < attempt["ended"]
    code.write_text(code.read_text().replace('raise RuntimeError("busy")', 'return "mended"'))
    done = cli("run", spec, *AT, "--out", str(run), "--retry-failed")
    assert done.returncode == 2
    assert "the module changing was changed" in " ".join(done.stderr.split())
    answers = (run / "predictions.jsonl").read_text()
    assert "mended" not in answers


@pytest.mark.slow
def test_prompts_beside_the_module_belong_to_the_code(cli: Cli, tmp_path: Path) -> None:
    text = """
from pathlib import Path
HERE = Path(__file__).parent

class Own(Echo):
    def answer(self, question, *, now):
        (HERE / "log.txt").open("a").write(question)  # What it writes is not its code.
        (HERE / "log.txt").read_text()
        return (HERE / "prompts" / "answer.txt").read_text()
"""
    spec = write_system(tmp_path, "reads", text)
    (tmp_path / "prompts").mkdir()
    prompt = tmp_path / "prompts" / "answer.txt"
    prompt.write_text("Be brief.")
    at = ("--benchmark", "sample", "--split", "test", "--limit", "1", "--out", "run")
    assert cli("run", spec, *at).returncode == 0
    record = read_run(tmp_path / "run").info["record"]
    assert record["environment"]["files"] == {"prompts/answer.txt": sha256_file(prompt)}
    journal = tmp_path / "run" / "journal.jsonl"
    rows = [row for row in journal.read_text().splitlines() if '"answer"' not in row]
    journal.write_text("".join(f"{row}\n" for row in rows))
    prompt.write_text("Be verbose.")
    done = cli("run", spec, *at)
    assert done.returncode == 2
    assert "the file prompts/answer.txt was changed" in " ".join(done.stderr.split())


@pytest.mark.slow
def test_swaps_in_a_submission_are_found(cli: Cli, tmp_path: Path) -> None:
    """Versions, code, models and temperatures that are not the run's any more."""
    spec = write_system(tmp_path, "honest", "class Own(Echo): pass\n")
    at = ("--benchmark", "sample", "--split", "validation")
    assert cli("run", spec, *at, "--out", "run").returncode == 0
    assert cli("submit", "run", "--to", "subs").returncode == 0
    (file,) = (tmp_path / "subs").glob("*/*/run.json")
    honest = json.loads(file.read_text())

    def entry(changed: Mapping[str, Any]) -> Mapping[str, Any]:
        file.write_text(json.dumps(changed))
        cli("leaderboard", "verify", "subs", "--benchmark", "sample")
        board = json.loads((tmp_path / "subs" / "board.json").read_text())
        (found,) = board["entries"]
        return dict(found)

    assert entry(honest)["state"] == "rescored"
    environment = honest["record"]["environment"]
    swaps = (
        {"answerer": {**honest["answerer"], "temperature": 1}},
        {"system": {**honest["system"], "version": "2"}},
        {"record": {**honest["record"], "environment": {**environment, "python": "3.9.0"}}},
        {"record": {**honest["record"], "environment": {**environment, "modules": {}}}},
    )
    for swap in swaps:
        found = entry({**honest, **swap})
        assert found["state"] == "rejected"
        assert "run.json: was changed after the run: its seal does not match." in found["problems"]
    metadata = file.with_name("metadata.yaml")
    said = metadata.read_text()
    metadata.write_text(said.replace("temperature: null", "temperature: 1.0"))
    assert (
        "metadata.yaml: answerer.temperature is 1.0, but run.json says None."
        in (entry(honest)["problems"])
    )
    metadata.write_text(said)
    without = {key: value for key, value in honest.items() if key not in ("seal", "record")}
    notes = entry(without)["notes"]
    assert any("does not say what the system ran on" in note for note in notes)
