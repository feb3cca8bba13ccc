"""A published file as an entry: what is read, who judged, and what is refused."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.benchmark import Benchmark, load_benchmark
from locomo_vqa.errors import InputError
from locomo_vqa.files import sha256_file
from locomo_vqa.leaderboard.board import read_board
from locomo_vqa.leaderboard.entry_files.folder import find_entries, fingerprint
from locomo_vqa.leaderboard.entry_files.published import read_published
from locomo_vqa.leaderboard.records.results_parquet import results_table
from locomo_vqa.leaderboard.results import result_row
from locomo_vqa.leaderboard.site.entry_data import entry_data
from locomo_vqa.leaderboard.verification.verify import verify
from tests.conftest import SHARED

SOURCE = """\
title: results.json
url: https://example.org/results.json
date: 2025-07-10
system: Elsewhere
answerer: gpt-4o-mini
"""
MakeFile = Callable[..., Path]


@pytest.fixture(scope="module")
def sample() -> Benchmark:
    return load_benchmark("sample")


@pytest.fixture
def make_entry(tmp_path: Path, sample: Benchmark) -> MakeFile:
    """Writes an entry with a file in the layout of Mem0's evaluation; every third is accepted."""

    def make(*, source: str = SOURCE, name: str = "answers.json", **extra: Any) -> Path:
        folder = tmp_path / "board/elsewhere__gpt-4o-mini/2025-07-10"
        folder.mkdir(parents=True)
        (folder / "source.yaml").write_text(source, encoding="utf-8")
        content = json.dumps({**_document(sample), **extra}).encode()
        packed = gzip.compress(content, mtime=0) if name.endswith(".gz") else content
        (folder / name).write_bytes(packed)
        return folder

    return make


def _document(sample: Benchmark) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for number, question in enumerate(_text(sample)):
        found.setdefault(question.conversation, []).append(
            {
                "question": question.question,
                "answer": question.answer,
                "response": "on the balcony",
                "category": str(question.category),
                "llm_score": int(number % 3 == 0),
            }
        )
    return found


def _text(sample: Benchmark) -> list[Any]:
    return [question for question in sample.text_questions if question.category != 5]


@pytest.mark.parametrize("name", ["answers.json", "answers.json.gz"])
def test_answers_verdicts_and_source_are_read(
    make_entry: MakeFile, sample: Benchmark, name: str
) -> None:
    folder = make_entry(name=name)
    found = read_published(folder, sample)
    questions = _text(sample)
    assert [each.question_id for each in found.predictions] == [q.id for q in questions]
    assert {each.prediction for each in found.predictions} == {"on the balcony"}
    assert found.reported is not None
    accepted = [key for key, value in found.reported.values.items() if value == 1]
    assert accepted == [question.id for question in questions[::3]]
    assert found.split == "all"
    assert found.source == {
        "title": "results.json",
        "url": "https://example.org/results.json",
        "date": "2025-07-10",
        "sha256": sha256_file(folder / name),
        "judge": "unknown",
    }
    assert found.metadata["system"]["name"] == "Elsewhere"
    assert found.metadata["image_handling"] is None
    assert (
        "Reported J is not J: it counts the verdicts that the file carries under 'llm_score'; "
        "neither the file nor source.yaml says who judged."
    ) in found.notes


def test_source_yaml_may_name_the_judge(make_entry: MakeFile, sample: Benchmark) -> None:
    found = read_published(make_entry(source=f"{SOURCE}judge: gpt-4o\n"), sample)
    assert found.source["judge"] == "gpt-4o"
    assert found.reported is not None
    assert found.reported.signature == "reported_j:verdicts=llm_score,judge=gpt-4o"


def test_the_file_s_own_judge_comes_first(make_entry: MakeFile, sample: Benchmark) -> None:
    folder = make_entry(source=f"{SOURCE}judge: gpt-4o\n", judge_model="gpt-4.1")
    found = read_published(folder, sample)
    assert found.source["judge"] == "gpt-4.1"
    assert any("names gpt-4.1 as the judge, and source.yaml gpt-4o." in n for n in found.notes)


def test_an_entry_has_its_two_files(make_entry: MakeFile) -> None:
    folder = make_entry()
    (folder / "setup.py").write_text("raise SystemExit", encoding="utf-8")
    prints = fingerprint(folder)
    assert sorted(prints.files) == ["answers.json", "source.yaml"]
    assert (prints.problems, prints.ignored) == ((), ("setup.py",))
    assert [each.name for each in find_entries(folder.parent.parent)] == [
        "elsewhere__gpt-4o-mini/2025-07-10"
    ]
    assert find_entries(folder.parent.parent)[0].problem is None


def _no_answers(folder: Path) -> None:
    (folder / "answers.json").unlink()


def _a_link(folder: Path) -> None:
    (folder / "answers.json").rename(folder.parent / "elsewhere.json")
    (folder / "answers.json").symlink_to(folder.parent / "elsewhere.json")


def _a_pipe(folder: Path) -> None:
    (folder / "answers.json").unlink()
    os.mkfifo(folder / "answers.json")


def _two_files(folder: Path) -> None:
    (folder / "answers.jsonl").write_text("{}\n", encoding="utf-8")


def _not_json(folder: Path) -> None:
    (folder / "answers.json").write_text('{"a": [', encoding="utf-8")


def _deep(folder: Path) -> None:
    (folder / "answers.json").write_text("[" * 100_000 + "]" * 100_000, encoding="utf-8")


def _other_questions(folder: Path) -> None:
    rows = [{"question": f"Who is number {n}?", "response": "me"} for n in range(30)]
    (folder / "answers.json").write_text(json.dumps({"1": rows}), encoding="utf-8")


def _anchors(folder: Path) -> None:
    (folder / "source.yaml").write_text(f"{SOURCE}version: &a x\n", encoding="utf-8")


def _a_tag(folder: Path) -> None:
    bad = f"{SOURCE}version: !!python/object/apply:os.system ['touch owned']\n"
    (folder / "source.yaml").write_text(bad, encoding="utf-8")


def _a_script(folder: Path) -> None:
    bad = SOURCE.replace("https://example.org/results.json", "javascript:alert(1)")
    (folder / "source.yaml").write_text(bad, encoding="utf-8")


def _no_day(folder: Path) -> None:
    bad = SOURCE.replace("2025-07-10", "2025-13-45")
    (folder / "source.yaml").write_text(bad, encoding="utf-8")


def _a_run(folder: Path) -> None:
    (folder / "run.json").write_text("{}", encoding="utf-8")


BAD: Mapping[str, tuple[Callable[[Path], None], str]] = {
    "nothing": (_no_answers, "answers.json: is missing."),
    "link": (_a_link, "answers.json: is a symbolic link."),
    "pipe": (_a_pipe, "answers.json: is not a regular file."),
    "two": (_two_files, "There are several files of answers: answers.json, answers.jsonl."),
    "half": (_not_json, "answers.json: "),
    "deep": (_deep, "answers.json: "),
    "questions": (_other_questions, "answers.json: no row belongs to the benchmark"),
    "anchors": (_anchors, "source.yaml: anchors and aliases are not allowed."),
    "tag": (_a_tag, "source.yaml: can't be read as plain YAML"),
    "day": (_no_day, "source.yaml: date: 2025-13-45 is not a day."),
    "run": (_a_run, "The folder is a run and a published file: it has source.yaml and run.json."),
    "script": (_a_script, "source.yaml: url: "),
}


@pytest.mark.parametrize("case", BAD)
def test_what_can_t_be_used_is_refused_with_the_reason(
    make_entry: MakeFile, sample: Benchmark, case: str, tmp_path: Path
) -> None:
    spoil, reason = BAD[case]
    folder = make_entry()
    spoil(folder)
    with pytest.raises(InputError) as caught:
        read_published(folder, sample)
    assert caught.value.message.startswith(reason)
    assert str(tmp_path) not in caught.value.message


def test_questions_without_an_answer_are_counted(make_entry: MakeFile, sample: Benchmark) -> None:
    folder = make_entry()
    document = _document(sample)
    first = next(iter(document))
    left = sum(map(len, document.values())) - len(document.pop(first))
    (folder / "answers.json").write_text(json.dumps(document), encoding="utf-8")
    found = read_published(folder, sample)
    assert found.notes[0] == (
        f"The file answers {left:,} of {len(_text(sample)):,} text questions; the others count "
        "as wrong."
    )


def test_a_published_file_is_rescored_with_its_verdicts_as_reported_j(
    make_entry: MakeFile, sample: Benchmark
) -> None:
    folder = make_entry(source=f"{SOURCE}trained_on_locomo: false\n")
    board = verify(folder.parent.parent, benchmark=sample, progress=False)
    [entry] = board
    assert entry.problems == ()
    assert (entry.kind, entry.badge, entry.table) == ("file", "rescored", "all-custom")
    assert entry.source is not None and entry.source["judge"] == "unknown"
    questions = _text(sample)
    right = len(questions[::3])
    assert entry.value("reported_j") == pytest.approx(100 * right / len(questions))
    assert entry.value("j") is None, "J is this board's own, and needs its judge"
    assert read_board(board.folder).entries == board.entries
    row = result_row(entry)
    assert (row["images"], row["reported_j"]["judge"]) == ("not stated", "unknown")
    assert row["answerer"] == "gpt-4o-mini"
    unnamed = replace(entry, metadata={**(entry.metadata or {}), "answerer": {"model": None}})
    assert result_row(unnamed)["answerer"] == "not stated"
    [typed] = results_table(board).to_pylist()
    assert typed["reported_j"] == entry.value("reported_j")
    assert (typed["reported_j_n"], typed["reported_judge"]) == (len(questions), "unknown")
    facts = dict(entry_data(board, entry, row)["configuration"])
    assert facts["Published file"] == "results.json"
    assert facts["Reported J, which is not J"].endswith(
        "from the verdicts in the file; it is unknown who judged"
    )
    assert {check.name: check.state for check in entry.checks}["record"] == "not_done"


def test_a_bad_published_file_is_rejected_and_harms_no_other(
    make_entry: MakeFile, sample: Benchmark, tmp_path: Path
) -> None:
    folder = make_entry()
    good = folder.parent.parent / "good__gpt-4o-mini"
    shutil.copytree(folder.parent, good)
    _not_json(folder)
    board = verify(folder.parent.parent, benchmark=sample, progress=False)
    assert [(entry.name, entry.state) for entry in board] == [
        ("elsewhere__gpt-4o-mini/2025-07-10", "rejected"),
        ("good__gpt-4o-mini/2025-07-10", "rescored"),
    ]
    assert board.entries[0].problems[0].startswith("answers.json: ")
    assert str(tmp_path) not in (board.folder / "board.json").read_text(encoding="utf-8")


REAL = SHARED / "data/predictions/memobase_eval_0503_3000.json"


@pytest.mark.slow
@pytest.mark.skipif(not REAL.exists(), reason="the published files are not here")
def test_a_real_file_is_read(tmp_path: Path) -> None:
    """Its publisher prints 70.91 for it: the share of its 1,540 verdicts that accept."""
    from locomo_vqa import import_locomo

    out = tmp_path / "locomo"
    bench = import_locomo(SHARED / "data/locomo10.json", out=out).benchmark
    folder = tmp_path / "memobase__gpt/2025-05-03"
    folder.mkdir(parents=True)
    (folder / "source.yaml").write_text(SOURCE, encoding="utf-8")
    (folder / "answers.json").write_bytes(REAL.read_bytes())
    found = read_published(folder, bench)
    assert found.reported is not None
    verdicts = found.reported.values.values()
    assert (len(verdicts), round(100 * sum(verdicts) / len(verdicts), 2)) == (1540, 70.91)
