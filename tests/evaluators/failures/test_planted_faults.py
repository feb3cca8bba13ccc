"""A fault planted in one stage of mem0 is named in at least 95 % of the questions that it meets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from locomo_vqa.benchmark import Erratum
from locomo_vqa.runs import Run

from .planted import Fault, named_right, planted_questions, run_with, sample, why

MakeRun = Callable[[Fault], Run]


@pytest.fixture(scope="module")
def run_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeRun]:
    made: dict[Fault, Run] = {}

    def make(fault: Fault) -> Run:
        if fault not in made:
            with pytest.MonkeyPatch.context() as patch:
                made[fault] = run_with(fault, tmp_path_factory.mktemp(fault), patch)
        return made[fault]

    yield make


@pytest.mark.parametrize(
    ("fault", "cause", "stage"),
    [
        ("extraction", "never_stored", "extraction"),
        ("dropped", "never_stored", "update"),
        ("deleted", "never_stored", "update"),
        ("overwritten", "never_stored", "update"),
        ("retrieval", "not_found", "retrieval"),
        ("generation", "not_used", "generation"),
    ],
)
def test_the_stage_that_lost_the_answer_is_named(
    run_of: MakeRun, fault: Fault, cause: str, stage: str
) -> None:
    failures = why(run_of(fault))
    assert len(failures) >= 90
    assert named_right(failures, cause, stage) >= 0.95


def test_no_cause_is_given_where_every_answer_is_right(run_of: MakeRun) -> None:
    assert len(why(run_of("none"))) == 0


def test_a_judge_that_rejects_right_answers_is_named(run_of: MakeRun) -> None:
    rejected = {question.id: 0.0 for question in planted_questions(sample())}
    failures = why(run_of("none"), **rejected)
    assert len(failures) == len(rejected)
    assert {row.judged_by for row in failures} == {"judge"}
    assert named_right(failures, "judged_wrong", None) == 1


def test_errata_are_named_where_they_change_what_a_right_answer_scores(run_of: MakeRun) -> None:
    run, benchmark = run_of("generation"), sample()
    audited = [
        replace(q, erratum=Erratum(kind="WRONG", changes_score=number % 2 == 0))
        for number, q in enumerate(benchmark.text_questions)
    ]
    changed = replace(benchmark, text_questions=tuple(audited))
    failures = why(run, changed)
    causes = {row.question.id: row.cause for row in failures}
    expected = {
        q.id: "gold_wrong" if q.erratum and q.erratum.changes_score else "not_used" for q in audited
    }
    assert causes == {name: expected[name] for name in causes}
    assert set(causes.values()) == {"gold_wrong", "not_used"}


def test_without_the_list_of_facts_a_lost_one_has_no_stage(run_of: MakeRun) -> None:
    run = run_of("extraction")
    for path in Path(run.folder).glob("work/*/facts.jsonl"):
        path.rename(path.with_name("facts.away"))
    try:
        failures = why(run)
    finally:
        for path in Path(run.folder).glob("work/*/facts.away"):
            path.rename(path.with_name("facts.jsonl"))
    assert named_right(failures, "never_stored", None) >= 0.95


def test_a_record_that_contradicts_itself_decides_nothing(run_of: MakeRun, tmp_path: Path) -> None:
    run = run_of("extraction")
    work = tmp_path / "work" / "sample-01"
    work.mkdir(parents=True)
    row = '{"event": "DELETE", "id": "m1", "text": null, "turns": []}\n'
    (work / "memory.jsonl").write_text(row)
    failures = why(replace(run, folder=tmp_path))
    first = [row for row in failures if row.question.conversation == "sample-01"]
    assert {row.cause for row in first} == {"unknown"}
    assert {row.finding.why for row in first if row.finding} == {
        "The record of the memory is not consistent."
    }


def test_without_record_and_passages_it_is_said_that_the_cause_cannot_be_told(
    run_of: MakeRun, tmp_path: Path
) -> None:
    run = run_of("generation")
    bare = tuple(replace(each, retrieved=()) for each in run.predictions)
    failures = why(replace(run, folder=tmp_path, predictions=bare))
    assert failures.by_cause["unknown"] == len(failures) > 90
    assert failures.to_json()["unknown"] == {
        "The system keeps no record of its memory and gives no passages.": len(failures)
    }


def test_passages_alone_show_what_was_found_and_what_was_stored(
    run_of: MakeRun, tmp_path: Path
) -> None:
    """A passage of another question proves that a fact was stored; without any, it may not be."""
    used = why(replace(run_of("generation"), folder=tmp_path))
    assert named_right(used, "not_used", "generation") >= 0.95
    lost = why(replace(run_of("extraction"), folder=tmp_path))
    assert named_right(lost, "unknown", None) >= 0.95
    run = run_of("generation")
    first: set[str] = set()
    predictions = []
    for each in run.predictions:
        conversation = each.question_id.partition("/")[0]
        keep = conversation not in first
        first.add(conversation)
        predictions.append(each if keep else replace(each, retrieved=each.retrieved[:0]))
    missed = why(replace(run, folder=tmp_path, predictions=tuple(predictions)))
    assert missed.by_cause["not_found"] >= 80
    assert missed.by_stage["retrieval"] == missed.by_cause["not_found"]


def test_failed_and_refused_answers_keep_their_state(run_of: MakeRun) -> None:
    run = run_of("generation")
    states = ("timeout", "refused", "error", "ok")
    changed = tuple(
        replace(each, state=states[number % 4], prediction=None if number % 4 < 3 else "x")
        for number, each in enumerate(run.predictions[:-1])
    )
    failures = why(replace(run, predictions=changed))
    assert len(failures) == len(run.predictions)
    for row in failures:
        assert (row.cause is None) == (row.state != "ok")
    assert failures.by_state["missing"] == 1
    assert sum(failures.by_state.values()) + sum(failures.by_cause.values()) == len(failures)
