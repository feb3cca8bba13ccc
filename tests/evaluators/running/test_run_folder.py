"""Run folders on disks that are full, in the way, or left behind by a killed process."""

from __future__ import annotations

import errno
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.evaluators.running.journal import Journal
from locomo_vqa.evaluators.running.run_folder import begin_run, open_run
from locomo_vqa.files import sha256_file, write_json
from locomo_vqa.runs import read_run
from tests.conftest import Cli
from tests.evaluators.recording import SAMPLE, Recorder, harness, recorder


def test_a_full_disk_stops_the_run_and_names_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.fsync
    left = 5

    def full(handle: int) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(handle)

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OutputError, match=r"run.*No space left on device"):
        harness(recorder(), tmp_path / "run").run()
    monkeypatch.undo()
    assert harness(recorder(), tmp_path / "run").run().info["counts"]["answered"] == 128


def test_nothing_is_written_while_another_process_has_the_folder(tmp_path: Path) -> None:
    """Both found an empty folder; the one that came second to the journal leaves it alone."""
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / ".run.json.abcd1234.part").touch()
    with Journal(folder / "journal.jsonl"):
        with pytest.raises(OutputError, match="another process is writing the journal"):
            harness(recorder(), folder).run()
        assert sorted(path.name for path in folder.iterdir()) == [
            ".run.json.abcd1234.part",
            "journal.jsonl",
        ]
    run = harness(recorder(), folder).run()
    assert run.info["counts"]["answered"] == 128
    assert not (folder / ".run.json.abcd1234.part").exists()


def test_a_run_that_began_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    open_run(folder, {"limit": 1})
    harness(recorder(), folder).run()
    before = (folder / "run.json").read_bytes()
    with pytest.raises(OutputError, match="holds another run: its limit is None, not 1"):
        begin_run(folder, {"limit": 1})
    assert (folder / "run.json").read_bytes() == before


def test_what_is_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    own = harness(recorder(), tmp_path / "run")
    own.run()
    journal = tmp_path / "run" / "journal.jsonl"
    journal.unlink()
    journal.mkdir()
    with pytest.raises(OutputError, match=r"journal\.jsonl.*Is a directory"):
        own.run()
    with pytest.raises(OutputError, match="File name too long"):
        harness(recorder(), tmp_path / ("x" * 300)).run()
    (tmp_path / "blocked").mkdir()
    (tmp_path / "blocked" / ".run.json.abcd1234.part").touch()

    def put_a_file_at_work(self: Recorder, *opened: Any) -> None:
        shutil.rmtree(tmp_path / "blocked" / "work")
        (tmp_path / "blocked" / "work").touch()

    blocked = harness(recorder(open=put_a_file_at_work), tmp_path / "blocked")
    with pytest.raises(OutputError, match=r"work.sample-10: can't be created"):
        blocked.run()


def test_a_wrong_state_in_the_journal_is_told_as_such(tmp_path: Path) -> None:
    harness(recorder(), tmp_path / "run").run()
    journal = tmp_path / "run" / "journal.jsonl"
    lines = journal.read_text().splitlines()
    place = next(n for n, line in enumerate(lines) if '"answer"' in line)
    changes = {
        "state: 'fine' is not one of": ("state", "fine"),
        "event: 'reply' is not one of": ("event", "reply"),
        "attempt: 0 is less than": ("attempt", 0),
    }
    for message, (key, value) in changes.items():
        row = {**json.loads(lines[place]), key: value}
        journal.write_text("\n".join([*lines[:place], json.dumps(row), *lines[place + 1 :], ""]))
        with pytest.raises(InputError, match=f"line {place + 1}, {message}"):
            harness(recorder(), tmp_path / "run").run()


def test_a_run_goes_on_with_an_equal_benchmark(tmp_path: Path) -> None:
    """Errata, a name or another layout change benchmark.json, and not what is asked."""
    broken = recorder(answer=lambda self, question, now: 1 / 0)
    first = harness(broken, tmp_path / "run").run()
    manifest = json.loads((SAMPLE.folder / "benchmark.json").read_text())
    (tmp_path / "images").symlink_to(SAMPLE.folder / "images")
    write_json(tmp_path / "benchmark.json", {**manifest, "name": "again"})
    equal = replace(SAMPLE, name="again", folder=tmp_path)
    run = replace(harness(recorder(), tmp_path / "run"), benchmark=equal)
    done = run.run(retry_failed=True)
    assert done.info["counts"]["answered"] == 128
    assert sha256_file(tmp_path / "benchmark.json") != first.info["dataset"]["sha256"]
    assert read_run(tmp_path / "run").info["dataset"] == first.info["dataset"]
    with pytest.raises(OutputError, match=r"its dataset\.revision is"):
        replace(run, benchmark=replace(equal, revision="f" * 64)).run()
    with pytest.raises(OutputError, match=r"its dataset\.split is 'test', not 'all'"):
        replace(run, split="all").run()


def test_a_lost_image_is_no_failure_of_the_system(tmp_path: Path) -> None:
    run = harness(recorder(), tmp_path / "run")
    (tmp_path / "benchmark.json").write_text("{}")
    with pytest.raises(InputError, match="can't be read"):
        replace(run, benchmark=replace(SAMPLE, folder=tmp_path)).run()
    assert run.run().info["counts"]["answered"] == 128


def test_what_a_killed_process_left_is_nothing(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    for name in (".run.json.ab12cd_9.part", ".predictions.jsonl.zzzzzzzz.part"):
        (tmp_path / "run" / name).write_text('{"schema_ver')
    harness(recorder(), tmp_path / "run").run()
    assert sorted(path.name for path in (tmp_path / "run").iterdir() if path.is_file()) == [
        "journal.jsonl",
        "predictions.jsonl",
        "run.json",
    ]
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / ".run.json").touch()
    with pytest.raises(OutputError, match="is not a run folder"):
        harness(recorder(), tmp_path / "other").run()


def test_a_split_without_questions_is_refused(tmp_path: Path, cli: Cli) -> None:
    text = tuple(q for q in SAMPLE.text_questions if q.split != "test")
    empty = replace(SAMPLE, text_questions=text, visual_questions=())
    with pytest.raises(InputError, match="the split 'test' has no questions"):
        replace(harness(recorder(), tmp_path / "run"), benchmark=empty).run()
    assert not (tmp_path / "run").exists()
