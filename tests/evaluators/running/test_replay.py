"""A bundle repeats a run without its endpoint."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.errors import InputError
from locomo_vqa.evaluators.running import replay as replaying
from locomo_vqa.evaluators.running.replay import replay
from locomo_vqa.run_seal import sealed
from locomo_vqa.runs import read_run
from tests.conftest import Cli
from tests.evaluators.hosting.hosted import write_system
from tests.evaluators.proxy.stub_upstream import chat, stub_upstream

ASKS = """
import json, pathlib, urllib.request
PROMPT = pathlib.Path(__file__).with_name("prompt.txt").read_text()

class Own(Echo):
    def answer(self, question, *, now):
        llm = self.services.llm
        message = {"role": "user", "content": PROMPT + question}
        request = urllib.request.Request(
            llm.base_url + "/chat/completions",
            json.dumps({"model": llm.model, "messages": [message], "temperature": 0}).encode(),
            {"authorization": "Bearer " + llm.api_key, "content-type": "application/json"},
        )
        return json.load(urllib.request.urlopen(request))["choices"][0]["message"]["content"]
"""

AT = ("--benchmark", "sample", "--split", "validation")


@pytest.mark.slow
def test_a_bundle_repeats_a_run_without_its_endpoint(cli: Cli, tmp_path: Path) -> None:
    spec = write_system(tmp_path, "asks", ASKS)
    prompt = tmp_path / "prompt.txt"
    prompt.write_text("Answer: ")
    with stub_upstream(lambda got: chat()) as stub:
        model = ("--model", f"openai:{stub.url}?model=stub")
        assert cli("run", spec, *AT, *model, "--out", "plain").returncode == 0
        done = cli("run", spec, *AT, *model, "--out", "run", "--record", "replies.db")
        assert done.returncode == 0, done.stderr
    refused = cli("submit", "plain", "--to", "subs", "--bundle", "plain.zip")
    assert "The endpoint's replies were not recorded" in refused.stderr
    assert not (tmp_path / "subs").exists()
    prompt.write_text("Edited: ")
    refused = cli("submit", "run", "--to", "subs", "--bundle", "run.zip")
    assert "is not the file that the run used" in refused.stderr
    prompt.write_text("Answer: ")
    done = cli("submit", "run", "--to", "subs", "--bundle", "run.zip")
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(tmp_path / "run.zip") as bundle:
        names = set(bundle.namelist())
        assert str(tmp_path) not in bundle.read("command.json").decode()
    assert names >= {"code/asks.py", "code/prompt.txt", "replies.sqlite", "run.json"}
    for used in ("asks.py", "prompt.txt", "replies.db"):
        (tmp_path / used).unlink()
    done = cli("replay", "run.zip", "--benchmark", "sample")
    assert done.returncode == 0, done.stderr
    assert "61 of 61 answers are the same." in done.stdout
    _change(tmp_path / "run.zip", "code/prompt.txt", "Other: ")
    done = cli("replay", "run.zip", "--benchmark", "sample")
    assert done.returncode == 1
    assert "differs" in done.stdout


def _change(bundle: Path, name: str, text: str) -> None:
    with zipfile.ZipFile(bundle) as old:
        kept = {other: old.read(other) for other in old.namelist()}
    with zipfile.ZipFile(bundle, "w") as new:
        for other, data in {**kept, name: text.encode()}.items():
            new.writestr(other, data)


@pytest.mark.parametrize("name", ["../outside.txt", "/outside.txt", "code/../../x", "other.txt"])
def test_names_outside_a_bundle_are_refused(name: str, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.zip"
    with zipfile.ZipFile(bundle, "w") as packed:
        packed.writestr(name, "x")
    with pytest.raises(InputError, match="is not a bundle of a run"):
        replay(bundle, benchmark="sample")


def test_a_file_that_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not found"):
        replay(tmp_path / "none.zip", benchmark="sample")
    other = tmp_path / "other.zip"
    other.write_text("not a zip file")
    with pytest.raises(InputError, match="is not a bundle of a run"):
        replay(other, benchmark="sample")
    os.mkfifo(tmp_path / "pipe.zip")
    with pytest.raises(InputError, match="is not a regular file"):
        replay(tmp_path / "pipe.zip", benchmark="sample")


@pytest.mark.parametrize("what", ["damaged", "lzma"])
def test_a_zip_that_can_not_be_unpacked(what: str, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.zip"
    method = zipfile.ZIP_LZMA if what == "lzma" else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(bundle, "w", method) as packed:
        packed.writestr("run.json", "x" * 1000)
    if what == "damaged":
        data = bytearray(bundle.read_bytes())
        start = 30 + len("run.json")  # The local header has 30 bytes and the name.
        data[start : start + 4] = b"\xff" * 4
        bundle.write_bytes(data)
    with pytest.raises(InputError, match=r"is not a bundle of a run \("):
        replay(bundle, benchmark="sample")


NEEDS = """
import os

class Own(Echo):
    def answer(self, question, *, now):
        return os.environ["SIZE_OF_ANSWERS"] + os.environ.get("SECRET_OF_MINE", "")
"""


@pytest.mark.slow
def test_a_bundle_has_the_names_of_variables_and_the_limits(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = write_system(tmp_path, "needs", NEEDS)
    monkeypatch.setenv("SIZE_OF_ANSWERS", "four words at most")
    monkeypatch.setenv("SECRET_OF_MINE", "s3cret-value-of-mine")
    limits = ("--answer-timeout", "77", "--read-timeout", "88", "--timeout", "9")
    at = ("run", spec, *AT, "--limit", "1", "--env", "SIZE_OF_ANSWERS", *limits, "--out", "run")
    assert cli(*at).returncode == 0
    (tmp_path / "run" / "run.json").write_text(
        json.dumps(sealed({**read_run(tmp_path / "run").info, "limit": None}))
    )  # A trial can't be submitted.
    done = cli("submit", "run", "--to", "subs", "--bundle", "run.zip")
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(tmp_path / "run.zip") as bundle:
        text = bundle.read("command.json").decode()
    assert "four words" not in text
    command = json.loads(text)
    assert command["env"] == ["SIZE_OF_ANSWERS"]
    assert command["limits"] == {
        **{"timeout": 9.0, "read_timeout": 88.0, "answer_timeout": 77.0},
        "memory_limit": None,
    }
    refused = cli("replay", "run.zip", "--benchmark", "sample")
    assert refused.returncode == 2
    assert "The run handed on SIZE_OF_ANSWERS" in " ".join(refused.stderr.split())
    assert "--env" in refused.stderr
    done = cli("replay", "run.zip", "--benchmark", "sample", "--env", "SIZE_OF_ANSWERS")
    assert (done.returncode, done.stdout) == (0, "1 of 1 answers are the same.\n"), done.stderr
    monkeypatch.delenv("SIZE_OF_ANSWERS")
    refused = cli("replay", "run.zip", "--benchmark", "sample", "--env", "SIZE_OF_ANSWERS")
    assert "SIZE_OF_ANSWERS is not set" in " ".join(refused.stderr.split())


def test_the_limits_of_a_bundle_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}

    def run(system: str, **how: Any) -> Any:
        asked.update(how)
        raise KeyboardInterrupt

    command = {
        **{"schema_version": 1, "kind": "command", "system": "bm25", "model": None},
        **{"split": "test", "images": "none", "visual": "given", "limit": None, "top_k": 10},
        **{"options": [], "folder": None, "replies": None, "env": ["HOME"]},
    }
    limits = {"timeout": 1.5, "read_timeout": 2, "answer_timeout": 3, "memory_limit": 4}
    monkeypatch.setattr(replaying, "run", run)
    monkeypatch.setattr(replaying, "read_run", lambda folder: None)
    path = tmp_path / "it.zip"
    with zipfile.ZipFile(path, "w") as bundle:
        bundle.writestr("command.json", json.dumps({**command, "limits": limits}))
    with pytest.raises(KeyboardInterrupt):
        replay(path, benchmark="sample", env=["HOME"])
    assert {name: asked[name] for name in limits} == limits
    assert asked["env"] == ["HOME"]
    with pytest.raises(InputError, match="handed on HOME"):
        replay(path, benchmark="sample")
