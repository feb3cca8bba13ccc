"""`score --judge` and `judge-check`: what they say, write and leave with, and after a kill."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import locomo_vqa as lv
from locomo_vqa.benchmark import TextQuestion
from locomo_vqa.benchmark.questions import questions_of
from locomo_vqa.cli import cli as root
from locomo_vqa.errors import InputError
from locomo_vqa.models import retries
from locomo_vqa.schemas import validate
from tests.conftest import Cli
from tests.core.models.stub_server import Answer, completion
from tests.evaluators.judging.rule_judge import (
    judge_by_rules,
    judged_prompts,
    rule_judge,
    verdict,
)
from tests.evaluators.recording import SAMPLE


def questions(split: Any) -> list[TextQuestion]:
    return [
        question
        for question in questions_of(SAMPLE, split)
        if isinstance(question, TextQuestion) and question.category != 5
    ]


TEST = questions("test")


def write(path: Path, split: Any = "test", answer: str | None = None) -> Path:
    """Write a predictions file: the gold answers, or one answer for all."""
    rows = [{"question_id": q.id, "hypothesis": answer or q.answer} for q in questions(split)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def score(file: Path, spec: str, *more: str | Path) -> list[str]:
    """Return the arguments that score a file and write the scores beside it."""
    return [*judge(file, spec, *more), "--out", str(file.parent / "scores")]


def judge(file: Path, spec: str, *more: str | Path, split: str = "test") -> list[str]:
    """Return the arguments that judge a file and write nothing but the judge's replies."""
    return [
        *("score", str(file), "--benchmark", "sample", "--split", split, "--metrics", "j,f1"),
        *("--judge", spec, "--responses", str(file.parent / "replies.sqlite"), *map(str, more)),
    ]


def call(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Run a command in this process; return its status and what it printed."""
    status = root.main(arguments, prog_name="locomo-vqa", standalone_mode=False)
    return status or 0, capsys.readouterr().out


@pytest.mark.slow
def test_score_prints_j_with_the_judge_s_own_error_rates(tmp_path: Path, cli: Cli) -> None:
    with rule_judge() as stub:
        done = cli(*score(write(tmp_path / "a.jsonl"), stub.spec()))
    assert done.returncode == 0, done.stderr
    assert "J  " in done.stdout and "100.0" in done.stdout
    assert f"J 100.0; {len(TEST)} correct, 0 wrong, 0 unscored" in done.stdout
    assert "accepts 0.0 % [0.0 … " in done.stdout
    assert "of wrong ones and rejects 0.0 % [0.0 … " in done.stdout
    tokens = 7 * len(TEST)
    assert f"tokens: {tokens:,} in, {2 * len(TEST):,} out" in done.stdout
    document = json.loads((tmp_path / "scores" / "scores.json").read_text())
    validate(document, "scores", path=tmp_path, remedy="")
    check = document["judging"]["judges"][0]["check"]
    validate(check, "judge_check", path=tmp_path, remedy="")
    assert document["metrics"]["j"]["signature"].startswith("j:judge=openai:stub,rubric=lenient,")
    lines = (tmp_path / "scores" / "judgements.jsonl").read_text().splitlines()
    assert [json.loads(line)["question_id"] for line in lines] == [q.id for q in TEST]
    for line in lines:
        validate(json.loads(line), "judgement", path=tmp_path, remedy="")


def test_without_a_judge_j_is_not_computed_and_the_remedy_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path / "a.jsonl")
    command = ["score", str(file), "--benchmark", "sample", "--split", "test", "--metrics", "j,f1"]
    status, out = call(command, capsys)
    assert status == 0
    assert "J is not computed. J needs the verdicts of a judge model." in out
    assert "Name one with --judge" in out
    assert '"rules", which need no model' in " ".join(out.split())


@pytest.mark.parametrize(
    ("judge_name", "said"),
    [("rule", "Did you mean rules?"), ("gpt-4", "or rules, which need no model")],
)
def test_a_name_that_is_no_judge_says_that_rules_are_one(
    judge_name: str, said: str, tmp_path: Path
) -> None:
    file = write(tmp_path / "a.jsonl")
    for ask in (
        lambda: lv.score(file, benchmark=SAMPLE, judge=judge_name),
        lambda: lv.judge_check(judge_name, benchmark=SAMPLE),
        lambda: lv.distill_memlora(
            SAMPLE,
            student="embedded:student",
            out=tmp_path / "out",
            judge=judge_name,
            only="search",
        ),
    ):
        with pytest.raises(
            InputError, match=f"`judge` {judge_name}: is not a model's name"
        ) as error:
            ask()
        assert said in error.value.remedy
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("respond", "reason"),
    [
        (lambda _: completion("What a question!"), "unparsable"),
        (lambda _: completion(""), "unparsable"),
        (lambda _: completion("CORRECT and WRONG"), "both_labels"),
        (lambda _: Answer(b"<html>Bad gateway</html>"), "failed"),
        (lambda _: Answer({"error": "no such model"}, 404), "failed"),
        (None, "unreachable"),
    ],
)
def test_a_judge_that_gives_no_verdict_scores_nothing(
    respond: Callable[[dict[str, Any]], Answer] | None,
    reason: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(retries, "backoff_s", lambda attempt: 0.0)
    file = write(tmp_path / "a.jsonl")
    with rule_judge(respond or judge_by_rules) as stub:
        spec = stub.spec()
        if respond is not None:
            status, out = call([*judge(file, spec, "--no-judge-check"), "--json"], capsys)
    if respond is None:
        status, out = call([*judge(file, spec, "--no-judge-check"), "--json"], capsys)
    assert status == 1
    document = json.loads(out)
    validate(document, "scores", path=tmp_path, remedy="")
    n = len(TEST)
    j = document["metrics"]["j"]
    assert j["overall"] == {"value": None, "interval": None, "n": n}
    assert (j["unscored"], j["bounds"]) == (n, {"low": 0.0, "high": 100.0})
    (said,) = document["judging"]["judges"]
    assert sum(said["unscored"]["reasons"].values()) == said["counts"]["unscored"] == n
    assert reason in said["unscored"]["reasons"]
    assert said["check"] is None


@pytest.mark.slow
def test_without_verdicts_the_message_says_so_and_the_rows_have_no_value(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    n = len(TEST)
    with rule_judge(lambda _: completion("What a question!")) as stub:
        arguments = score(write(tmp_path / "a.jsonl"), stub.spec(), "--no-judge-check")
        status, out = call([*arguments, "--metrics", "j"], capsys)
    assert status == 1
    assert f"J is incomplete. {n} answers have no verdict" in out
    assert "somewhere from 0.0 to 100.0" in out
    assert f"unscored ({n} unparsable): {TEST[0].id}, " in out
    assert "The judge was not checked" in out
    assert "Signatures" not in out, "no metric has a value, so none has one"
    lines = (tmp_path / "scores" / "scores.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    assert {(row["value"], row["state"]) for row in rows if row["metric"] == "j"} == {
        (None, "unscored")
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--judge", "openai:http://127.0.0.1:9/v1?model=m"], "names one model twice"),
        (["--judge", "gpt"], "is not a model's name"),
        (["--metrics", "f1"], "leaves J out"),
        (["--judge-check", "c.json", "--no-judge-check"], "are both given"),
        (["--judge-check", "none.json"], "does not exist"),
    ],
)
def test_contradictions_are_refused(more: list[str], message: str, tmp_path: Path) -> None:
    from locomo_vqa.errors import InputError

    file = write(tmp_path / "a.jsonl")
    arguments = judge(file, "openai:http://127.0.0.1:9/v1?model=m", "--no-judge-check", *more)
    if "none.json" in more:
        arguments.remove("--no-judge-check")
    if "gpt" in more:
        arguments.remove("openai:http://127.0.0.1:9/v1?model=m")
        arguments.remove("--judge")
    with pytest.raises(InputError, match=message):
        root.main(arguments, standalone_mode=False)


@pytest.mark.slow
def test_judge_check_prints_its_table_and_score_takes_its_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out_file = tmp_path / "check.json"
    with rule_judge() as stub:
        command = ["judge-check", "--judge", stub.spec(), "--benchmark", "sample", "--n", "3"]
        responses = ["--responses", str(tmp_path / "replies.sqlite")]
        status, out = call([*command, *responses, "--out", str(out_file)], capsys)
        assert status == 0
        for words in ("injection", "other-gold", "false accepts", "false rejects", "tokens: "):
            assert words in out
        status, as_json = call([*command, *responses, "--json"], capsys)
        assert json.loads(as_json) == json.loads(out_file.read_text())
        asked = len(judged_prompts(stub))
        file = write(tmp_path / "a.jsonl")
        status, out = call(judge(file, stub.spec(), "--judge-check", out_file), capsys)
        assert status == 0
        assert len(judged_prompts(stub)) == asked + len(TEST)
        assert f"checked on {asked} answers" in out
    with rule_judge() as other, pytest.raises(Exception, match="is not a check of"):
        call(judge(file, other.spec(), "--judge-check", out_file), capsys)


@pytest.mark.slow
def test_judge_check_with_a_judge_that_is_silent_leaves_with_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with rule_judge(lambda _: completion("Hm.")) as stub:
        command = ["judge-check", "--judge", stub.spec(), "--benchmark", "sample", "--n", "1"]
        status, out = call([*command, "--responses", str(tmp_path / "r.sqlite")], capsys)
    assert status == 1
    assert "Without a verdict: unparsable" in out
    assert "0.0 … 100.0" in out


def test_two_judges_and_their_kappa_are_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with rule_judge() as one, rule_judge(lambda _: verdict("WRONG")) as two:
        arguments = judge(write(tmp_path / "a.jsonl"), one.spec(), "--judge", two.spec())
        status, out = call([*arguments, "--no-judge-check"], capsys)
    assert status == 0
    assert f"agree on 0 of {len(TEST)} answers; Cohen's kappa 0.000" in out


def stored(path: Path) -> set[str]:
    """Return the prompts whose replies are in a response store."""
    with sqlite3.connect(path) as connection:
        rows = connection.execute("SELECT parts FROM replies").fetchall()
    connection.close()
    return {json.loads(parts)["request"]["text"] for (parts,) in rows}


@pytest.mark.slow
def test_after_a_kill_nothing_stored_is_asked_again(tmp_path: Path, cli: Cli) -> None:
    def forty(request: dict[str, Any]) -> Answer:
        """Judge forty answers, and stay silent."""
        answer = judge_by_rules(request)
        return Answer(answer.body, wait_s=0 if len(judged_prompts(stub)) <= 40 else 300)

    file = write(tmp_path / "a.jsonl", split="all")
    replies = tmp_path / "replies.sqlite"
    with rule_judge(forty) as stub:
        arguments = judge(file, stub.spec("&in_flight=4"), "--no-judge-check", split="all")
        process = subprocess.Popen(
            [sys.executable, "-m", "locomo_vqa", *arguments],
            cwd=tmp_path,
            env=os.environ,
            stdout=subprocess.DEVNULL,
        )
        while len(judged_prompts(stub)) < 44:  # As many more as are asked at once.
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        kept = stored(replies)
        assert 30 <= len(kept & set(judged_prompts(stub))) < len(questions("all"))
        stub.requests.clear()
        stub.respond = judge_by_rules
        done = cli(*arguments)
        assert done.returncode == 0, done.stderr
        again = judged_prompts(stub)
    assert not kept & set(again)
    assert len(again) == len(set(again))
    assert {text for text in stored(replies) if "gold_answer" in text} >= set(again)
    assert f"{len(questions('all'))} correct, 0 wrong, 0 unscored" in done.stdout


def test_each_reason_without_a_verdict_has_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    from locomo_vqa.evaluators.cli.judge_tables import print_reasons

    print_reasons([f"Reason {number}." for number in range(4)])
    assert capsys.readouterr().out.splitlines() == [
        "Without a verdict: Reason 0.",
        "  Reason 1.",
        "  Reason 2.",
        "  and 1 other reason",
    ]
