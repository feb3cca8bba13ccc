"""A system's folder is in neither the benchmark nor the run, and what it leaves is kept."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.errors import OutputError
from locomo_vqa.evaluators.running import work_folder
from locomo_vqa.evaluators.running.work_folder import ImageCopies, WorkFolder, collect_leftovers
from locomo_vqa.evaluators.scoring import score
from locomo_vqa.files import sha256_file
from tests.evaluators.hosting.hosted import hosted, write_system
from tests.evaluators.recording import SAMPLE, Recorder, harness, recorder


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have a folder for temporary files that only this test uses."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


SPY = """
import json, os, sys
from pathlib import Path

def answers(start):
    for folder in (start, *start.parents):
        for found in (folder / "visual_questions.jsonl", *folder.glob("*/visual_questions.jsonl")):
            try:
                return {q["question"]: q["answer"] for q in map(json.loads, open(found))}
            except OSError:
                pass
    return {}

class Own(Echo):
    def open(self, conversation, workdir, services):
        super().open(conversation, workdir, services)
        self.gold = answers(Path(workdir)) or answers(Path.cwd())
        for name in ("PWD", "OLDPWD"):
            self.gold.update(answers(Path(os.environ.get(name, "/nowhere/at/all"))))
        for row in ("journal.jsonl", "run.json"):
            for folder in Path(workdir).parents:
                assert not (folder / row).exists()

    def add(self, turns):
        super().add(turns)
        for turn in turns:
            for image in turn.images:
                self.gold.update(answers(image.path.parent))
                image.path.write_bytes(b"ruined")

    def answer_visual(self, question, *, image, now):
        return self.gold.get(question, "")
"""


@pytest.mark.slow
def test_a_spy_finds_no_gold_answers_and_ruins_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, temporary: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PWD", str(SAMPLE.folder))
    spec = write_system(tmp_path, "spy_on_gold", SPY)
    before = {path: sha256_file(path) for path in SAMPLE.folder.rglob("*") if path.is_file()}
    run = hosted(spec, tmp_path / "run", split="test", limit=None).run()
    assert {p.state for p in run.predictions} <= {"ok", "empty"}
    assert score(run, metrics=["v"])["v"].value == 0
    assert {path: sha256_file(path) for path in before} == before
    assert list(temporary.iterdir()) == []


def test_what_a_system_leaves_is_kept_in_the_run(tmp_path: Path, temporary: Path) -> None:
    def leave(self: Recorder, conversation: Any, workdir: Path, services: Any) -> None:
        (workdir / "a" / "b").mkdir(parents=True)
        (workdir / "a" / "b" / "store").write_text(conversation.id)
        (workdir / "link").symlink_to(SAMPLE.folder / "benchmark.json")
        (workdir / "folder").symlink_to(SAMPLE.folder)
        if sys.platform != "win32":
            os.mkfifo(workdir / "pipe")

    harness(recorder(open=leave), tmp_path / "run").run()
    work = tmp_path / "run" / "work"
    kept = {path.relative_to(work).as_posix() for path in work.rglob("*") if not path.is_dir()}
    tests = {c.id for c in SAMPLE.conversations if c.split == "test"}
    assert kept == {f"{name}/a/b/store" for name in tests}
    assert all((work / name / "a/b/store").read_text() == name for name in tests)
    assert list(temporary.iterdir()) == []


def test_a_link_in_place_of_the_work_folder_is_not_followed(tmp_path: Path) -> None:
    private = tmp_path / "private"
    private.mkdir()
    (private / "id_ed25519").write_text("a private key")
    with WorkFolder(tmp_path / "run" / "c") as folder:
        folder.work.rename(folder.work.with_name("moved"))
        folder.work.symlink_to(private)
    assert list((tmp_path / "run").rglob("*")) == []
    assert (private / "id_ed25519").is_file()


def test_a_link_in_place_of_a_copy_is_not_written_through(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "copies").mkdir()
    (tmp_path / "copies" / "image-1.png").symlink_to(victim)
    with pytest.raises(OutputError, match="can't be created"):
        ImageCopies(tmp_path / "copies").copy(SAMPLE.image_path(str(SAMPLE.images[0].sha256)))
    assert victim.read_text() == "precious"


def test_what_is_kept_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work_folder, "MAX_KEPT_BYTES", 10)
    monkeypatch.setattr(work_folder, "MAX_KEPT_FILES", 3)
    with WorkFolder(tmp_path / "run" / "c") as folder:
        (folder.work / "deep").mkdir()
        (folder.work / "deep" / "4").write_text("x")
        for name, size in {"1": 4, "2": 7, "3": 4, "5": 2}.items():
            (folder.work / name).write_text("x" * size)
    assert sorted(path.name for path in (tmp_path / "run" / "c").rglob("*")) == ["1", "3", "5"]


def test_what_a_killed_run_left_is_kept_and_removed(tmp_path: Path, temporary: Path) -> None:
    kept = tmp_path / "run" / "work" / "c"
    killed = WorkFolder(kept).__enter__()
    (killed.work / "model_calls.jsonl").write_text("{}\n")
    other = WorkFolder(tmp_path / "run" / "work" / "d").__enter__()
    collect_leftovers(kept)
    assert (kept / "model_calls.jsonl").read_text() == "{}\n"
    assert list(temporary.iterdir()) == [other.work.parent]
    with WorkFolder(kept):
        assert (kept.parent / "c.calls-1.jsonl").is_file()


def test_names_of_copies_say_nothing(tmp_path: Path) -> None:
    copies = ImageCopies(tmp_path)
    first, second = (SAMPLE.image_path(str(r.sha256)) for r in SAMPLE.images[:2])
    assert [copies.copy(path).name for path in (first, second, first)] == [
        "image-1.png",
        "image-2.png",
        "image-1.png",
    ]
    assert copies.copy(first).read_bytes() == first.read_bytes()


def test_a_log_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious\n")
    text = f"""
class Own(Echo):
    def open(self, conversation, workdir, services):
        from pathlib import Path
        log = Path({str(tmp_path / "run" / "work")!r}) / (conversation.id + ".log")
        log.unlink(missing_ok=True)
        log.symlink_to({str(victim)!r})
        print("over it", flush=True)
        raise RuntimeError("and more")
"""
    spec = write_system(tmp_path, "links_its_log", text)
    sys.path.insert(0, str(tmp_path))
    try:
        run = hosted(spec, tmp_path / "run", split="validation", limit=1).run()
    finally:
        sys.path.remove(str(tmp_path))
    assert {p.state for p in run.predictions} == {"not_ingested"}
    assert victim.read_text() == "precious\n"


def test_the_journal_is_read_as_the_harness_wrote_it(tmp_path: Path) -> None:
    """A system that writes two folders above its own forges nothing."""

    def forge(self: Recorder, conversation: Any, workdir: Path, services: Any) -> None:
        row = {"event": "answer", "question_id": "x", "prediction": "forged", "state": "ok"}
        with (workdir.parent / "forged.jsonl").open("a") as stream:
            stream.write(json.dumps(row))

    done = harness(recorder(open=forge), tmp_path / "run").run()
    assert "forged" not in (done.folder / "journal.jsonl").read_text()
    assert not list(done.folder.rglob("forged.jsonl"))
