"""The totals of a run, of a conversation and of a question, worked out by hand; and runs' names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from locomo_vqa.evaluators.cli.efficiency import efficiency as command
from locomo_vqa.evaluators.efficiency import efficiency
from locomo_vqa.evaluators.report.cost import _efficiency_by_stage
from locomo_vqa.evaluators.scoring.run_names import name_runs
from locomo_vqa.schemas import validate

from .test_measure import local, metered, write_lines, write_run

PRICES = """schema_version = 1
[[price]]
models = ["m"]
host = "127.0.0.1"
since = 2020-01-01
input = 1000.0
output = 10000.0
"""
"""A thousand dollars a million input tokens, ten thousand a million output tokens."""


def at(second: int) -> str:
    return f"2026-01-01T00:00:{second:02}.000+00:00"


def begin(second: int) -> Any:
    return {"event": "begin", "time": at(second), "retry_failed": False}


def ingest(second: int, conversation: str, state: str = "ok") -> Any:
    facts = {"turns": 1, "latency_ms": 1.0, "error": None}
    return {"event": "ingest", "time": at(second), "conversation": conversation, "state": state} | (
        facts
    )


def answer(second: int, question: str, state: str = "ok") -> Any:
    text = "yes" if state == "ok" else None
    facts = {"prediction": text, "retrieved": [], "usage": None, "latency_ms": 1.0, "error": None}
    head = {"event": "answer", "attempt": 1, "time": at(second)}
    return {**head, "question_id": question, "state": state, **facts}


def call(second: int, conversation: str, sent: int, came: int, **more: Any) -> Any:
    return metered("llm", sent, came, 500.0, time=at(second), conversation=conversation, **more)


JOURNAL = [
    begin(0),
    ingest(10, "a"),
    ingest(12, "b", "error"),
    answer(20, "a/1"),
    answer(21, "a/2", "timeout"),
    answer(22, "b/1", "not_ingested"),
    begin(30),
    ingest(40, "b"),
    answer(45, "b/1"),
]
CALLS = [
    call(5, "a", 100, 10),
    call(6, "a", 100, 10),
    call(11, "b", 50, 5),  # Reading it failed; it still has to be paid.
    call(15, "a", 30, 3),
    call(16, "a", 20, None, outcome="http_error", status=500),
    call(35, "b", 150, 15, replayed=True),  # Read again, after the answers of "a".
    call(44, "b", 30, 3),
]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = write_run(tmp_path / "run")
    write_lines(folder / "calls.jsonl", CALLS)
    write_lines(folder / "journal.jsonl", JOURNAL)
    (tmp_path / "prices.toml").write_text(PRICES)
    return folder


def test_reading_and_answering_are_told_apart_by_the_journal(run: Path, tmp_path: Path) -> None:
    made = efficiency(run, prices=tmp_path / "prices.toml")
    validate(made.to_json(), "efficiency", path=run, remedy="")
    totals = made.runs[0].totals
    assert totals is not None
    whole = totals.all
    assert (whole.calls, whole.failed) == (7, 1)
    assert (whole.input_tokens, whole.output_tokens) == (460, 46)
    assert whole.seconds == 2.5  # Five calls of half a second: one failed, one was replayed.
    assert whole.cost_usd == pytest.approx(0.46 + 0.46)  # A refused call costs nothing.
    assert (totals.conversations, totals.questions) == (2, 3)
    read, asked = totals.per_conversation, totals.per_question
    assert read is not None and asked is not None
    assert (read.calls, read.input_tokens, read.output_tokens) == (2, 200, 20)
    assert read.seconds == 0.75
    assert (asked.calls, asked.input_tokens) == (1, 20)
    assert asked.output_tokens == 2
    assert asked.failed == pytest.approx(1 / 3)


def test_the_totals_are_in_the_table_and_in_the_report(run: Path) -> None:
    shown = CliRunner().invoke(command, [str(run)], catch_exceptions=False).output
    lines = [" ".join(line.split()) for line in shown.split("\n")]
    assert "mem0, in all 7 460 46 2.5 –" in lines
    assert "a conversation read (of 2) 2.0 200.0 20.0 0.75 –" in lines
    assert "a question (of 3) 1.0 20.0 2.0 0.33 –" in lines
    page = _efficiency_by_stage(run)
    assert page is not None
    assert [(row["label"], row["of"], row["input_tokens"]) for row in page["totals"]] == [
        ("In all", None, 460),
        ("A conversation read", 2, 200),
        ("A question", 3, 20),
    ]


def test_without_a_journal_only_the_sums_are_known(run: Path) -> None:
    (run / "journal.jsonl").unlink()
    totals = efficiency(run).runs[0].totals
    assert totals is not None
    assert (totals.all.calls, totals.conversations, totals.per_question) == (7, None, None)


def test_a_model_in_the_run_s_process_counts_by_conversation(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", model="embedded:small", provider="embedded")
    write_lines(run / "journal.jsonl", JOURNAL)
    rows = [local("llm", 8, 4, 1.0, 1, time=at(second)) for second in (11, 44)]
    write_lines(run / "work" / "b.calls-1.jsonl", rows[:1])
    write_lines(run / "work" / "b" / "model_calls.jsonl", rows[1:])
    totals = efficiency(run).runs[0].totals
    assert totals is not None and totals.per_conversation and totals.per_question
    assert (totals.all.calls, totals.all.cost_usd) == (2, None)
    assert totals.per_conversation.input_tokens == 8 / 2
    assert totals.per_question.output_tokens == pytest.approx(4 / 3)


def test_runs_are_named_by_their_systems_and_what_sets_them_apart(tmp_path: Path) -> None:
    def info(name: str, model: str | None, images: str, version: str = "1") -> Any:
        system = {"name": name, "version": version}
        return {"system": system, "answerer": {"model": model}, "image_handling": images}

    def names(*infos: Any) -> tuple[str, ...]:
        return name_runs([tmp_path / f"r{n}" / "run" for n in range(len(infos))], infos)

    one = info("mem0", "small", "pixels")
    assert names(one, info("bm25", None, "none")) == ("mem0", "bm25")
    assert names(one, info("mem0", None, "pixels")) == ("mem0 (small)", "mem0 (no model)")
    assert names(one, info("mem0", "small", "none")) == ("mem0 (pixels)", "mem0 (none)")
    three = names(one, info("mem0", "large", "pixels"), info("mem0", "large", "none"))
    assert three == ("mem0 (small, pixels)", "mem0 (large, pixels)", "mem0 (large, none)")
    same = names(one, one, info("bm25", None, "none"))
    assert same == (f"mem0 ({tmp_path}/r0/run)", f"mem0 ({tmp_path}/r1/run)", "bm25")


def test_a_size_can_be_given_by_either_name(tmp_path: Path) -> None:
    one = write_run(tmp_path / "one", model="small")
    two = write_run(tmp_path / "two", model="large")
    found = efficiency(one, two, sizes={"mem0 (small)": 1, "two": 2}).to_json()["runs"]
    assert [(run["name"], run["folder"], run["size"]["total"]) for run in found] == [
        ("mem0 (small)", "one", 1_000_000_000),
        ("mem0 (large)", "two", 2_000_000_000),
    ]
    shown = CliRunner().invoke(command, [str(one), "--json"], catch_exceptions=False).output
    assert json.loads(shown)["runs"][0]["name"] == "mem0"
