"""The command `publish`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from locomo_vqa.benchmark import load_benchmark
from locomo_vqa.builders.cli.publish import publish
from locomo_vqa.errors import InputError, MissingResource, OutputError
from tests.conftest import tree
from tests.push_server import NAME, TOKEN, Hub


def command(*args: str) -> Result:
    return CliRunner().invoke(publish, ["--benchmark", *args])


@pytest.mark.slow
def test_a_folder_is_published(tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = command("sample", "--out", str(out), "--json")
    assert done.exit_code == 0, done.output
    revision = load_benchmark("sample").revision
    assert json.loads(done.output) == {"folder": str(out), "revision": revision, "url": None}
    assert load_benchmark(out).revision == revision
    assert command("sample", "--out", str(out)).exit_code == 0
    (out / "notes.txt").touch()
    assert isinstance(command("sample", "--out", str(out)).exception, OutputError)
    done = command("sample", "--out", str(tmp_path / "other"))
    assert "revision 56667f8e64e8" in done.output


@pytest.mark.slow
@pytest.mark.filterwarnings(
    "ignore:Use 'content=<...>' to upload raw bytes/text content:DeprecationWarning"
)
def test_pushing_goes_on_where_it_failed(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", hub.url)
    arguments = ("sample", "--out", str(tmp_path / "out"), "--push", NAME)
    monkeypatch.setattr("huggingface_hub.get_token", lambda: None)
    assert isinstance(command(*arguments).exception, MissingResource)
    monkeypatch.setattr("huggingface_hub.get_token", lambda: TOKEN)
    done = command(*arguments, "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["url"].startswith(f"{hub.url}/datasets/{NAME}/commit/")
    files = dict(hub.branches["main"])
    assert files.pop(".gitattributes")
    assert files == tree(tmp_path / "out")
    assert f"--benchmark {NAME} " in files["README.md"].decode()


def test_wrong_usage(tmp_path: Path) -> None:
    done = command("sample", "--out", str(tmp_path / "out"), "--pull-request")
    assert isinstance(done.exception, InputError)
    assert "`pull_request` needs `push`" in str(done.exception)
    assert not (tmp_path / "out").exists()
    both = command("sample", "--out", str(tmp_path / "out"), "--work", "w")
    assert both.exit_code == 2
    assert "replaces --work" in both.output
    assert CliRunner().invoke(publish, []).exit_code == 2
    assert "Example:" in CliRunner().invoke(publish, ["--help"]).output
