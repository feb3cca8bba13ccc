"""A run becomes a submission: what is in it, and what is refused."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.leaderboard.cli.submit import submit as submit_command
from locomo_vqa.leaderboard.entry_files.folder_names import folder_name
from locomo_vqa.leaderboard.submission.submit import SubmissionPlan, submit
from locomo_vqa.leaderboard.verification.verify import verify
from locomo_vqa.run_seal import sealed
from locomo_vqa.runs import MAX_ANSWER_CHARS, read_run
from locomo_vqa.scores import Scorer

MakeRun = Callable[..., Path]

METADATA: dict[str, Any] = {"contact": "ada@example.org", "trained_on_locomo": False}
DAY = date(2026, 8, 31)


def test_a_submission_holds_the_run_and_the_metadata(make_run: MakeRun, submissions: Path) -> None:
    run = make_run(system="Echo Memory", model="org/tiny-1")
    submission = submit(
        run,
        to=submissions,
        contact="ada@example.org",
        trained_on_locomo=True,
        custom=True,
        url="https://echo.example",
        commit="abc123",
        date=DAY,
    )
    entry = submission.folder
    assert entry == submissions / "Echo-Memory__org-tiny-1" / "2026-08-31"
    assert sorted(path.name for path in entry.iterdir()) == [
        "metadata.yaml",
        "predictions.jsonl",
        "run.json",
    ]
    for name in ("predictions.jsonl", "run.json"):
        assert (entry / name).read_bytes() == (run / name).read_bytes()
    written = yaml.safe_load((entry / "metadata.yaml").read_text(encoding="utf-8"))
    assert submission.metadata == written
    assert written == {
        "system": {
            "name": "Echo Memory",
            "version": "1.0",
            "url": "https://echo.example",
            "commit": "abc123",
        },
        "answerer": {
            "model": "org/tiny-1",
            "provider": None,
            "temperature": 0.0,
            "prompt_sha256": None,
        },
        "image_handling": "pixels",
        "visual_handling": "given",
        "submission_type": "custom",
        "contact": "ada@example.org",
        "disclosure": {"trained_on_locomo": True},
    }


def test_scores_are_not_copied(make_run: MakeRun, submissions: Path) -> None:
    run = make_run()
    (run / "scores.json").write_text('{"v": 100}', encoding="utf-8")
    entry = submit(run, to=submissions, **METADATA, date=DAY).folder
    assert not (entry / "scores.json").exists()


def test_a_run_without_a_model_says_none(make_run: MakeRun, submissions: Path) -> None:
    entry = submit(make_run(model=None), to=submissions, **METADATA, date=DAY).folder
    assert entry.parent.name == "echo__none"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Mem0 (v1.2)", "Mem0-v1.2"),
        ("../../etc/passwd", "etc-passwd"),
        (".hidden", "hidden"),
        ("a__b", "a_b"),
        ("café", "cafe"),
        ("<script>alert(1)</script>", "script-alert-1-script"),
        ("x" * 500, "x" * 60),
        ("", "xe3b0c442"),
    ],
)
def test_names_become_safe_folder_names(name: str, expected: str) -> None:
    assert folder_name(name) == expected


def test_names_without_any_letter_stay_apart() -> None:
    assert folder_name("記憶") != folder_name("記録")


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_predictions_that_are_not_a_file_are_refused(
    make: Callable[[Path], None], make_run: MakeRun, tmp_path: Path
) -> None:
    run = make_run()
    file = run / "predictions.jsonl"
    file.unlink()
    make(file)
    with pytest.raises(InputError, match=r"predictions\.jsonl: is not a regular file\."):
        submit(run, to=tmp_path / "board")


@pytest.mark.parametrize("counts", [None, {"total": 6, "answered": 5, "failed": 0}])
def test_an_incomplete_run_is_refused(
    make_run: MakeRun, submissions: Path, counts: dict[str, int] | None
) -> None:
    run = make_run(counts=counts)
    with pytest.raises(InputError, match="incomplete") as caught:
        submit(run, to=submissions, **METADATA, date=DAY)
    assert "locomo-vqa run" in caught.value.remedy
    assert list(submissions.iterdir()) == []


def write_journal(run: Path) -> list[str]:
    """Write the journal that a run with these answers would have, and return its lines."""
    rows = map(json.loads, (run / "predictions.jsonl").read_text(encoding="utf-8").splitlines())
    lines = [json.dumps({"event": "answer", "attempt": 1, **row}) for row in rows]
    again = json.loads(lines[0]) | {"state": "error", "prediction": None}
    lines = [json.dumps(again), *lines]
    (run / "journal.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return lines


def test_a_run_agrees_with_its_journal(make_run: MakeRun, submissions: Path) -> None:
    run = make_run()
    write_journal(run)
    assert submit(run, to=submissions, **METADATA, date=DAY).folder.is_dir()


@pytest.mark.parametrize("change", ["cut", "cut in a line", "other answer"])
def test_a_cut_or_changed_journal_is_refused(
    make_run: MakeRun, submissions: Path, change: str
) -> None:
    run = make_run()
    lines = write_journal(run)
    last = json.loads(lines[-1])
    text = "".join(f"{line}\n" for line in lines)
    changed = {
        "cut": text[: -len(lines[-1]) - 1],
        "cut in a line": text[:-5],
        "other answer": text + json.dumps({**last, "prediction": "something else"}) + "\n",
    }[change]
    (run / "journal.jsonl").write_text(changed, encoding="utf-8")
    with pytest.raises(InputError, match="was cut or changed after the run") as caught:
        submit(run, to=submissions, **METADATA, date=DAY)
    assert last["question_id"] in caught.value.message
    assert list(submissions.iterdir()) == []


def test_failed_questions_do_not_make_a_run_incomplete(
    make_run: MakeRun, submissions: Path
) -> None:
    run = make_run(answers={"conv-1/t/0": None})
    assert submit(run, to=submissions, **METADATA, date=DAY).folder.is_dir()


def test_a_submission_is_never_replaced(make_run: MakeRun, submissions: Path) -> None:
    run = make_run()
    entry = submit(run, to=submissions, **METADATA, date=DAY).folder
    before = (entry / "metadata.yaml").read_bytes()
    other = {"contact": "bo@example.org", "trained_on_locomo": True}
    with pytest.raises(OutputError, match="already exists") as caught:
        submit(run, to=submissions, **other, date=DAY)
    assert "`date`" in caught.value.remedy
    assert (entry / "metadata.yaml").read_bytes() == before
    assert submit(run, to=submissions, **other, date=date(2026, 9, 1)).folder.is_dir()


def test_submitting_can_be_repeated(make_run: MakeRun, submissions: Path) -> None:
    run = make_run()
    first = submit(run, to=submissions, **METADATA, date=DAY)
    written = {path: path.stat().st_mtime_ns for path in submissions.rglob("*")}
    assert submit(run, to=submissions, **METADATA, date=DAY).folder == first.folder
    assert {path: path.stat().st_mtime_ns for path in submissions.rglob("*")} == written
    (first.folder / "predictions.jsonl").write_text("{}")
    with pytest.raises(OutputError, match="already exists"):
        submit(run, to=submissions, **METADATA, date=DAY)


def test_a_submission_that_fails_leaves_nothing(
    make_run: MakeRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(source: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    run = make_run()
    monkeypatch.setattr(shutil, "copyfile", full)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(OutputError, match="No space left"):
        submit(run, to=tmp_path / "to" / "board", **METADATA, date=DAY)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"contact": "a" * 201}, r"metadata.yaml: contact: .* is too long"),
        ({"name": "n" * 101}, r"metadata.yaml: system.name: .* is too long"),
    ],
)
def test_metadata_that_does_not_fit_is_refused(
    make_run: MakeRun, submissions: Path, metadata: dict[str, str], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        submit(make_run(), to=submissions, **metadata, date=DAY)
    assert list(submissions.iterdir()) == []


def test_the_command_writes_a_submission(make_run: MakeRun, submissions: Path) -> None:
    run = make_run()
    arguments = [str(run), "--to", str(submissions), "--contact", "ada@example.org"]
    arguments += ["--not-trained-on-locomo", "--date", "2026-08-31", "--name", "Mine", "--json"]
    done = CliRunner().invoke(submit_command, arguments)
    assert done.exit_code == 0, done.output
    entry = submissions / "Mine__tiny-1" / "2026-08-31"
    assert json.loads(done.output) == {"folder": str(entry)}
    assert (entry / "metadata.yaml").is_file()


def test_what_the_submitter_did_not_say_is_null(make_run: MakeRun, submissions: Path) -> None:
    arguments = [str(make_run()), "--to", str(submissions), "--date", "2026-08-31"]
    done = CliRunner().invoke(submit_command, arguments)
    assert done.exit_code == 0, done.output
    (path,) = submissions.glob("*/*/metadata.yaml")
    metadata = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert metadata["contact"] is None
    assert metadata["disclosure"] == {"trained_on_locomo": None}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"to": None}, "`to` must be a path, not None."),
        ({"to": 5}, "`to` must be a path, not 5."),
        ({"name": 5}, "`name` must be a string, not 5."),
        ({"name": ""}, "`name` is empty."),
        ({"name": "  "}, "`name` is empty."),
        *(
            ({"url": url}, f"`url` must begin with http:// or https://, not {url!r}.")
            for url in ("", "notaurl", "file:///a", "javascript:alert(1)", "http://[::")
        ),
        ({"trained_on_locomo": "no"}, "`trained_on_locomo` must be True, False or None, not 'no'."),
        (
            {"training_split": "train"},
            "`training_split` says what the system was trained on, but `trained_on_locomo` does "
            "not say that it was trained.",
        ),
        ({"custom": None}, "`custom` must be True or False, not None."),
        ({"date": "2026-08-31"}, "`date` must be a datetime.date, not '2026-08-31'."),
    ],
)
def test_wrong_arguments_are_refused_before_the_run_is_read(
    tmp_path: Path, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError) as caught:
        submit(tmp_path / "no run", **{"to": tmp_path / "to", **arguments})
    assert caught.value.message == message
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_was_read_can_be_submitted(make_run: MakeRun, submissions: Path) -> None:
    run = read_run(make_run())
    submission = submit(run, to=str(submissions), date=datetime(2026, 8, 31, 12))
    assert submission.folder == submissions / "echo__tiny-1" / "2026-08-31"
    assert (Path(submission) / "run.json").is_file()


def test_the_longest_answer_of_a_run_is_accepted(
    make_run: MakeRun, submissions: Path, benchmark: Benchmark, scorer: Scorer
) -> None:
    # A control character is six bytes of JSON, more than any other.
    submit(make_run(answers={"conv-1/t/0": "\x01" * MAX_ANSWER_CHARS}), to=submissions, date=DAY)
    (entry,) = verify(submissions, benchmark=benchmark, scorer=scorer)
    assert (entry.state, entry.problems) == ("rescored", ())


def test_what_the_board_would_reject_is_refused(make_run: MakeRun, submissions: Path) -> None:
    run = make_run(answers={"conv-1/t/0": "x" * (MAX_ANSWER_CHARS + 1)})
    with pytest.raises(InputError) as caught:
        submit(run, to=submissions, date=DAY)
    assert caught.value.message == (
        f"{run}: the board would reject this run: predictions.jsonl: line 1: the answer is longer "
        "than 1,000,000 characters."
    )
    assert list(submissions.iterdir()) == []


def test_a_submission_shows_itself_in_a_notebook(make_run: MakeRun, submissions: Path) -> None:
    submission = submit(make_run(system="<b>"), to=submissions, trained_on_locomo=False, date=DAY)
    shown = submission._repr_html_()
    cells = re.findall(r"<td[^>]*>([^<]*)</td>", shown)
    assert dict(zip(cells[::2], cells[1::2], strict=True)) == {
        "folder": str(submission.folder),
        "system": "&lt;b&gt;",
        "version": "1.0",
        "answerer": "tiny-1",
        "images": "pixels, given",
        "type": "standard",
        "contact": "–",
        "trained on LoCoMo": "no",
    }


def test_a_script_is_asked_nothing(make_run: MakeRun, submissions: Path) -> None:
    arguments = [str(make_run()), "--to", str(submissions)]
    done = CliRunner().invoke(submit_command, arguments, input="x\ny\nz\n")
    assert done.exit_code == 0
    assert done.output.startswith("Wrote ")


@pytest.mark.parametrize(("said", "sent"), [("", True), ("n", False)])
def test_a_person_is_asked_for_what_is_missing(
    make_run: MakeRun,
    submissions: Path,
    monkeypatch: pytest.MonkeyPatch,
    said: str,
    sent: bool,
) -> None:
    monkeypatch.setattr("locomo_vqa.leaderboard.cli.submit.is_interactive", lambda: True)
    arguments = [str(make_run()), "--to", str(submissions), "--url", "https://echo.example"]
    typed = f"ada@example.org\nmaybe\nyes\nsome\ntrain\n{said}\n"
    done = CliRunner().invoke(submit_command, arguments, input=typed)
    assert done.exit_code == (0 if sent else 1), done.output
    assert done.output.count("tuned on LoCoMo?") == 2
    assert "https://echo.example" in done.output and "predictions.jsonl" in done.output
    found = list(submissions.glob("*/*/metadata.yaml"))
    assert len(found) == sent
    if sent:
        metadata = yaml.safe_load(found[0].read_text(encoding="utf-8"))
        assert metadata["contact"] == "ada@example.org"
        assert metadata["disclosure"] == {"trained_on_locomo": True, "training_split": "train"}
    else:
        assert "Nothing was sent." in done.output


def test_yes_asks_nothing_on_a_terminal(
    make_run: MakeRun, submissions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("locomo_vqa.leaderboard.cli.submit.is_interactive", lambda: True)
    done = CliRunner().invoke(submit_command, [str(make_run()), "--to", str(submissions), "--yes"])
    assert (done.exit_code, done.output.count("?")) == (0, 0)


def test_a_review_sees_everything_and_can_stop_it(make_run: MakeRun, submissions: Path) -> None:
    def refuse(plan: SubmissionPlan) -> None:
        assert plan.name == "echo__tiny-1/2026-08-31"
        assert set(plan.sizes) == {"metadata.yaml", "predictions.jsonl", "run.json"}
        assert plan.sizes["run.json"] == (run / "run.json").stat().st_size
        assert plan.metadata["contact"] is None
        raise RuntimeError("stop")

    run = make_run()
    with pytest.raises(RuntimeError, match="stop"):
        submit(run, to=submissions, date=DAY, review=refuse)
    assert list(submissions.iterdir()) == []


def test_the_embedder_is_shown_and_can_t_be_changed(
    make_run: MakeRun, submissions: Path, benchmark: Benchmark, scorer: Scorer
) -> None:
    said = {"name": "e5", "revision": "0123abc"}
    environment = {
        **{"python": "3.12.0", "implementation": "cpython", "platform": "linux"},
        **{"distributions": {}, "modules": {}, "files": {}, "embedder": said},
    }
    record = {"environment": environment, "attempts": []}
    folder = make_run(record=record)
    info = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps(sealed(info)))
    made = submit(folder, to=submissions, contact="ada@example.org", date=DAY)
    assert made.metadata["embedder"] == said
    assert "e5 0123abc" in made._repr_html_()
    assert verify(submissions, benchmark=benchmark, scorer=scorer).entries[0].problems == ()
    path = made.folder / "metadata.yaml"
    path.write_text(path.read_text().replace("0123abc", "9876fed"))
    (entry,) = verify(submissions, benchmark=benchmark, scorer=scorer).entries
    assert entry.problems == (
        "metadata.yaml: embedder is {'name': 'e5', 'revision': '9876fed'}, but run.json says "
        "{'name': 'e5', 'revision': '0123abc'}.",
    )


@pytest.mark.parametrize(("on", "table"), [(None, None), ("train", "test"), ("all", None)])
def test_what_a_system_was_trained_on_decides_its_table(
    make_run: MakeRun,
    submissions: Path,
    benchmark: Benchmark,
    scorer: Scorer,
    on: Any,
    table: str | None,
) -> None:
    submit(make_run(), to=submissions, trained_on_locomo=True, training_split=on, date=DAY)
    (entry,) = verify(submissions, benchmark=benchmark, scorer=scorer)
    assert (entry.state, entry.table) == ("rescored", table)


def test_a_run_on_another_revision_is_refused_where_the_benchmark_is_given(
    make_run: MakeRun, submissions: Path, benchmark: Benchmark
) -> None:
    dataset = {
        "id": benchmark.name,
        "revision": "0" * 64,
        "split": "test",
        "sha256": "0" * 64,
    }
    run = make_run(dataset=dataset)
    with pytest.raises(InputError, match="used another revision of the data set than this board"):
        submit(run, to=submissions, benchmark=benchmark, date=DAY)
    assert list(submissions.iterdir()) == []
    assert submit(make_run(), to=submissions, benchmark=benchmark, date=DAY).is_new


def test_the_root_of_a_repository_is_not_a_folder_of_submissions(
    make_run: MakeRun, tmp_path: Path
) -> None:
    clone = tmp_path / "results"
    for name in (".git", "submissions"):
        (clone / name).mkdir(parents=True)
    with pytest.raises(InputError, match="is a repository") as caught:
        submit(make_run(), to=clone, date=DAY)
    assert caught.value.remedy == f"Give {clone / 'submissions'}."
    assert submit(make_run(), to=clone / "submissions", date=DAY).is_new
