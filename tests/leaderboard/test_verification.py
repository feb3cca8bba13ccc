"""What verification accepts, what it says of the rest, and that no entry stops another."""

from __future__ import annotations

import itertools
import json
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.errors import InputError, MissingResource, OutputError
from locomo_vqa.files import sha256_file
from locomo_vqa.leaderboard.board import Board, read_board
from locomo_vqa.leaderboard.board_entry import Entry
from locomo_vqa.leaderboard.cli.leaderboard import leaderboard
from locomo_vqa.leaderboard.verification import verify as verification
from locomo_vqa.leaderboard.verification.verify import verify
from locomo_vqa.locks import locked_folder
from locomo_vqa.runs import Prediction
from locomo_vqa.scores import Scorer, Scores

Submit = Callable[..., Path]
Reseal = Callable[..., None]

UNRECORDED = "run.json does not say what the system ran on: an earlier version wrote it."
"""The note on entries that the tests write by hand."""


def _only(board: Board) -> Entry:
    (entry,) = board.entries
    return entry


def _rows(entry: Path) -> list[dict[str, Any]]:
    lines = (entry / "predictions.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def _write_rows(entry: Path, rows: list[dict[str, Any]]) -> None:
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (entry / "predictions.jsonl").write_text(text, encoding="utf-8")


def _edit_run(entry: Path, edit: Callable[[dict[str, Any]], Any]) -> None:
    info = json.loads((entry / "run.json").read_text(encoding="utf-8"))
    edit(info)
    (entry / "run.json").write_text(json.dumps(info), encoding="utf-8")


def test_a_good_entry_is_scored(
    submitted: Submit, submissions: Path, benchmark: Benchmark, scorer: Scorer
) -> None:
    path = submitted(answers={"conv-1/v/D1:1/colour": "blue", "conv-1/t/1": None})
    entry = _only(verify(submissions, benchmark=benchmark, scorer=scorer))
    assert entry.problems == () and entry.notes == (UNRECORDED,)
    assert (entry.name, entry.state, entry.split) == (
        "echo__tiny-1/2026-08-31",
        "rescored",
        "test",
    )
    assert entry.files == {
        name: sha256_file(path / name)
        for name in ("metadata.yaml", "predictions.jsonl", "run.json")
    }
    assert entry.scores is not None and entry.metadata is not None
    assert entry.metadata["system"]["name"] == "echo"
    # One of the two visual questions is right, and two of the three in text.
    assert entry.scores["metrics"]["v"]["overall"]["value"] == 50
    assert entry.scores["metrics"]["f1"]["overall"]["value"] == pytest.approx(2 / 3)
    assert entry.scores["rows"]["states"] == {"ok": 4, "error": 1}


def test_the_board_is_a_valid_file_with_the_same_bytes_each_time(
    submitted: Submit, submissions: Path, benchmark: Benchmark, scorer: Scorer
) -> None:
    submitted(system="b")
    submitted(system="a", split="all")
    submitted(system="c", split="validation")
    board = verify(submissions, benchmark=benchmark, scorer=scorer)
    first = (submissions / "board.json").read_bytes()
    assert [entry.name[0] for entry in board.entries] == ["a", "b", "c"]
    assert read_board(submissions) == board
    verify(submissions, benchmark=benchmark, scorer=scorer)
    assert (submissions / "board.json").read_bytes() == first


def test_a_folder_without_submissions_is_refused_and_left_alone(
    submissions: Path, benchmark: Benchmark, scorer: Scorer
) -> None:
    (submissions / "README.md").write_text("Hello", encoding="utf-8")
    (submissions / ".git" / "objects").mkdir(parents=True)
    with pytest.raises(InputError, match="has no submission"):
        verify(submissions, benchmark=benchmark, scorer=scorer)
    with pytest.raises(InputError, match="is not a folder of submissions"):
        verify(submissions / "none", benchmark=benchmark, scorer=scorer)
    assert not (submissions / "board.json").exists()


def test_a_folder_of_another_kind_is_refused_and_left_alone(
    submitted: Submit, make_run: Submit, benchmark: Benchmark, scorer: Scorer
) -> None:
    run, entry = make_run(), submitted()
    (run / "work" / "conv-1").mkdir(parents=True)  # As a system may have left it.
    for folder, kind in ((run, "run"), (entry, "submission"), (benchmark.folder, "benchmark")):
        with pytest.raises(InputError, match=f"is a {kind} folder") as caught:
            verify(folder, benchmark=benchmark, scorer=scorer)
        assert "that submissions were written to" in caught.value.remedy
        assert not (folder / "board.json").exists()


def _symlink_predictions(entry: Path) -> None:
    (entry / "predictions.jsonl").unlink()
    (entry / "predictions.jsonl").symlink_to("/etc/passwd")


def _symlink_metadata(entry: Path) -> None:
    (entry / "metadata.yaml").rename(entry.parent / "elsewhere.yaml")
    (entry / "metadata.yaml").symlink_to(entry.parent / "elsewhere.yaml")


def _fifo(entry: Path) -> None:
    (entry / "run.json").unlink()
    os.mkfifo(entry / "run.json")


def _wrong_hash(entry: Path) -> None:
    rows = _rows(entry)
    rows[0]["prediction"] = "better"
    _write_rows(entry, rows)


def _bomb(entry: Path) -> None:
    lines = ['a: &a ["x","x","x","x","x","x","x","x","x"]']
    names = "abcdefghi"
    for before, name in itertools.pairwise(names):
        lines.append(f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]")
    (entry / "metadata.yaml").write_text("\n".join(lines), encoding="utf-8")


def _python_object(entry: Path) -> None:
    text = "system: !!python/object/apply:os.system ['touch owned']\n"
    (entry / "metadata.yaml").write_text(text, encoding="utf-8")


def _edit_metadata(edit: Callable[[dict[str, Any]], Any]) -> Callable[[Path], None]:
    def change(entry: Path) -> None:
        path = entry / "metadata.yaml"
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        edit(content)
        path.write_text(yaml.safe_dump(content), encoding="utf-8")

    return change


def _metadata_text(text: str) -> Callable[[Path], Any]:
    return lambda entry: (entry / "metadata.yaml").write_text(text, encoding="utf-8")


def _run(edit: Callable[[dict[str, Any]], Any]) -> Callable[[Path], None]:
    return lambda entry: _edit_run(entry, edit)


def _append_metadata(text: str) -> Callable[[Path], Any]:
    def change(entry: Path) -> None:
        with (entry / "metadata.yaml").open("a", encoding="utf-8") as stream:
            stream.write(text)

    return change


def _contact(text: str) -> Callable[[Path], Any]:
    def change(entry: Path) -> None:
        path = entry / "metadata.yaml"
        known = path.read_text(encoding="utf-8")
        changed = re.sub("^contact: .*$", f"contact: {text}", known, flags=re.MULTILINE)
        assert changed != known
        path.write_text(changed, encoding="utf-8")

    return change


def _second_git(entry: Path) -> None:
    text = (entry / "run.json").read_text(encoding="utf-8").rstrip()
    (entry / "run.json").write_text(f'{text[:-1]}, "git": null, "git": null}}', encoding="utf-8")


def _nan_latency(entry: Path) -> None:
    rows = _rows(entry)
    rows[0]["latency_ms"] = float("nan")
    _write_rows(entry, rows)
    _edit_run(entry, lambda run: run["files"].update(_hash_of(entry / "predictions.jsonl")))


def _rows_without_end(entry: Path) -> None:
    _write_rows(entry, _rows(entry)[:1] * 2000)
    _edit_run(entry, lambda run: run["files"].update(_hash_of(entry / "predictions.jsonl")))


def _many_keys(entry: Path) -> None:
    lines = [f"k{number}: 1" for number in range(6000)]
    (entry / "metadata.yaml").write_text("\n".join([*lines, lines[-1]]), encoding="utf-8")


def _hash_of(path: Path) -> dict[str, str]:
    return {path.name: sha256_file(path)}


HOSTILE: dict[str, tuple[Callable[[Path], Any], str]] = {
    "predictions are a link": (_symlink_predictions, "predictions.jsonl: is a symbolic link."),
    "metadata are a link": (_symlink_metadata, "metadata.yaml: is a symbolic link."),
    "a pipe": (_fifo, "run.json: is not a regular file."),
    "wrong hash": (_wrong_hash, "predictions.jsonl: was changed after the run"),
    "alias bomb": (_bomb, "metadata.yaml: anchors and aliases are not allowed."),
    "python tag": (_python_object, "could not determine a constructor for the tag"),
    "a set": (
        _contact("!!set {a: null, b: null}"),
        "metadata.yaml: line 14: !!set is not allowed.",
    ),
    "bytes": (_contact("!!binary aGk="), "!!binary is not allowed."),
    "ordered pairs": (_contact("!!omap [a: b]"), "!!omap is not allowed."),
    "pairs": (_contact("!!pairs [a: b]"), "!!pairs is not allowed."),
    "a date object": (_contact("!!timestamp 2026-08-31"), "!!timestamp is not allowed."),
    "a set as a key": (_contact("{? !!set {a} : b}"), "!!set is not allowed."),
    "a merge key": (_contact("{<<: {a: b}}"), "a merge key (<<) is not allowed."),
    "options without end": (_run(lambda run: run.update(options=["a=b"] * 201)), "is too long"),
    "an option without end": (
        _run(lambda run: run.update(options=["a=" + "b" * 10_000])),
        "run.json: options[0]: 'a=bbb",
    ),
    "deep": (_metadata_text("[" * 500 + "]" * 500), "nested more than 10 deep"),
    "not YAML": (_metadata_text("a: [b"), "can't be read as plain YAML at line 1"),
    "huge number": (_metadata_text("top_k: " + "9" * 9000), "a value can't be read"),
    "huge metadata": (_metadata_text("#" * (70 << 10)), "metadata.yaml: is larger than 64 KiB."),
    "control bytes": (_metadata_text("system: \x01"), "special characters are not allowed"),
    "a list": (_metadata_text("[1, 2]"), "metadata.yaml: [1, 2] is not of type 'object'."),
    "wrong type": (_edit_metadata(lambda m: m["system"].update(name=5)), "5 is not of type"),
    "not finite": (
        _edit_metadata(lambda m: m["answerer"].update(temperature=float("nan"))),
        "a number is not finite",
    ),
    "a key twice": (
        _append_metadata("contact: other@example.org\n"),
        "metadata.yaml: the key 'contact' appears twice.",
    ),
    "a key of run.json twice": (_second_git, "the key 'git' appears twice in one object"),
    "NaN as latency": (_nan_latency, "line 1: the predictions file can't be parsed as JSON"),
    "other images": (
        _edit_metadata(lambda m: m.update(image_handling="none")),
        "metadata.yaml: image_handling is 'none', but run.json says 'pixels'.",
    ),
    "other way to ask": (
        _edit_metadata(lambda m: m.update(visual_handling="recalled")),
        "metadata.yaml: visual_handling is 'recalled', but run.json says 'given'.",
    ),
    "other answerer": (
        _edit_metadata(lambda m: m["answerer"].update(model="big")),
        "metadata.yaml: answerer.model is 'big', but run.json says 'tiny-1'.",
    ),
    "other revision": (
        _run(lambda run: run["dataset"].update(revision="0" * 64)),
        "run.json: the run used another revision of the data set",
    ),
    "other counts": (
        _run(lambda run: run["counts"].update(answered=4)),
        "run.json: counts 4 answered, but the file has 5.",
    ),
    "unfinished": (_run(lambda run: run.update(counts=None)), "run.json: has no counts"),
    "a trial with all answers": (
        _run(lambda run: run.update(limit=5)),
        "run.json: is a trial: at most 5 of each conversation's questions were asked.",
    ),
    "far too many rows": (_rows_without_end, "predictions.jsonl: has more than 1,0"),
    "many keys, one twice": (_many_keys, "metadata.yaml: the key 'k5999' appears twice."),
    "a negative count": (
        _run(lambda run: run["counts"].update(failed=-1)),
        "run.json: counts.failed: -1 is less than the minimum of 0.",
    ),
    "an absurd count": (
        _run(lambda run: run["counts"].update(total=10**40)),
        "is too large",
    ),
    "a temperature below zero": (
        _edit_metadata(lambda m: m["answerer"].update(temperature=-1)),
        "-1 is less than the minimum of 0",
    ),
    "no run": (lambda entry: (entry / "run.json").unlink(), "run.json: is missing."),
    "no JSON": (lambda entry: (entry / "run.json").write_text("{"), "is not valid JSON"),
    "not UTF-8": (lambda entry: (entry / "run.json").write_bytes(b"\xff"), "is not UTF-8 text"),
    "large run": (
        lambda entry: (entry / "run.json").write_text(" " * ((1 << 20) + 1)),
        "run.json: is larger than 1 MiB.",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_bad_entry_is_rejected_and_the_others_are_scored(
    name: str, submitted: Submit, submissions: Path, benchmark: Benchmark, scorer: Scorer
) -> None:
    change, problem = HOSTILE[name]
    change(submitted(system="bad"))
    submitted(system="good")
    board = verify(submissions, benchmark=benchmark, scorer=scorer)
    bad, good = board.entries
    assert good.state == "rescored"
    assert bad.state == "rejected" and bad.scores is None
    assert any(problem in sentence for sentence in bad.problems), bad.problems
    assert str(submissions) not in json.dumps(board.to_json())
    assert read_board(submissions) == board


def _change_first(**changes: Any) -> Callable[[list[dict[str, Any]]], Any]:
    return lambda rows: rows[0].update(changes)


BAD_ROWS: dict[str, tuple[Callable[[list[dict[str, Any]]], Any], str]] = {
    "unknown": (
        _change_first(question_id="conv-9/t/0"),
        "1 row for questions that are not in the split: conv-9/t/0.",
    ),
    "another split's": (
        _change_first(question_id="conv-3/t/0"),
        "1 row for questions that are not in the split: conv-3/t/0.",
    ),
    "missing": (
        lambda rows: rows.__delitem__(slice(1, 5)),
        "4 questions of the split without a row: conv-1/t/1, conv-1/v/D1:1/colour, conv-2/t/0 and "
        "1 more.",
    ),
    "twice": (lambda rows: rows.append(rows[0]), "1 row for questions that already have one"),
    "shape": (_change_first(state="fine"), "line 1, state: 'fine' is not one of"),
    "answer and failure": (_change_first(state="error"), "the state is error, but there is an"),
    "no answer": (_change_first(prediction=None), "the state is ok, but there is no answer"),
    "10 MB answer": (
        _change_first(prediction="x" * 10_000_000),
        "line 1: the answer is longer than",
    ),
    "20 MB answer": (_change_first(prediction="x" * 20_000_000), "line 1: is longer than 16 MiB."),
    "long answer": (
        _change_first(prediction="x" * 1_000_001),
        "line 1: the answer is longer than 1,000,000 characters.",
    ),
}


@pytest.mark.parametrize("name", BAD_ROWS)
def test_bad_rows_are_problems(
    name: str,
    submitted: Submit,
    submissions: Path,
    benchmark: Benchmark,
    scorer: Scorer,
    reseal: Reseal,
) -> None:
    change, problem = BAD_ROWS[name]
    path = submitted()
    rows = _rows(path)
    change(rows)
    _write_rows(path, rows)
    reseal(path, total=len(rows), answered=len(rows))
    entry = _only(verify(submissions, benchmark=benchmark, scorer=scorer))
    assert entry.state == "rejected"
    assert len(entry.problems) <= 2
    assert any(problem in sentence for sentence in entry.problems), entry.problems


def test_a_truncated_file_is_a_problem(
    submitted: Submit, submissions: Path, benchmark: Benchmark, scorer: Scorer, reseal: Reseal
) -> None:
    path = submitted()
    content = (path / "predictions.jsonl").read_bytes()
    (path / "predictions.jsonl").write_bytes(content[:-20])
    reseal(path)
    entry = _only(verify(submissions, benchmark=benchmark, scorer=scorer))
    (problem,) = entry.problems
    assert problem.startswith("predictions.jsonl: the predictions file is not valid JSON at line 5")


def test_hostile_names_and_answers_are_just_texts(
    submitted: Submit, submissions: Path, benchmark: Benchmark, scorer: Scorer
) -> None:
    text = "<script>alert(1)</script>"
    submitted(system=text, answers={"conv-1/t/0": text})
    entry = _only(verify(submissions, benchmark=benchmark, scorer=scorer))
    assert entry.state == "rescored" and entry.metadata is not None
    assert entry.metadata["system"]["name"] == text


@pytest.mark.parametrize(
    ("folder", "shown", "problem"),
    [
        ("a b__c/2026-08-31", "a b__c/2026-08-31", "<system>__<answerer>"),
        ("bare/2026-08-31", "bare/2026-08-31", "<system>__<answerer>"),
        ("\x1b[31mred__x/2026-08-31", "\\x1b[31mred__x/2026-08-31", "<system>__<answerer>"),
        ("\u202eevil__x/2026-08-31", "\\u202eevil__x/2026-08-31", "<system>__<answerer>"),
        ("\udcff__x/2026-08-31", "\\udcff__x/2026-08-31", "<system>__<answerer>"),
        (f"{'x' * 150}__y/2026-08-31", f"{'x' * 150}__y/2026-08-31", "at most 150"),
        ("a__b/yesterday", "a__b/yesterday", "is not a date"),
        ("a__b/2026-02-30", "a__b/2026-02-30", "is not a date"),
    ],
)
def test_an_odd_folder_name_is_rejected_unread(
    folder: str,
    shown: str,
    problem: str,
    submitted: Submit,
    submissions: Path,
    benchmark: Benchmark,
    scorer: Scorer,
) -> None:
    good = submitted()
    (submissions / folder).parent.mkdir()
    good.rename(submissions / folder)
    good.parent.rmdir()
    entry = _only(verify(submissions, benchmark=benchmark, scorer=scorer))
    assert (entry.name, entry.state, entry.files) == (shown, "rejected", {})
    assert problem in entry.problems[0]
    assert _only(read_board(submissions)) == entry


def test_linked_folders_are_not_followed(
    submitted: Submit, submissions: Path, benchmark: Benchmark, scorer: Scorer, tmp_path: Path
) -> None:
    path = submitted()
    path.rename(tmp_path / "outside")
    path.symlink_to(tmp_path / "outside")
    (submissions / "linked__x").symlink_to(path.parent)
    board = verify(submissions, benchmark=benchmark, scorer=scorer)
    assert [(e.name, e.state, e.problems) for e in board.entries] == [
        ("echo__tiny-1/2026-08-31", "rejected", ("The folder is a symbolic link.",)),
        ("linked__x", "rejected", ("The folder is a symbolic link.",)),
    ]


def test_other_files_are_ignored_and_noted(
    submitted: Submit, submissions: Path, benchmark: Benchmark, scorer: Scorer
) -> None:
    path = submitted()
    (path / "scores.json").write_text('{"v": 100}', encoding="utf-8")
    (path / "setup.py").write_text("raise SystemExit", encoding="utf-8")
    entry = _only(verify(submissions, benchmark=benchmark, scorer=scorer))
    assert entry.state == "rescored"
    assert entry.notes == (
        "Ignored, because an entry has only three files: scores.json, setup.py.",
        UNRECORDED,
    )


def test_lone_surrogates_do_not_break_the_board(
    submitted: Submit, submissions: Path, benchmark: Benchmark, scorer: Scorer
) -> None:
    path = submitted()
    text = (path / "metadata.yaml").read_text(encoding="utf-8")
    (path / "metadata.yaml").write_text(
        text.replace("name: echo", 'name: "\\ud800!"'), encoding="utf-8"
    )
    entry = _only(verify(submissions, benchmark=benchmark, scorer=scorer))
    assert entry.metadata is not None
    assert entry.metadata["system"]["name"] == "\ufffd!"


class _Failing:
    """A scorer that raises when an answer is `crash`."""

    def __init__(self, scorer: Scorer, error: Exception) -> None:
        self.scorer, self.error = scorer, error

    def __call__(
        self, predictions: Sequence[Prediction], benchmark: Benchmark, **options: Any
    ) -> Scores:
        if any(p.prediction == "crash" for p in predictions):
            raise self.error
        return self.scorer(predictions, benchmark, **options)


def test_progress_counts_entries(
    submitted: Submit, submissions: Path, benchmark: Benchmark, scorer: Scorer
) -> None:
    submitted(system="a")
    submitted(system="b")
    seen: list[tuple[str, int, int | None]] = []
    verify(
        submissions, benchmark=benchmark, scorer=scorer, progress=lambda *step: seen.append(step)
    )
    assert seen == [("Verify submissions", done, 2) for done in (0, 1, 2)]


def test_an_entry_that_breaks_the_scorer_is_rejected(
    submitted: Submit, submissions: Path, benchmark: Benchmark, scorer: Scorer
) -> None:
    submitted(system="bad", answers={"conv-1/t/0": "crash"})
    submitted(system="good")
    bad, good = verify(
        submissions, benchmark=benchmark, scorer=_Failing(scorer, ValueError("too odd"))
    ).entries
    assert bad.problems == ("It can't be checked (ValueError: too odd).",)
    assert good.state == "rescored"


def test_what_this_machine_lacks_is_not_the_entry_s_fault(
    submitted: Submit, submissions: Path, benchmark: Benchmark, scorer: Scorer
) -> None:
    submitted(answers={"conv-1/t/0": "crash"})
    with pytest.raises(MissingResource):
        verify(
            submissions,
            benchmark=benchmark,
            scorer=_Failing(scorer, MissingResource("No table.", "Get it.")),
        )
    assert not (submissions / "board.json").exists()


def test_another_benchmark_rejects_everything(
    submitted: Submit, submissions: Path, benchmark: Benchmark, scorer: Scorer
) -> None:
    submitted()
    other = replace(benchmark, revision="f" * 64)
    assert _only(verify(submissions, benchmark=other, scorer=scorer)).state == "rejected"


def test_the_command_prints_a_table_and_problems(
    submitted: Submit,
    submissions: Path,
    benchmark: Benchmark,
    scorer: Scorer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    submitted(system="good")
    _wrong_hash(submitted(system="bad"))
    arguments = ["verify", str(submissions), "--benchmark", str(benchmark.folder)]
    monkeypatch.setattr(verification, "default_scorer", lambda **_: scorer)
    done = CliRunner().invoke(leaderboard, arguments, standalone_mode=False)
    assert done.return_value == 1, done.output
    assert "100.0" in done.output
    assert "bad__tiny-1/2026-08-31: problem: predictions.jsonl: was changed" in done.output
    as_json = CliRunner().invoke(leaderboard, [*arguments, "--json"])
    assert json.loads(as_json.output) == json.loads((submissions / "board.json").read_text())


def test_the_command_leaves_with_0_when_nothing_is_rejected(
    submitted: Submit,
    submissions: Path,
    benchmark: Benchmark,
    scorer: Scorer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    submitted()
    arguments = ["verify", str(submissions), "--benchmark", str(benchmark.folder)]
    monkeypatch.setattr(verification, "default_scorer", lambda **_: scorer)
    done = CliRunner().invoke(leaderboard, arguments, standalone_mode=False)
    assert done.return_value == 0, done.output


@pytest.mark.skipif(os.name == "nt", reason="folders can't be locked")
def test_two_verifications_do_not_meet(
    submitted: Submit, submissions: Path, benchmark: Benchmark, scorer: Scorer
) -> None:
    submitted()
    with (
        locked_folder(submissions, busy="", remedy=""),
        pytest.raises(OutputError, match="another process is verifying these submissions"),
    ):
        verify(submissions, benchmark=benchmark, scorer=scorer)
