"""What of the command's environment a system's process gets."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from locomo_vqa import worker
from locomo_vqa.errors import InputError
from locomo_vqa.evaluators.hosting import ProcessHost
from locomo_vqa.evaluators.hosting.environment import checked_variables, system_environment
from locomo_vqa.evaluators.hosting.private_home import with_private_home
from locomo_vqa.evaluators.hosting.relative_paths import lent_paths, with_absolute_paths
from locomo_vqa.evaluators.hosting.wire import encode
from locomo_vqa.evaluators.loading import load_system
from locomo_vqa.schemas import validate
from locomo_vqa.system import ConversationInfo, Endpoint, Services
from tests.conftest import Cli
from tests.evaluators.hosting.hosted import write_system
from tests.evaluators.recording import Recorder, recorder
from tests.secrets.searching import find_secret, has_secret

KEY = "sk-" + "4711" * 5

SEEN = """
import json, os, sys
AT_IMPORT = os.getcwd()

class Own(Echo):
    def open(self, conversation, workdir, services):
        super().open(conversation, workdir, services)
        seen = {"at_import": AT_IMPORT, "cwd": os.getcwd(), "environment": dict(os.environ)}
        (workdir / "seen.json").write_text(json.dumps({**seen, "argv": sys.argv}))
"""


@pytest.mark.slow
def test_keys_stay_with_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cli: Cli
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("OPENAI_API_KEY", "HF_TOKEN", "MINE", "OTHER"):
        monkeypatch.setenv(name, KEY)
    monkeypatch.setenv("LC_TIME", "C")
    monkeypatch.setenv("PYTHONPATH", f"modules{os.pathsep}{tmp_path}")
    spec = write_system(tmp_path, "sees_environment", SEEN)
    at = ("--benchmark", "sample", "--split", "validation", "--limit", "1")
    done = cli("run", spec, *at, "--out", "run", "--env", "MINE")
    assert done.returncode == 0, done.stderr
    info = json.loads(Path("run/run.json").read_text())
    validate(info, "run", path=Path("run.json"), remedy="")
    assert info["environment"] == ["MINE"]
    assert KEY not in Path("run/run.json").read_text()
    (file,) = Path("run/work").glob("*/seen.json")
    seen = json.loads(file.read_text())
    environment = seen["environment"]
    assert [name for name, value in environment.items() if value == KEY] == ["MINE"]
    assert environment["PATH"] == os.environ["PATH"]
    assert environment["LC_TIME"] == "C"
    assert environment["PYTHONPATH"].split(os.pathsep) == [f"{tmp_path}/modules", str(tmp_path)]
    assert seen["cwd"].endswith("/work")
    private = {name: Path(environment[name]) for name in ("HOME", "TMPDIR", "XDG_DATA_HOME")}
    assert {path.is_relative_to(Path(seen["cwd"]).parent) for path in private.values()} == {True}
    assert not any(path.is_relative_to(seen["cwd"]) or path.exists() for path in private.values())
    assert Path(environment["HF_HOME"]) == Path(
        os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface"
    )
    below = [value for value in environment.values() if value.startswith(str(tmp_path))]
    assert below == [environment["PYTHONPATH"]]
    assert not seen["at_import"].startswith(str(tmp_path))
    assert seen["argv"][1:] == []


def test_a_variable_is_named_without_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    assert checked_variables(["B", "A", "B"], {"A": "1", "B": "2"}) == ("A", "B")
    with pytest.raises(InputError, match="C is not set"):
        checked_variables(["C"], {})
    with pytest.raises(InputError, match="without a value") as raised:
        checked_variables([f"A={KEY}"], {})
    assert KEY not in str(raised.value)
    with pytest.raises(InputError, match="list of names"):
        checked_variables("A", {"A": "1"})
    monkeypatch.setenv("A", "1")
    for source in (recorder(), lambda: Recorder(), "http://127.0.0.1:9"):
        with pytest.raises(InputError, match="can't be used with"):
            load_system(source, env=["A"])


@pytest.mark.parametrize(
    "name",
    [
        "OPENAI_API_KEY",
        "HF_TOKEN",
        "AWS_SECRET_ACCESS_KEY",
        "NVIDIA_API_KEY",
        "PWD",
        "GITHUB_TOKEN",
    ],
)
def test_secrets_and_places_are_not_handed_on(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, KEY)
    assert name not in system_environment()
    assert system_environment([name])[name] == KEY


def test_a_home_is_private_unless_it_is_passed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.setenv("HF_HOME", "/models")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    home = tmp_path / "home"
    changed = with_private_home(system_environment(), home)
    assert changed["HOME"] == str(home)
    assert Path(changed["XDG_CACHE_HOME"]).is_relative_to(home)
    assert Path(changed["TMPDIR"]).is_dir()
    assert changed["HF_HOME"] == "/models"
    assert changed["TORCH_HOME"] == "/home/ada/.cache/torch"
    assert with_private_home(system_environment(), home, ["HOME"])["HOME"] == "/home/ada"


def test_a_relative_interpreter_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    spec = write_system(tmp_path, "relative", "class Own(Echo): pass\n")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(sys.executable)
    host = ProcessHost(spec, python=Path("bin/python"), folder=tmp_path)
    assert host.start() is None
    info = ConversationInfo(id="c", speakers=("A", "B"), images="none")
    assert host.open(info, tmp_path, Services()) is None
    host.end()


def test_relative_paths_are_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "weights").mkdir()
    options = {"experts": "weights", "vision": "transformers:weights?dtype=bf16", "k": "5"}
    lent = with_absolute_paths(Services(model="transformers:weights", options=options))
    assert lent.model == f"transformers:{tmp_path}/weights"
    assert lent.options == {
        "experts": f"{tmp_path}/weights",
        "vision": f"transformers:{tmp_path}/weights?dtype=bf16",
        "k": "5",
    }
    named = lent_paths(Services(model="transformers:weights", options=options))
    assert set(named) == {tmp_path / "weights"}
    other = Services(model="transformers:org/model", options={"experts": "gone"})
    assert with_absolute_paths(other) == other


PRINTS = """
import base64, json, os, sys

class Own(Echo):
    def answer(self, question, *, now):
        key = os.environ["MY_KEY"]
        for piece in ("key: ", key[:7], key[7:], "\\n"):
            sys.stdout.write(piece)
            sys.stdout.flush()
        print("Bearer " + key, base64.b64encode(("u:" + key).encode()).decode(), file=sys.stderr)
        print("".join("\\\\u%04x" % ord(letter) for letter in key), flush=True)
        raise RuntimeError("no access with " + key)
"""


@pytest.mark.slow
def test_a_key_that_is_handed_on_is_not_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cli: Cli
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    spec = write_system(tmp_path, "prints_key", PRINTS)
    at = ("--benchmark", "sample", "--split", "validation", "--limit", "2")
    key = "aB3-" + KEY
    done = cli("run", spec, *at, "--out", "run", "--env", "MY_KEY", MY_KEY=key)
    assert done.returncode == 1
    (log,) = (tmp_path / "run" / "work").glob("*.log")
    assert f"key: {'*' * len(key)}\nBearer {'*' * len(key)}" in log.read_text()
    assert find_secret(key, tmp_path) == []
    assert not has_secret(key, done.stdout + done.stderr)
    assert "no access with …" in (tmp_path / "run" / "predictions.jsonl").read_text()


def test_the_address_of_a_stage_is_the_same_with_and_without_the_toolkit() -> None:
    metered = "http://127.0.0.1:8123/c/conv-26/llm/v1"
    llm = Endpoint(base_url=metered, model="m", api_key="k")
    plain = worker._Types().build(encode(Services(llm=llm)))  # Where no toolkit is installed.
    assert type(plain).__module__ == "locomo_vqa_types"
    for services in (Services(llm=llm), plain):
        found = services.llm_for("extraction")
        assert found.base_url == "http://127.0.0.1:8123/c/conv-26/extraction/v1"
        assert (found.model, found.api_key) == ("m", "k")
        assert services.llm_for("llm").base_url == metered
        with pytest.raises(ValueError, match="'read' is not a stage"):
            services.llm_for("read")
    assert Services().llm_for("update") is None
    other = Services(llm=replace(llm, base_url="http://h/v1"))
    assert other.llm_for("update") == other.llm
