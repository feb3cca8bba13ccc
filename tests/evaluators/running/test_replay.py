"""A bundle repeats a run without its endpoint."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from locomo_vqa.errors import InputError
from locomo_vqa.evaluators.running.replay import replay
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
