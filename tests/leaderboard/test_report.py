"""The report for people: what it says, that nothing in it is markup, and that it fits."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from markdown_it import MarkdownIt

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.errors import InputError
from locomo_vqa.leaderboard.board import BOARD_FILE, Board
from locomo_vqa.leaderboard.board_entry import Entry, EntryCheck
from locomo_vqa.leaderboard.cli.leaderboard import leaderboard
from locomo_vqa.leaderboard.markdown import literal, sentence
from locomo_vqa.leaderboard.question_scores import SCORES_FILE
from locomo_vqa.leaderboard.summary import remarks
from locomo_vqa.leaderboard.verification import verify as verification
from locomo_vqa.leaderboard.verification.report import MOST_CHARACTERS, verification_report
from locomo_vqa.leaderboard.verification.verify import verify
from locomo_vqa.scores import Scorer

Submit = Callable[..., Path]
A, B = "a__tiny-1/2026-08-31", "b__tiny-1/2026-08-31"

EVIL = [
    "<img src=x onerror=alert(1)>",
    "![x](https://evil.example/x.png)",
    "[x](javascript:alert(1))",
    "@octocat please merge",
    "https://evil.example",
    "www.evil.example",
    "fixes #1 and GH-2",
    "a | b | c",
    "`@octocat` ``@octocat``",
    "ends in a backslash \\",
    "*bold* _em_ ~~gone~~",
    ":tada: $x$ $`x`$",
    "first\n\n# second\n- third",
    "<!-- -->\n<details>",
    "&#64;octocat &lt;b&gt;",
    "mail eve@evil.example",
    "\u202egnp.exe\u200b",
    "==== ----",
]


def _rendered(text: str) -> tuple[str, str]:
    """Return the HTML of some Markdown, and its text without code."""
    html = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text)
    return html, re.sub(r"<[^>]*>", "", re.sub(r"<code>.*?</code>", "", html, flags=re.DOTALL))


def _entry(name: str, text: str) -> Entry:
    checks = (EntryCheck(name="names", state="failed", text=text),)
    return Entry(name=name, state="rejected", problems=(text,), files={}, checks=checks)


@pytest.mark.parametrize("text", EVIL)
def test_nothing_from_a_submission_is_markup(text: str) -> None:
    board = Board(folder=Path("x"), dataset=text, revision="0" * 64, entries=(_entry(text, text),))
    html, outside = _rendered(verification_report(board))
    tags = set(re.findall(r"<\s*/?\s*([a-zA-Z0-9]+)", html))
    assert tags <= {
        *("h2", "h3", "p", "table", "thead", "tbody", "tr", "th", "td", "code", "ul", "li")
    }
    assert html.count("<td>") == 3 and html.count("<h3>") == 1 and html.count("<li>") == 1
    for mark in ("@", "#", "http", "www", ":tada:", "$", "GH-2", "&lt;", "evil.example"):
        assert mark not in outside
    for wrap in (literal, sentence):
        assert "\n" not in wrap(text)


def test_plain_sentences_stay_plain_and_others_are_code() -> None:
    assert sentence("5 of 20 answers (3.0 %) are empty.") == "5 of 20 answers (3.0 %) are empty."
    assert sentence("run.json: the seal of a_b is wrong") == "`run.json: the seal of a_b is wrong`"
    assert literal("a|b`c") == "`a\\|b'c`"
    assert literal("") == "–"


def test_a_report_says_what_was_found(
    submitted: Submit, submissions: Path, benchmark: Benchmark, scorer: Scorer
) -> None:
    submitted(system="a", answers={"conv-1/v/D1:1/colour": "blue", "conv-1/t/0": "x"})
    (submitted(system="b") / "run.json").unlink()
    board = verify(submissions, benchmark=benchmark, scorer=scorer, progress=False)
    text = verification_report(board)
    assert text.startswith("## 2 submissions verified: 1 accepted, 1 rejected\n")
    assert text.index(B) < text.index(A)
    lines = text.splitlines()
    assert f"### `{A}`: accepted" in lines and f"### `{B}`: rejected" in lines
    assert "| files | ❌ failed | run.json: is missing. |" in lines
    assert "- run.json: is missing." in lines
    assert "Ranked on the test split. Badge: rescored." in lines
    # One of two visual questions is right; the scorer's interval is ten points to each side.
    assert "| V | 50.0 | 40.0 … 60.0 | 2 |" in lines
    assert "| F1 | 0.667 | 0.567 … 0.767 | 3 |" in lines


@pytest.mark.parametrize("text", EVIL)
def test_nothing_from_a_history_is_markup(text: str) -> None:
    event = {"event": "superseded", "date": text, "who": text, "why": text, "by": text}
    entry = replace(_entry("a", "Fine."), standing="superseded", history=(event,))
    board = Board(folder=Path("x"), dataset="d", revision="0" * 64, entries=(entry,))
    html, outside = _rendered(verification_report(board))
    tags = set(re.findall(r"<\s*/?\s*([a-zA-Z0-9]+)", html))
    assert tags <= {
        *("h2", "h3", "p", "table", "thead", "tbody", "tr", "th", "td", "code", "ul", "li")
    }
    assert html.count("<li>") == 2 and html.count("<td>") == 3
    for mark in ("@", "#", "http", "www", ":tada:", "$", "GH-2", "&lt;", "evil.example"):
        assert mark not in outside


def test_the_last_events_are_shown_and_the_others_counted() -> None:
    events = [
        {"event": "disputed", "date": "2026-09-01", "who": "bo", "why": f"Why {n}.", "by": None}
        for n in range(200)
    ]
    entry = replace(_entry("a", "Fine."), standing="disputed", history=tuple(events))
    board = Board(folder=Path("x"), dataset="d", revision="0" * 64, entries=(entry,))
    text = verification_report(board)
    assert text.count("- disputed on ") == 10 and "- 190 earlier events: see " in text
    assert "Why 199." in text and "Why 189." not in text


def test_a_report_is_bounded() -> None:
    entries = tuple(_entry(f"s{number}__x/2026-08-31", "no " * 90) for number in range(400))
    board = Board(folder=Path("x"), dataset="d", revision="0" * 64, entries=entries)
    text = verification_report(board)
    assert len(text) <= MOST_CHARACTERS
    shown = text.count("\n### ")
    assert 10 < shown < 400
    assert text.endswith(f"And {400 - shown} submissions more: see board.json.\n")


def test_the_summary_is_bounded_and_has_the_problems_first() -> None:
    notes = [
        Entry(name=f"n{number}", state="rescored", notes=("A note.",), files={})
        for number in range(60)
    ]
    shown = remarks([*notes, _entry("bad", "A problem.")])
    assert shown[0] == "bad: problem: A problem." and shown[1] == "n0: note: A note."
    assert len(shown) == 41
    assert shown[-1] == "And 21 more: see the report or board.json."


def test_one_entry_is_verified_alone_and_still_compared(
    submitted: Submit, submissions: Path, benchmark: Benchmark, scorer: Scorer
) -> None:
    submitted(system="a")
    submitted(system="b")
    scored: list[int] = []

    def counting(predictions: object, *args: object, **options: object) -> object:
        scored.append(1)
        return scorer(predictions, *args, **options)  # type: ignore[arg-type]

    board = verify(submissions, benchmark=benchmark, scorer=counting, only=A, progress=False)  # type: ignore[arg-type]
    (entry,) = board
    assert entry.name == A and entry.value("v") == 100 and len(scored) == 1
    assert f"Has the same answers as {B}." in entry.notes
    assert not (submissions / BOARD_FILE).exists() and not (submissions / SCORES_FILE).exists()
    whole = verify(submissions, benchmark=benchmark, scorer=scorer, progress=False)
    assert whole[A] == entry
    with pytest.raises(InputError, match="`only`: 'c' is not a submission"):
        verify(submissions, benchmark=benchmark, scorer=scorer, only=["c"], progress=False)


def test_the_command_writes_a_report_and_verifies_one_entry(
    submitted: Submit,
    submissions: Path,
    benchmark: Benchmark,
    scorer: Scorer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    submitted(system="a")
    submitted(system="b")
    monkeypatch.setattr(verification, "default_scorer", lambda **_: scorer)
    report = tmp_path / "report.md"
    arguments = ["verify", str(submissions), "--benchmark", str(benchmark.folder)]
    done = CliRunner().invoke(
        leaderboard,
        [*arguments, "--only", B, "--report", str(report)],
        standalone_mode=False,
    )
    assert done.return_value == 0, done.output
    assert f"Wrote {report}" in done.output and "board.json" not in done.output
    assert f"### `{B}`: accepted" in report.read_text(encoding="utf-8")
    assert not (submissions / BOARD_FILE).exists()
    as_json = CliRunner().invoke(leaderboard, [*arguments, "--only", B, "--json"])
    assert [entry["name"] for entry in json.loads(as_json.output)["entries"]] == [B]
