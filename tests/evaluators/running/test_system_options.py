"""Options reach your own system, and the manifest without passwords."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from locomo_vqa.errors import InputError
from locomo_vqa.evaluators.running.system_options import option_texts
from locomo_vqa.files import read_jsonl
from tests.conftest import Cli

SYSTEM = """
import json

class Own:
    def open(self, conversation, workdir, services):
        self.options = dict(services.options)
    def add(self, turns): pass
    def flush(self): pass
    def answer(self, question, *, now): return json.dumps(self.options, sort_keys=True)
    def answer_visual(self, question, *, image, now): return ""
    def close(self): pass
"""

RUN = ("run", "own:Own", "--benchmark", "sample", "--split", "validation", "--limit", "1")


@pytest.mark.slow
def test_options_reach_the_system_and_the_manifest(tmp_path: Path, cli: Cli) -> None:
    (tmp_path / "own.py").write_text(SYSTEM)
    given = ("url=http://me:secret@127.0.0.1:9/v1?a=b", "fields=x=y", "Depth=2")
    options = [part for option in given for part in ("--option", option)]
    done = cli(*RUN, "--out", "run", *options)
    assert done.returncode == 0, done.stderr
    row = read_jsonl(tmp_path / "run" / "predictions.jsonl", what="it")[0][1]
    assert json.loads(row["prediction"]) == {
        "Depth": "2",
        "fields": "x=y",
        "url": "http://me:secret@127.0.0.1:9/v1?a=b",
    }
    run = json.loads((tmp_path / "run" / "run.json").read_text())
    assert run["options"] == ["Depth=2", "fields=x=y", "url=http://127.0.0.1:9/v1?a=b"]
    other = cli(*RUN, "--out", "run")
    assert other.returncode == 2
    assert "holds another run: its options is" in " ".join(other.stderr.split())


@pytest.mark.slow
def test_a_folder_from_before_there_were_options_goes_on(tmp_path: Path, cli: Cli) -> None:
    (tmp_path / "own.py").write_text(SYSTEM)
    assert cli(*RUN, "--out", "run").returncode == 0
    path = tmp_path / "run" / "run.json"
    manifest = json.loads(path.read_text())
    assert manifest.pop("options") == []
    path.write_text(json.dumps(manifest))
    assert cli(*RUN, "--out", "run").returncode == 0
    assert cli(*RUN, "--out", "run", "--option", "a=b").returncode == 2


def test_as_many_and_as_long_options_as_a_manifest_may_hold() -> None:
    many = {f"o{number}": number for number in range(200)}
    assert len(option_texts(many)) == 200
    with pytest.raises(InputError, match=r"`options`: has 201 options; the limit is 200\."):
        option_texts({**many, "other": 1})
    assert len(f"long={option_texts({'long': 'x' * 9995})['long']}") == 10_000
    with pytest.raises(InputError, match=r"`options`: long is longer than 10,000 characters\."):
        option_texts({"long": "x" * 9996})
