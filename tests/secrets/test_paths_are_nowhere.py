"""What is published names no folder of the machine that it was made on, and so no user."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from locomo_vqa.benchmark import load_benchmark
from locomo_vqa.builders.recipe import load_recipe
from locomo_vqa.local_paths import public_name, public_text, public_value
from tests.conftest import Cli

from .echo import EchoEndpoint, echo_endpoint
from .searching import find_secret
from .small_build import write_small_build

USER = "alice-4711"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("transformers:/home/alice/models/Qwen2-VL", "transformers:Qwen2-VL"),
        (
            "transformers:/home/alice/models/Qwen2-VL/?dtype=float32",
            "transformers:Qwen2-VL?dtype=float32",
        ),
        ("lmdeploy:~/models/InternVL3?tp=4", "lmdeploy:InternVL3?tp=4"),
        ("lmdeploy:~alice/InternVL3", "lmdeploy:InternVL3"),
        (r"transformers:C:\Users\alice\Qwen", "transformers:Qwen"),
        ("transformers:../alice/Qwen", "transformers:Qwen"),
        (
            "transformers:/home/alice/.cache/huggingface/hub/models--org--name/snapshots/0123abcd",
            "transformers:org/name",
        ),
        (
            "openai:http://127.0.0.1:8000/v1?model=/data/alice/Q",
            "openai:http://127.0.0.1:8000/v1?model=Q",
        ),
        (
            "openai:http://h/v1?model=%2Fdata%2Falice%2FQ&in_flight=2",
            "openai:http://h/v1?model=Q&in_flight=2",
        ),
        ("openai:https://ada:pw@h/v1?model=m", "openai:https://…@h/v1?model=m"),
        ("file:///home/alice/locomo10.json", "locomo10.json"),
        ("/home/alice/locomo10.json", "locomo10.json"),
        ("transformers:org/name", "transformers:org/name"),
        ("embedded:large", "embedded:large"),
        ("org/name", "org/name"),
        ("sample", "sample"),
    ],
)
def test_a_name_has_no_folders(name: str, shown: str) -> None:
    assert public_name(name) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "FileNotFoundError: [Errno 2] No such file: '/home/alice/memory.db'",
            "FileNotFoundError: [Errno 2] No such file: 'memory.db'",
        ),
        ('File "/home/alice/my/system.py", line 3', 'File "system.py", line 3'),
        (r"can't read C:\Users\alice\x.json", "can't read x.json"),
        ("OSError: file:///srv/alice/x is gone", "OSError: x is gone"),
        (
            "see https://example.org/a/b/c and and/or 5/6/2023",
            "see https://example.org/a/b/c and and/or 5/6/2023",
        ),
        ("no connection: http://127.0.0.1:9/v1/chat", "no connection: http://127.0.0.1:9/v1/chat"),
        ("j:judge=openai:/home/alice/Q,rubric=lenient", "j:judge=openai:Q,rubric=lenient"),
        ("km/h, w/o, /v1 and a / b / c", "km/h, w/o, /v1 and a / b / c"),
    ],
)
def test_a_sentence_has_no_folders(text: str, shown: str) -> None:
    assert public_text(text) == shown


def test_the_home_folder_is_left_out_wherever_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/alice")
    assert public_text("cache=path:/home/alice") == "cache=path:~"
    assert public_value({"a": ["experts=/home/alice/e", "top_k=3", 5, None]}) == {
        "a": ["experts=e", "top_k=3", 5, None]
    }


def test_a_recipe_is_published_without_folders(tmp_path: Path) -> None:
    recipe = load_recipe(
        write_small_build(
            tmp_path / "in",
            generator=f"transformers:{tmp_path}/Big?threads=1",
            validator=f"lmdeploy:{tmp_path}/Small",
        )
    ).public()
    assert (recipe.locomo, recipe.generator, recipe.validator) == (
        "cups.json",
        "transformers:Big?threads=1",
        "lmdeploy:Small",
    )
    assert str(tmp_path) not in recipe.to_toml()


@pytest.fixture(scope="module")
def endpoint() -> Iterator[EchoEndpoint]:
    with echo_endpoint() as served:
        yield served


SYSTEM = """
class Lost:
    version = "1"
    def open(self, conversation, workdir, services): self.place = workdir
    def add(self, turns): pass
    def answer(self, question, *, now):
        if "?" in question: open(f"{self.place}/lost.db")
        return "blue"
    def answer_visual(self, question, *, image, now): return "blue"
"""


@pytest.mark.slow
def test_what_is_published_has_no_absolute_path(
    cli_process: Cli, endpoint: EchoEndpoint, tmp_path: Path
) -> None:
    home = tmp_path / USER
    model = f"{endpoint.model()[:-1]}{home}/models/Big"
    recipe = write_small_build(home / "in", generator=model, validator=model)
    (home / "lost.py").write_text(SYSTEM)
    public = home / "public"
    environment = {"HOME": str(home), "PYTHONPATH": f"{home}:{os.environ.get('PYTHONPATH', '')}"}

    def give(*args: str | Path, status: int = 0) -> None:
        done = cli_process(*args, **environment)
        assert done.returncode == status, done.stderr

    mirror = ("--mirror", home / "in" / "mirror")
    give("build", "run", recipe, "--work", home / "work", "--out", public / "data", *mirror)
    data = ("--benchmark", public / "data")
    for system, status in (("full-context", 0), ("lost:Lost", 1)):
        run = home / f"run-{status}"
        options = ("--split", "all", "--out", run, "--model", model, *data)
        give("run", system, *options, status=status)
        give("submit", run, "--to", public / "board")
        judge = ("--metrics", "f1,j", "--judge", model, "--no-judge-check")
        report = ("--report", public / f"{status}.html")
        give("score", run, *data, *judge, *report, status=status)
    give("leaderboard", "verify", public / "board", *data)
    give("leaderboard", "build", public / "board", "--out", public / "site")
    assert find_secret(USER, public) == []
    assert find_secret(str(tmp_path), public) == []
    card = (public / "data" / "README.md").read_text()
    assert "model=Big" in card
    assert 'locomo = "cups.json"' in card
    board = json.loads((public / "board" / "board.json").read_text())
    assert {entry["state"] for entry in board["entries"]} == {"rescored"}
    assert {entry["metadata"]["answerer"]["model"] for entry in board["entries"]} == {"Big"}
    rows = (public / "board").glob("Lost__Big/*/predictions.jsonl")
    assert "No such file or directory: 'lost.db'" in next(rows).read_text()
    assert load_benchmark(public / "data").name == "cups"
    for name in ("scores.json", "judgements.jsonl"):
        assert USER not in (home / "run-0" / name).read_text()
