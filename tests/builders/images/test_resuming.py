"""Killed at any moment, the stage continues where it was, and ends in the same folder."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from locomo_vqa.builders.images.fetch_images import fetch_images
from locomo_vqa.builders.images.outcome import ImageOutcome
from locomo_vqa.builders.images.store import ImageStore
from locomo_vqa.errors import InputError, OutputError
from tests.conftest import tree

from .benchmarks_made import make_benchmark
from .conftest import quick
from .drawn import HTML, image_bytes
from .image_server import Gate, ImageServer, reply

KILLS = 20
COUNT = 60
_MAIN = "import sys; from locomo_vqa.builders.cli.images import images; sys.exit(images())"


def start(source: Path, out: Path, *more: str) -> subprocess.Popen[str]:
    arguments = [
        "--benchmark",
        str(source),
        "--out",
        str(out),
        "--allow-private",
        "--in-flight",
        "3",
        *more,
    ]
    return subprocess.Popen(
        [sys.executable, "-c", _MAIN, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def kill_when(process: subprocess.Popen[str], condition: Callable[[], bool]) -> None:
    """Kill the process when the condition holds, or let it end."""
    while process.poll() is None and not condition():
        time.sleep(0.002)
    process.kill()
    process.communicate()


def finished(out: Path) -> set[str]:
    """Return the paths whose outcome is in the journal, complete lines only."""
    journal = out.with_name(f"{out.name}.unfinished") / "images.jsonl"
    if not journal.exists():
        return set()
    lines = journal.read_text().split("\n")[:-1]
    rows = [json.loads(line) for line in lines]
    urls = [each["url"] for row in rows if row["event"] == "urls" for each in row["urls"]]
    assert len(urls) == len(set(urls))
    return {"/" + url.rpartition("/")[2] for url in urls}


@pytest.fixture
def gate() -> Gate:
    """Stands before every image of the source."""
    return Gate()


@pytest.fixture
def source(server: ImageServer, gate: Gate, tmp_path: Path) -> Path:
    for number in range(COUNT):
        image = reply(200, image_bytes(number), delay=0.01)
        server.routes[f"/{number}.png"] = gate.before(image)
    server.routes["/7.png"] = reply(404)
    server.routes["/8.png"] = reply(200, HTML)
    urls = [server.url(f"/{number}.png") for number in range(COUNT)]
    shared = {"conv-1": urls[:40], "conv-2": urls[40:50], "conv-3": [*urls[50:], urls[0]]}
    return make_benchmark(tmp_path / "source", shared)


@pytest.mark.slow
def test_kill_at_any_moment(source: Path, server: ImageServer, gate: Gate, tmp_path: Path) -> None:
    """Each of the first kills comes before all images are there, however late it comes."""
    straight = tmp_path / "straight"
    fetch_images(source, out=straight, settings=quick(server))
    expected = tree(straight)
    server.hits.clear()

    out = tmp_path / "out"
    work = tmp_path / "out.unfinished"
    for number in range(KILLS):
        before, done = server.hits.copy(), finished(out)
        wait = 1 + number % 5
        gate.open(wait if number < KILLS - 4 else COUNT)
        process = start(source, out)
        if number < KILLS - 4:
            kill_when(process, lambda: server.hits.total() - before.total() >= wait)  # noqa: B023
        else:
            part = ["benchmark", "benchmark/images", "benchmark/benchmark.json", "none"][number % 4]
            kill_when(process, lambda: (work / part).exists() or out.exists())  # noqa: B023
        assert not [path for path in done if server.hits[path] > before[path]]
        if out.exists():
            break
    if not out.exists():
        done, before = finished(out), server.hits.copy()
        gate.open()
        process = start(source, out)
        output, _ = process.communicate(timeout=200)
        assert process.returncode == 0, output
        assert not [path for path in done if server.hits[path] > before[path]]
    assert number >= KILLS - 4
    assert tree(out) == expected


@pytest.mark.slow
def test_ctrl_c_keeps_what_is_finished(
    source: Path, server: ImageServer, gate: Gate, tmp_path: Path
) -> None:
    gate.open(20)
    process = start(source, tmp_path / "out")
    while not finished(tmp_path / "out"):
        assert process.poll() is None
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=200)
    assert process.returncode != 0
    gate.open()
    done = finished(tmp_path / "out")
    assert done
    server.hits.clear()
    fetch_images(source, out=tmp_path / "out", settings=quick(server))
    again = {path for path in done if server.hits[path]}
    assert again <= {"/7.png", "/8.png"}  # the settings differ, so losses are tried again


@pytest.mark.slow
def test_no_decoder_outlives_its_run(
    source: Path, server: ImageServer, gate: Gate, tmp_path: Path
) -> None:
    gate.open(20)
    process = start(source, tmp_path / "out")
    while server.hits.total() < 10:
        time.sleep(0.005)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    assert children
    process.kill()
    process.communicate()
    end = time.monotonic() + 100
    while any(Path(f"/proc/{child}").exists() for child in children):
        assert time.monotonic() < end
        time.sleep(0.02)


OK = ImageOutcome(state="ok", sha256="a" * 64, bytes=3, format="png", width=1, height=1)
DEAD = ImageOutcome(state="unavailable", detail="answered 404 Not Found")


def test_what_counts_as_finished(tmp_path: Path) -> None:
    work = tmp_path / "work"
    with ImageStore(work, {"max_bytes": 5}) as store:
        store.path(OK.sha256, OK.format).write_bytes(b"abc")
        for url, outcome in {"ok": OK, "unavailable": DEAD}.items():
            asyncio.run(store.finish(url, outcome))
        later = ImageOutcome(state="not_fetched", detail="answered 503")
        asyncio.run(store.finish("later", later))
    with (work / "images.jsonl").open("ab") as journal:
        journal.write(b'{"event": "urls", "urls": [{"key": "torn')
    with ImageStore(work, {"max_bytes": 5}) as store:
        assert [store.finished(url) for url in ("ok", "unavailable", "later")] == [OK, DEAD, None]
    with ImageStore(work, {"max_bytes": 6}) as store:
        assert [store.finished(url) for url in ("ok", "unavailable", "later")] == [OK, None, None]
        store.path(OK.sha256, OK.format).write_bytes(b"ab")
    with ImageStore(work, {"max_bytes": 6}) as store:
        assert store.finished("ok") is None


def test_two_runs_in_one_place(tmp_path: Path) -> None:
    with (
        ImageStore(tmp_path / "work", {}),
        pytest.raises(OutputError, match="another process"),
    ):
        ImageStore(tmp_path / "work", {})


@pytest.mark.parametrize(
    "line", ['{"event": "urls"}', '{"event": "urls", "urls": [{}]}', "[]", "{broken"]
)
def test_a_damaged_journal(tmp_path: Path, line: str) -> None:
    work = tmp_path / "work"
    ImageStore(work, {}).close()
    with (work / "images.jsonl").open("a") as journal:
        journal.write(line + "\n")
    with pytest.raises(InputError, match=r"images\.jsonl"):
        ImageStore(work, {})


def test_a_folder_that_can_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="can't be saved"):
        ImageStore(tmp_path / "file" / "work", {})
    assert os.listdir(tmp_path) == ["file"]  # noqa: PTH208
