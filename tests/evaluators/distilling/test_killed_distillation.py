"""Kills and full disks while a student is taught: the same files, and each reply paid once."""

from __future__ import annotations

import json
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.builders.importing import import_locomo
from tests.core.locomo_example import sample
from tests.dying import Commands, commands
from tests.evaluators.stub_endpoint import StubEndpoint, completion, stub_endpoint
from tests.killing import MOMENTS, KilledCommand, snapshot
from tests.torture.outcomes import check_full_disk

from .scripted_teacher import reads

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9"),
]

STAGES = ("memories", "answers", "adapter")
PHASES = ("data", "train")
SPACE = """
[all]
rank = [2]
learning_rate = [1e-3]
epochs = [2]
batch = [4]
"""
IN_FLIGHT = 2


@pytest.fixture(scope="module")
def teacher() -> Iterator[StubEndpoint]:
    from locomo_vqa.models.chat import ChatRequest

    def teach(request: dict[str, object]) -> tuple[int, object]:
        text = request["messages"][0]["content"]  # type: ignore[index]
        return completion(reads(ChatRequest(text=text)) or "Ada")

    with stub_endpoint(teach) as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def torch_commands(packages: None) -> Iterator[Commands]:
    with commands("locomo_vqa.evaluators.distilling", "openai", "torch", "peft") as runner:
        yield runner


@pytest.fixture(scope="module")
def stages(
    teacher: StubEndpoint,
    torch_commands: Commands,
    qwen2: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, tuple[Path, list[str]]]:
    """Return for each stage a folder with what it needs, and the command."""
    folder = tmp_path_factory.mktemp("stages")
    start = folder / "start"
    start.mkdir()
    (folder / "locomo.json").write_text(json.dumps([sample(f"conv-{n}") for n in range(6)]))
    import_locomo(folder / "locomo.json", out=start / "benchmark")
    command = ["distill", "duomem", "--benchmark", "benchmark", "--out", "out"]
    command += ["--teacher", f"{teacher.model}&in_flight={IN_FLIGHT}", "--epochs", "2"]
    command += ["--student", f"transformers:{qwen2}?threads=1&dtype=float32", "--rank", "2"]
    command += ["--option", "window=12", "--option", "top_k=1", "--option", "prompts=reduced"]
    made = {}
    for stage in STAGES:
        made[stage] = (folder / stage, [*command, "--only", stage])
        shutil.copytree(start, folder / stage)
        done = torch_commands.run(*made[stage][1], root=start, TMPDIR=str(folder))
        assert done.status == 0, done.said
    return made


@pytest.fixture(scope="module")
def phases(
    teacher: StubEndpoint,
    torch_commands: Commands,
    qwen2: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, tuple[Path, list[str]]]:
    """Return for each phase of MemLoRA a folder with what it needs, and the command."""
    folder = tmp_path_factory.mktemp("phases")
    start = folder / "start"
    start.mkdir()
    (folder / "locomo.json").write_text(json.dumps([sample(f"conv-{n}") for n in range(6)]))
    import_locomo(folder / "locomo.json", out=start / "benchmark")
    (start / "space.toml").write_text(SPACE)
    command = ["distill", "memlora", "--benchmark", "benchmark", "--out", "out"]
    command += ["--teacher", f"{teacher.model}&in_flight={IN_FLIGHT}"]
    command += ["--student", f"transformers:{qwen2}?threads=1&dtype=float32"]
    command += ["--search-space", "space.toml", "--option", "window=12", "--option", "top_k=1"]
    made = {}
    for phase in PHASES:
        made[phase] = (folder / phase, [*command, "--only", phase])
        shutil.copytree(start, folder / phase)
        done = torch_commands.run(*made[phase][1], root=start, TMPDIR=str(folder))
        assert done.status == 0, done.said
    return made


@pytest.mark.parametrize("phase", PHASES)
def test_phase_of_memlora(
    phase: str,
    phases: dict[str, tuple[Path, list[str]]],
    teacher: StubEndpoint,
    torch_commands: Commands,
    tmp_path: Path,
) -> None:
    """The same seed gives the same adapters, byte for byte, however often it is killed."""
    check_kills(*phases[phase], teacher, torch_commands, tmp_path)


@pytest.mark.parametrize("phase", PHASES)
def test_a_full_disk_in_a_phase_of_memlora(
    phase: str,
    phases: dict[str, tuple[Path, list[str]]],
    teacher: StubEndpoint,
    torch_commands: Commands,
    tmp_path: Path,
) -> None:
    """It is said in a sentence; then the same adapters are made, and no stored reply is paid."""
    folder, command = phases[phase]

    def prepare(root: Path) -> None:
        teacher.requests.clear()
        shutil.copytree(folder, root, dirs_exist_ok=True)

    def result(root: Path) -> dict[str, Any]:
        asked = Counter(json.dumps(request) for request in teacher.requests)
        assert asked.total() - len(asked) <= IN_FLIGHT
        return snapshot(root)

    full = KilledCommand(torch_commands, tmp_path, command, prepare, result=result)
    for ended in full.try_full_disks(most=max(1, MOMENTS // 8)):
        check_full_disk(ended)


@pytest.mark.parametrize("stage", STAGES)
def test_stage(
    stage: str,
    stages: dict[str, tuple[Path, list[str]]],
    teacher: StubEndpoint,
    torch_commands: Commands,
    tmp_path: Path,
) -> None:
    check_kills(*stages[stage], teacher, torch_commands, tmp_path)


def check_kills(
    folder: Path,
    command: list[str],
    teacher: StubEndpoint,
    torch_commands: Commands,
    tmp_path: Path,
) -> None:
    """Kill a command that starts from a folder; nothing is lost, and no reply is paid for twice."""

    def prepare(root: Path) -> None:
        teacher.requests.clear()
        shutil.copytree(folder, root, dirs_exist_ok=True)

    killed = KilledCommand(torch_commands, tmp_path, command, prepare)
    for _ in killed.try_moments(most=MOMENTS // 2):
        asked = Counter(json.dumps(request) for request in teacher.requests)
        assert asked.total() - len(asked) <= IN_FLIGHT
    kills = killed.kill_in_a_row(kills=2 * MOMENTS)
    asked = Counter(json.dumps(request) for request in teacher.requests)
    assert asked.total() - len(asked) <= IN_FLIGHT * kills
