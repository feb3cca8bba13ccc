"""`run` from Python: what it takes, what it refuses before anything is asked, and what it keeps."""

from __future__ import annotations

import asyncio
import math
import os
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.errors import InputError, OutputError, SystemLoadError
from locomo_vqa.evaluators.running import run
from locomo_vqa.files import read_json
from tests.evaluators.recording import SAMPLE, harness, recorder
from tests.evaluators.stub_endpoint import completion, stub_endpoint

SPLIT: dict[str, Any] = {"benchmark": SAMPLE, "split": "validation", "limit": 2, "progress": False}


class Echo:
    """What a notebook's first cell has, but in a module: it says where it runs."""

    def open(self, conversation: Any, workdir: Path, services: Any) -> None:
        self.options = dict(services.options)

    def add(self, turns: Any) -> None:
        self.last = turns[-1].text

    def answer(self, question: str, *, now: Any) -> str:
        return f"{os.getpid()} {self.options}"


def local_echo(**members: Any) -> type:
    """Return a class that no other process can import."""
    return type("Local", (Echo,), members)


def answers(done: Any) -> set[str]:
    return {prediction.prediction for prediction in done.predictions}


@pytest.mark.slow
def test_a_class_of_a_module_runs_in_processes_of_its_own(tmp_path: Path) -> None:
    done = run(Echo, out=tmp_path / "run", options={"k": 3, "deep": True}, **SPLIT)
    pids = {int(answer.split()[0]) for answer in answers(done)}
    assert os.getpid() not in pids
    assert len(pids) == len({p.question_id.split("/")[0] for p in done.predictions})
    assert all("{'k': '3', 'deep': 'true'}" in answer for answer in answers(done))
    assert done.benchmark is SAMPLE
    assert done.info["system"]["name"] == "Echo"


def test_a_class_that_can_t_be_imported_runs_in_this_process(tmp_path: Path) -> None:
    done = run(local_echo(), out=tmp_path / "run", **SPLIT)
    assert answers(done) == {f"{os.getpid()} {{}}"}


def test_a_function_makes_an_object_for_each_conversation(tmp_path: Path) -> None:
    made: list[Echo] = []

    def make() -> Echo:
        made.append(Echo())
        return made[-1]

    done = run(make, out=tmp_path / "run", **SPLIT)
    conversations = {p.question_id.split("/")[0] for p in done.predictions}
    assert len(made) == len(conversations) + 1  # One more to see what it is.
    assert done.info["system"]["name"] == "Echo"


def test_an_object_is_refused_with_what_to_do() -> None:
    with pytest.raises(SystemLoadError) as refused:
        run(Echo(), **SPLIT)  # type: ignore[arg-type]
    assert str(refused.value) == (
        "A system must be a class; an instance of Echo is for one conversation. "
        "Give Echo itself, or a function that makes one, such as `lambda: Echo(…)`."
    )


WRONG: dict[str, tuple[Any, str]] = {
    "images": ("pixel", "`images` must be one of pixels, caption, none, shuffled, not 'pixel'."),
    "visual": ("gven", "`visual` must be one of given, recalled, not 'gven'."),
    "split": ("tst", "`split` must be one of train, validation, test, all, not 'tst'."),
    "jobs": (0, "`jobs` must be a whole number from 1 to 1,000, not 0."),
    "limit": (0, "`limit` must be a whole number of at least 1, not 0."),
    "top_k": (1.5, "`top_k` must be a whole number from 1 to 10,000, not 1.5."),
    "timeout": (math.nan, "`timeout` must be a number from 0.1 to 86,400, not nan."),
    "answer_timeout": (-1, "`answer_timeout` must be a number from 0.1 to"),
    "memory_limit": (0, "`memory_limit` must be a number of at least"),
    "strict": (True, "`strict` needs `replay`."),
    "options": ({"a b": 1}, "`options`: 'a b' is not the name of an option."),
    "python": ("python", "`python` can't be used with Echo as an object"),
    "model": ("openai:nothing", "openai:nothing"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_argument_is_refused_before_anything_is_asked(name: str, tmp_path: Path) -> None:
    value, message = WRONG[name]
    with pytest.raises(InputError) as refused:
        run(Echo, out=tmp_path / "run", **{**SPLIT, name: value})
    assert message in str(refused.value)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(("field", "value"), [("images", "pixel"), ("visual", "gven"), ("jobs", 0)])
def test_the_harness_refuses_them_too(field: str, value: Any, tmp_path: Path) -> None:
    one = harness(recorder(), tmp_path / "run")
    changed: dict[str, Any] = {field: value}
    with pytest.raises(InputError, match=f"`{field}` must be"):
        replace(one, **changed)


def test_a_misspelt_name_offers_the_nearest() -> None:
    with pytest.raises(SystemLoadError, match="Did you mean 'bm25'"):
        run("bm52", **SPLIT)


@pytest.mark.parametrize("limit", ["read_timeout", "answer_timeout", "memory_limit"])
def test_limits_that_can_t_be_kept_in_this_process_are_refused(limit: str) -> None:
    with pytest.raises(InputError, match=f"`{limit}`: Local runs in this process") as refused:
        run(local_echo(), **{limit: 5}, **SPLIT)
    assert "Leave it out, or put the class into a module" in str(refused.value)


def test_without_a_folder_every_run_has_a_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    first, second = (run(local_echo(), **SPLIT) for _ in range(2))
    assert first.folder != second.folder
    assert {path.parent for path in (first.folder, second.folder)} == {Path("runs")}
    assert first.folder.name.startswith("Local-20")


def test_answers_of_an_edited_class_are_not_mixed(tmp_path: Path) -> None:
    def answer_again(self: Any, question: str, *, now: Any) -> str:
        return "again"

    out = tmp_path / "run"
    before = run(local_echo(), out=out, **SPLIT)
    assert len(read_json(out / "run.json", what="it")["system"]["source_sha256"]) == 64
    assert run(local_echo(), out=out, **SPLIT).predictions == before.predictions
    with pytest.raises(OutputError, match="an earlier version of this class"):
        run(local_echo(answer=answer_again), out=out, **SPLIT)


def test_it_runs_where_an_event_loop_runs_and_so_may_the_system(tmp_path: Path) -> None:
    def answer(self: Any, question: str, *, now: Any) -> str:
        return asyncio.run(asyncio.sleep(0, "from a loop"))

    async def cell() -> Any:
        return run(local_echo(answer=answer), out=tmp_path / "run", **SPLIT)

    assert answers(asyncio.run(cell())) == {"from a loop"}


def test_an_interrupt_keeps_what_is_answered(tmp_path: Path) -> None:
    asked: list[str] = []

    def answer(self: Any, question: str, *, now: Any) -> str:
        asked.append(question)
        if len(asked) == 2:
            raise KeyboardInterrupt
        return "kept"

    system = local_echo(answer=answer)
    with pytest.raises(KeyboardInterrupt) as stopped:
        run(system, out=tmp_path / "run", **SPLIT)
    assert "Continue with `out` " in stopped.value.__notes__[0]
    assert not (tmp_path / "run" / "predictions.jsonl").exists()
    done = run(system, out=tmp_path / "run", **SPLIT)
    assert answers(done) == {"kept"}
    assert len(asked) == len(done.predictions) + 1  # Only the one that was interrupted is repeated.


@pytest.mark.parametrize("meter", [True, False])
def test_what_an_interrupt_costs_is_said_when_it_comes_and_when_the_run_continues(
    tmp_path: Path, meter: bool
) -> None:
    """Only where replies can't be kept; then a note says why, and how they would be."""

    def answer(self: Any, question: str, *, now: Any) -> str:
        asked.append(question)
        if len(asked) == 1:
            raise KeyboardInterrupt
        return "kept"

    asked: list[str] = []
    steps: list[str] = []
    with stub_endpoint(lambda _: completion("hello")) as endpoint:
        given = {**SPLIT, "progress": lambda step, *_: steps.append(step)}
        given |= {"model": endpoint.model, "meter": meter, "out": tmp_path / "run"}
        system = local_echo(answer=answer, llm=True)
        with pytest.raises(KeyboardInterrupt) as stopped:
            run(system, **given)
        assert not any("With metering" in step for step in steps)
        run(system, **given)
    said = "pays for the calls of reading again. With metering, replies are kept until"
    assert any(said in note for note in stopped.value.__notes__) is not meter
    assert any(said in step for step in steps) is not meter


def test_progress_is_reported_to_a_function(tmp_path: Path) -> None:
    calls: list[tuple[str, int, int | None]] = []

    def progress(step: str, done: int, total: int | None) -> None:
        calls.append((step, done, total))

    done = run(local_echo(), out=tmp_path / "run", **{**SPLIT, "progress": progress})
    number = len(done.predictions)
    assert calls == [("Local", n, number) for n in range(number + 1)]


SCRIPT = """
    import locomo_vqa as lv

    bench = lv.load_benchmark("sample")
    bench.text_questions[0].question

    class Echo:
        def open(self, conversation, workdir, services): ...
        def add(self, turns): self.last = turns[-1].text
        def answer(self, question, *, now): return self.last

    run = lv.run(Echo, benchmark=bench, images="pixels", split="validation", limit=1)
    print(run.info["counts"]["total"], run.info["counts"]["failed"], run.folder.name[:5])
    print(lv.check(Echo).to_frame().shape[0], lv.check(Echo).passed)
    done = lv.ablate(Echo, benchmark=bench, split="validation", images=["pixels", "none"])
    print(done.to_frame()[["visual", "images"]].values.tolist())
"""


@pytest.mark.slow
def test_a_script_s_own_class_is_run_checked_and_ablated(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(textwrap.dedent(SCRIPT))
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    ran, checked, ablated = done.stdout.strip().splitlines()
    assert ran.split()[1:] == ["0", "Echo-"] and int(ran.split()[0]) > 0
    assert checked == "14 False"  # It remembers one turn.
    modes = [["given", "pixels"], ["given", "none"], ["recalled", "pixels"], ["recalled", "none"]]
    assert ablated == str(modes)


@pytest.mark.parametrize(("limit", "visual", "text"), [(1, 0, 1), (5, 2, 3), (60, 41, 19)])
def test_a_trial_asks_text_and_visual_questions_alike(limit: int, visual: int, text: int) -> None:
    """The validation split has one conversation, with 19 text and 42 visual questions."""
    done = run("no-memory", benchmark="sample", split="validation", limit=limit, progress=False)
    asked = [prediction.question_id for prediction in done.predictions]
    assert sum("/v/" in name for name in asked) == visual
    assert sum("/v/" not in name for name in asked) == text
