"""Files of others compared: what neither side answered leaves, and judges are not mixed up."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.errors import InputError
from locomo_vqa.evaluators.comparing import compare
from locomo_vqa.evaluators.comparing.comparison import Comparison
from tests.conftest import Cli
from tests.evaluators.recording import SAMPLE

TEXT = [q for q in SAMPLE.text_questions if q.category != 5]
NAMES = [conversation.id for conversation in SAMPLE.conversations]


def write(
    path: Path, conversations: Collection[str], *, right: int = 2, judge: str | None = None
) -> Path:
    """Write verdicts on the questions of some conversations; every `right`-th is positive."""
    rows = [
        {
            "question": q.question,
            "sample_id": q.conversation,
            "gold_answer": q.answer,
            "response": q.answer if n % right == 0 else "zzz",
            "llm_score": int(n % right == 0),
        }
        for n, q in enumerate(TEXT)
        if q.conversation in conversations
    ]
    path.write_text(json.dumps({"judge_model": judge, "rows": rows}), encoding="utf-8")
    return path


def compared(*paths: Path, **options: Any) -> Comparison:
    chosen = {"metrics": ["reported_j"], **options}
    return compare(*paths, benchmark=SAMPLE, progress=False, **chosen)


def test_conversations_that_nobody_answered_leave(tmp_path: Path) -> None:
    first = write(tmp_path / "first.json", NAMES[:5])
    other = write(tmp_path / "other.json", NAMES[1:7], right=1)
    comparison = compared(first, other)
    overall = comparison.metrics[0].overall
    asked = [q for q in TEXT if q.conversation in NAMES[:7]]
    answered = [q for q in asked if q.conversation in NAMES[1:7]]
    assert (overall.conversations, overall.questions) == (7, len(asked))
    assert overall.other == pytest.approx(100 * len(answered) / len(asked))
    left = ", ".join(NAMES[7:])
    assert (
        f"3 conversations are left out, as neither first.json nor other.json has an answer there: "
        f"{left}." in comparison.notes
    )


def test_fewer_than_six_answered_conversations_are_refused(tmp_path: Path) -> None:
    first = write(tmp_path / "first.json", NAMES[:4])
    other = write(tmp_path / "other.json", NAMES[1:5])
    with pytest.raises(InputError, match=r"5 of 10 conversations, and a comparison needs 6") as no:
        compared(first, other)
    assert "Answer more conversations" in str(no.value.remedy)
    with pytest.raises(InputError, match=r"first.json and other.json together answer"):
        compared(first, other, metrics=None)


def test_different_judges_are_refused_and_an_unknown_one_is_said(tmp_path: Path) -> None:
    one = write(tmp_path / "one.json", NAMES, judge="gpt-x")
    two = write(tmp_path / "two.json", NAMES, right=3, judge="gpt-y")
    unknown = write(tmp_path / "unknown.json", NAMES, right=3)
    with pytest.raises(InputError, match=r"one.json was judged by gpt-x, two.json by gpt-y"):
        compared(one, two)
    both = compared(one, two, metrics=None)
    assert "reported_j" in both.not_compared
    assert "f1" in {metric.metric for metric in both.metrics}
    comparison = compared(one, unknown)
    assert any("Who judged unknown.json is unknown" in note for note in comparison.notes)
    shares = [100 * len(range(0, len(TEXT), step)) / len(TEXT) for step in (2, 3)]
    assert comparison.metrics[0].overall.difference == pytest.approx(shares[1] - shares[0])


def with_cutoffs(path: Path, **right: int) -> Path:
    """Write several answers to each question; under each name, every `right`-th is right."""
    rows = [
        {
            "question": q.question,
            "sample_id": q.conversation,
            "gold_answer": q.answer,
            "cutoff_results": {
                name: {"generated_answer": q.answer if n % every == 0 else "zzz"}
                for name, every in right.items()
            },
        }
        for n, q in enumerate(TEXT)
    ]
    path.write_text(json.dumps({"evaluations": rows}), encoding="utf-8")
    return path


def test_a_cutoff_may_be_that_of_one_file(tmp_path: Path, cli: Cli) -> None:
    """One side has one answer to each question, the others have several, under other names."""
    plain = write(tmp_path / "plain.json", NAMES)
    first = with_cutoffs(tmp_path / "first.json", top_10=3, top_50=1)
    second = with_cutoffs(tmp_path / "second.json", k5=1, k20=4)
    chosen = {"first.json": "top_50", str(second): "k20"}
    done = compared(plain, first, second, metrics=["f1"], cutoff=chosen)
    expected = [1.0, sum(n % 4 == 0 for n in range(len(TEXT))) / len(TEXT)]
    assert [one.overall.other for one in done.metrics] == pytest.approx(expected, abs=0.02)
    assert "first.json: The answers are those of top_50." in done.notes
    assert "second.json: The answers are those of k20." in done.notes
    with pytest.raises(InputError, match=r"plain.json: the rows have one answer each"):
        compared(plain, first, metrics=["f1"], cutoff="top_50")
    with pytest.raises(InputError, match=r"`cutoff` frist.json: no file .* mean 'first.json'"):
        compared(plain, first, metrics=["f1"], cutoff={"frist.json": "top_50"})
    run = cli(
        *("compare", plain, first, second, "--benchmark", "sample", "--metrics", "f1"),
        *("--cutoff", f"first.json=top_50,{second}=k20"),
    )
    assert "first.json: The answers are those of top_50." in run.stdout, run.stderr
    assert "second.json: The answers are those of k20." in run.stdout
