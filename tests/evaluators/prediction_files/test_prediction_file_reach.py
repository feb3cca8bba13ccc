"""Rows are found however deeply they are nested, and under whatever names."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.errors import InputError
from locomo_vqa.evaluators.prediction_files import (
    PredictionFile,
    ReadOptions,
    files_in,
    read_prediction_file,
    read_prediction_files,
)

Write = Callable[..., Path]

CLOCK = "Who repaired the clock?"
CATS = "How many cats does Eve have?"
SHED = "What colour is the shed?"
ROWS = [
    {"question": CLOCK, "groundTruth": "Eve", "hypothesis": "Eve"},
    {"question": CATS, "groundTruth": "3", "hypothesis": "two"},
    {"question": SHED, "groundTruth": "green", "hypothesis": "blue"},
]
ALL = {"conv-1/t/2": "blue", "conv-3/t/0": "Eve", "conv-3/t/1": "two"}


def answers(file: PredictionFile) -> dict[str, str | None]:
    return {row.question_id: row.prediction for row in file.predictions}


@pytest.mark.parametrize(
    "name", ["evaluations", "details", "data", "items", "qa_results", "itemResults", "zzz"]
)
@pytest.mark.parametrize("depth", [0, 1, 4])
def test_a_list_of_any_name_at_any_depth(
    benchmark: Benchmark, write: Write, name: str, depth: int
) -> None:
    value: Any = {"runId": "r", "tags": ["a", "b"], "steps": [{"name": "x"}], name: ROWS}
    for _ in range(depth):
        value = {"meta": {"seeds": [1, 2]}, "inner": value}
    file = read_prediction_file(write(value), benchmark)
    assert answers(file) == ALL
    assert file.extra == ()


def test_rows_under_one_users_name(benchmark: Benchmark, write: Write) -> None:
    file = read_prediction_file(write([{**r, "user_id": "bench_user"} for r in ROWS]), benchmark)
    assert answers(file) == ALL


def test_excerpts_of_the_rows_are_not_read_twice(benchmark: Benchmark, write: Write) -> None:
    value = {"failures": ROWS[1:], "results": {"details": ROWS}, "summary": {"worst": ROWS[:1]}}
    file = read_prediction_file(write(value), benchmark)
    assert answers(file) == ALL
    assert (file.extra, file.notes) == ((), ())


def test_parts_of_the_rows_are_read_together(benchmark: Benchmark, write: Write) -> None:
    value = {"correct": ROWS[:1], "wrong": ROWS[1:]}
    assert answers(read_prediction_file(write(value), benchmark)) == ALL


@pytest.mark.parametrize(
    "value",
    [
        {f"q{n}": row for n, row in enumerate(ROWS)},
        {"run": {f"q{n}": row for n, row in enumerate(ROWS)}},
        {name: {str(n): row[name] for n, row in enumerate(ROWS)} for name in ROWS[0]},
        {name: [row[name] for row in ROWS] for name in ROWS[0]},
        {"columns": list(ROWS[0]), "index": [0, 1, 2], "data": [list(r.values()) for r in ROWS]},
        {"schema": {"fields": [{"name": "question"}]}, "data": ROWS},
        [ROWS[:1], ROWS[1:]],
    ],
    ids=["dict", "inner-dict", "columns", "lists", "split", "table", "lists-in-a-list"],
)
def test_dictionaries_of_rows_and_tables_by_columns(
    benchmark: Benchmark, write: Write, value: Any
) -> None:
    assert answers(read_prediction_file(write(value), benchmark)) == ALL


def test_keys_given_by_name_or_by_a_path(benchmark: Benchmark, write: Write) -> None:
    rows = [{"ask": {"text": r["question"]}, "out": [{"say": r["hypothesis"]}]} for r in ROWS]
    file = read_prediction_file(
        write({"x": rows}), benchmark, question_key="ask.text", prediction_key="out.0.say"
    )
    assert answers(file) == ALL
    with pytest.raises(InputError, match=r"no row has the key 'out.1.say'"):
        read_prediction_file(
            write({"x": rows}), benchmark, question_key="ask.text", prediction_key="out.1.say"
        )


def test_an_answer_and_a_question_within_objects_of_a_row_are_found(
    benchmark: Benchmark, write: Write
) -> None:
    rows = [
        {"id": n, "qa": {"question": r["question"]}, "result": {"response": r["hypothesis"]}}
        for n, r in enumerate(ROWS)
    ]
    assert answers(read_prediction_file(write(rows), benchmark)) == ALL


def test_several_answers_to_a_question_need_a_cutoff(benchmark: Benchmark, write: Write) -> None:
    def row(fields: dict[str, str], *cutoffs: str) -> dict[str, Any]:
        results = {
            name: {"generated_answer": f"{name}: {fields['hypothesis']}", "score": 1.0}
            for name in cutoffs
        }
        return {"question": fields["question"], "cutoff_results": results}

    one = write({"evaluations": [row(r, "top_50") for r in ROWS]})
    file = read_prediction_file(one, benchmark)
    assert answers(file)["conv-3/t/0"] == "top_50: Eve"
    assert file.notes == ("The answers are those of top_50.",)
    two = write({"evaluations": [row(r, "top_50", "top_200") for r in ROWS]})
    with pytest.raises(InputError, match=r"several answers, for top_50, top_200") as caught:
        read_prediction_file(two, benchmark)
    assert "`cutoff`" in caught.value.remedy
    for name in ("top_200", "200"):
        file = read_prediction_file(two, benchmark, cutoff=name)
        assert answers(file)["conv-3/t/0"] == "top_200: Eve"
    with pytest.raises(InputError, match=r"no row has an answer for the cutoff 'top_9'"):
        read_prediction_file(two, benchmark, cutoff="top_9")
    with pytest.raises(InputError, match=r"one answer each"):
        read_prediction_file(write(ROWS), benchmark, cutoff="top_9")


@pytest.mark.parametrize(
    "form", ["conv-{n}_q{i}", "locomo_{p}_qa{i}", "conv{p}_q{i}", "{p}-qa_{i}"]
)
@pytest.mark.parametrize("key", ["question_id", "qaId"])
def test_ids_of_other_harnesses_without_a_text(
    benchmark: Benchmark, write: Write, form: str, key: str
) -> None:
    rows = [
        {
            key: form.format(n=q.conversation[-1], p=int(q.conversation[-1]) - 1, i=q.index),
            "hypothesis": q.id,
        }
        for q in benchmark.text_questions
    ]
    file = read_prediction_file(write(rows[::-1]), benchmark)
    assert len(file.predictions) == 17
    assert all(name == answer for name, answer in answers(file).items())


@pytest.mark.parametrize("base", [0, 1])
@pytest.mark.parametrize("adversarial", [True, False])
def test_numbers_that_gold_answers_explain(
    benchmark: Benchmark, write: Write, base: int, adversarial: bool
) -> None:
    asked = [
        q
        for q in benchmark.text_questions
        if q.conversation == "conv-2" and (adversarial or q.category != 5)
    ]
    numbered = [
        {"question_id": f"conv-2_q{n + base}", "response": q.id, "gold_answer": q.answer}
        for n, q in enumerate(asked)
    ]
    rows = [row for row in numbered if row["gold_answer"] not in (None, "rye bread")]
    file = read_prediction_file(write(rows), benchmark)
    assert answers(file) == {name: name for name in ("conv-2/t/2", "conv-2/t/3", "conv-2/t/4")}


@pytest.mark.parametrize("lines", [True, False])
def test_an_archive_is_unpacked(benchmark: Benchmark, write: Write, lines: bool) -> None:
    path = write(ROWS, lines=lines)
    path.write_bytes(gzip.compress(path.read_bytes()))
    assert answers(read_prediction_file(path, benchmark)) == ALL


def _folder(tmp_path: Path, **files: Any) -> Path:
    for name, value in files.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(value), encoding="utf-8")
    return tmp_path


def test_the_files_of_a_folder_are_one_set_of_answers(benchmark: Benchmark, tmp_path: Path) -> None:
    data = [{"question": r["question"], "answer": r["groundTruth"]} for r in ROWS]
    folder = _folder(tmp_path, part_1=ROWS[:1], part_2={"rows": ROWS[1:]}, data=data)
    (folder / "notes.txt").write_text("nothing", encoding="utf-8")
    file = read_prediction_files(files_in(folder), benchmark, ReadOptions(), choose=True)
    assert answers(file) == ALL
    assert file.notes == (
        "2 files were read as one.",
        "Files without predictions were left out: 1.",
    )
    with pytest.raises(InputError, match="has no predictions"):
        read_prediction_files(files_in(folder), benchmark, ReadOptions())


def test_two_files_may_not_answer_one_question(benchmark: Benchmark, tmp_path: Path) -> None:
    folder = _folder(tmp_path, run_1=ROWS, run_2=ROWS)
    with pytest.raises(InputError, match=r"run_1.json and run_2.json both answer the question"):
        read_prediction_files(files_in(folder), benchmark, ReadOptions())


def test_a_folder_without_files(benchmark: Benchmark, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="neither a run folder nor a folder with predictions"):
        files_in(tmp_path)


def test_a_refusal_names_the_lists_that_were_seen(benchmark: Benchmark, write: Write) -> None:
    value = {"steps": [{"name": "x"}], "out": {"pairs": [{"q": CLOCK, "a": "Eve"}] * 3}}
    with pytest.raises(InputError) as caught:
        read_prediction_file(write(value), benchmark)
    assert "steps (1 of {name}); out.pairs (3 of {q, a})" in caught.value.message
    assert "`question_key`" in caught.value.remedy
    file = read_prediction_file(write(value), benchmark, question_key="q", prediction_key="a")
    assert answers(file) == {"conv-3/t/0": "Eve"}


def test_a_refusal_names_the_texts_within_rows(benchmark: Benchmark, write: Write) -> None:
    rows = [{"question": CLOCK, "steps": {"last": {"words": "Eve"}}}]
    with pytest.raises(InputError, match=r"within them steps.last.words"):
        read_prediction_file(write(rows), benchmark)


def test_an_answer_that_is_not_the_gold_answer_is_the_prediction(
    benchmark: Benchmark, write: Write
) -> None:
    rows = [
        {"question": q.question, "user_id": q.conversation, "answer": f"I think {q.answer}"}
        for q in [*benchmark.text_questions] * 2
    ]
    file = read_prediction_file(write(rows), benchmark)
    assert len(file.predictions) == 17
    assert "'answer' was read as the prediction" in file.notes[0]


MODES = {
    mode: {"per_question": [{**r, "hypothesis": f"{mode}: {r['hypothesis']}"} for r in ROWS]}
    for mode in ("fast", "hybrid")
}


@pytest.mark.parametrize(
    "value",
    [
        {"results_by_mode": MODES},
        {mode: part["per_question"] for mode, part in MODES.items()},
        [
            {
                "question": row["question"],
                "responses": {m: f"{m}: {row['hypothesis']}" for m in ("fast", "hybrid")},
            }
            for row in ROWS
        ],
    ],
    ids=["nested", "lists", "texts"],
)
def test_other_answers_to_the_same_questions_are_never_taken_for_excerpts(
    benchmark: Benchmark, write: Write, value: Any
) -> None:
    with pytest.raises(InputError, match="several answers, for fast, hybrid"):
        read_prediction_file(write(value), benchmark)
    file = read_prediction_file(write(value), benchmark, cutoff="hybrid")
    assert answers(file) == {name: f"hybrid: {answer}" for name, answer in ALL.items()}
    assert file.extra == ()
    assert file.notes == ("The answers are those of hybrid.",)


def test_conversations_with_equal_questions_are_not_alternatives(
    benchmark: Benchmark, write: Write
) -> None:
    dog = "What is the dog called?"
    value = {
        "conv-2": [{"question": dog, "response": "Rex"}],
        "conv-3": [
            {"question": dog, "response": "Bo"},
            *({"question": r["question"], "response": "x"} for r in ROWS[:2]),
        ],
    }
    file = read_prediction_file(write(value), benchmark)
    assert answers(file)["conv-2/t/4"] == "Rex"
    assert answers(file)["conv-3/t/2"] == "Bo"


def test_settings_that_look_like_a_row_are_not_one(benchmark: Benchmark, write: Write) -> None:
    for value in (
        {"config": {"prediction": "out/run.json", "k": 5}, "results": ROWS},
        {"question_id": "all", "evaluations": ROWS},
        {"query": "LoCoMo, all", "runs": [{"prediction": "a.json", "rows": ROWS}]},
        {"run": {"response": "json", "items": {"rows": ROWS}}},
        {"settings": {"prediction": "a"}, "answers": {f"q{n}": r for n, r in enumerate(ROWS)}},
    ):
        file = read_prediction_file(write(value), benchmark)
        assert answers(file) == ALL
        assert (file.extra, file.notes) == ((), ())


def test_what_a_row_retrieved_is_not_read_as_rows(benchmark: Benchmark, write: Write) -> None:
    found = [{"question": SHED, "response": "pink"}, {"query": CATS, "text": "9"}]
    rows = [{**row, "retrieved": found, "trace": {"steps": found}} for row in ROWS]
    assert answers(read_prediction_file(write({"rows": rows}), benchmark)) == ALL


def test_answers_of_several_systems_in_objects_of_a_row(benchmark: Benchmark, write: Write) -> None:
    rows = [
        {
            "question": row["question"],
            "answer": row["groundTruth"],
            **{
                system: {"response": f"{system}: {row['hypothesis']}", "is_correct": right}
                for system, right in (("rag", True), ("memory", False))
            },
        }
        for row in ROWS
    ]
    path = write({"records": rows})
    with pytest.raises(InputError, match="several answers, for rag, memory"):
        read_prediction_file(path, benchmark)
    wanted = {name: f"memory: {answer}" for name, answer in ALL.items()}
    for options in ({"cutoff": "memory"}, {"prediction_key": "memory.response"}):
        file = read_prediction_file(path, benchmark, **options)
        assert answers(file) == wanted
        assert file.reported is not None
        assert set(file.reported.values.values()) == {0.0}


def test_a_path_into_cutoffs_needs_no_cutoff(benchmark: Benchmark, write: Write) -> None:
    rows = [
        {"question": r["question"], "by": {n: {"response": f"{n} {r['hypothesis']}"} for n in "ab"}}
        for r in ROWS
    ]
    file = read_prediction_file(write(rows), benchmark, prediction_key="by.b.response")
    assert answers(file) == {name: f"b {answer}" for name, answer in ALL.items()}


@pytest.mark.slow
def test_one_long_line_of_json(benchmark: Benchmark, write: Write) -> None:
    """Longer than a line of JSON Lines may be, as `json.dump` writes large results."""
    rows = [{**row, "context": "memory " * 10**6} for row in ROWS]
    path = write(rows)
    assert path.stat().st_size > 16 << 20
    assert answers(read_prediction_file(path, benchmark)) == ALL
