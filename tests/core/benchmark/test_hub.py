"""A benchmark on the Hub: the real client against a server that speaks its calls."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from locomo_vqa.benchmark.locate import SAMPLE_FOLDER
from tests.conftest import Cli
from tests.core.hub_server import hub_server, respond
from tests.serving import QuietHandler, serve_handler


@pytest.mark.slow
def test_a_benchmark_is_downloaded_and_checked(cli_process: Cli, tmp_path: Path) -> None:
    with hub_server("org/name", SAMPLE_FOLDER) as url:
        environment = {"HF_ENDPOINT": url, "HF_HOME": str(tmp_path / "cache")}
        done = cli_process("data", "info", "org/name", "--json", **environment)
        assert done.returncode == 0, done.stderr
        manifest = json.loads((SAMPLE_FOLDER / "benchmark.json").read_text())
        assert json.loads(done.stdout)["manifest"] == manifest
        done = cli_process("run", "bm25", "--benchmark", "org/name", "--out", "run", **environment)
        assert done.returncode == 0, done.stderr
        done = cli_process("data", "info", "org/other", **environment)
        assert done.returncode == 2
        assert "org/other: is not a local folder" in done.stderr
        assert "the Hugging Face Hub has no data set of that name" in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_name_is_a_folder_or_a_data_set_and_both_are_said(
    cli_process: Cli, tmp_path: Path
) -> None:
    """Nothing listens at port 9; then the client is set to stay offline."""
    nowhere = {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HOME": str(tmp_path / "cache")}
    for environment in (nowhere, {**nowhere, "HF_HUB_OFFLINE": "1"}):
        done = cli_process("run", "bm25", "--benchmark", "a/b", "--out", "run", **environment)
        assert done.returncode == 2
        assert "a/b: is not a local folder, and the Hugging Face Hub can't be reached" in (
            done.stderr
        )
        assert "For a folder, check the path; for a data set, check the network" in done.stderr
        assert "Traceback" not in done.stderr
    (tmp_path / "a" / "b").mkdir(parents=True)
    done = cli_process("data", "info", "a/b", **nowhere)
    assert "a/b: is not a benchmark folder" in done.stderr


TOKEN = "hf_PlantedPlanted0123456789"


@pytest.mark.slow
def test_the_token_is_sent_to_the_hub_alone(cli_process: Cli, tmp_path: Path) -> None:
    """Files come from another host, as the Hub's do, and the Hub repeats the token in an error."""
    seen: dict[str, set[str | None]] = {"hub": set(), "files": set()}
    found = (path for path in SAMPLE_FOLDER.rglob("*") if path.is_file())
    files = {path.relative_to(SAMPLE_FOLDER).as_posix(): path for path in found}

    class Files(QuietHandler):
        def do_GET(self) -> None:
            seen["files"].add(self.headers["authorization"])
            self.reply(200, files[self.path[1:]].read_bytes(), {})

        do_HEAD = do_GET

    class Hub(QuietHandler):
        def do_GET(self) -> None:
            seen["hub"].add(self.headers["authorization"])
            status, data, headers = respond("org/name", files, self.path.split("?")[0])
            if "/resolve/" in self.path:
                elsewhere = elsewhere_url.replace("127.0.0.1", "localhost")
                location = f"{elsewhere}/{self.path.partition('/resolve/')[2].partition('/')[2]}"
                head = {"X-Linked-Size": str(len(data)), "X-Linked-Etag": headers["ETag"]}
                status, data, headers = 302, b"", {**headers, **head, "Location": location}
            if "/org/other" in self.path:
                said = f"no entry for {self.headers['authorization']}"
                status, headers = 403, {"X-Error-Message": said}
            self.reply(status, data, headers, body=self.command == "GET")

        do_HEAD = do_GET

    with serve_handler(Files) as elsewhere_url, serve_handler(Hub) as url:
        environment = {"HF_ENDPOINT": url, "HF_HOME": str(tmp_path / "hf"), "HF_TOKEN": TOKEN}
        done = cli_process("data", "info", "org/name", **environment)
        assert done.returncode == 0, done.stderr
        refused = cli_process("data", "info", "org/other", **environment)
        assert refused.returncode == 2
    assert f"Bearer {TOKEN}" in seen["hub"]
    assert seen["files"] == {None}
    assert "no entry for Bearer …" in refused.stderr
    assert "Planted" not in done.stdout + done.stderr + refused.stderr
