"""A wait is noted once while it lasts: above the bars, on a log's line, and to a callback."""

from __future__ import annotations

import asyncio
import io
import os
import re
import signal
import subprocess
import sys
from itertools import count
from typing import Any

import pytest
from rich.console import Console

from locomo_vqa import notes
from locomo_vqa.keys import add_secret
from locomo_vqa.models.chat import ModelDenied
from locomo_vqa.models.opening import open_model
from locomo_vqa.notes import listening_to_notes, note, note_wait
from locomo_vqa.progress import progress_reporter
from tests.core.models.stub_server import Answer, completion, stub_server
from tests.core.models.using import REQUEST, ask


@pytest.fixture(autouse=True)
def nothing_noted_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notes, "_quiet_until", 0.0)


def limited(seconds: str, message: str = "Rate limit reached") -> Answer:
    return Answer({"error": {"message": message}}, 429, {"retry-after": seconds})


@pytest.mark.slow
def test_a_wait_is_noted_with_the_server_s_words_and_the_seconds() -> None:
    calls = count(1)
    steps: list[tuple[str, int, int | None]] = []
    answer = limited("1.2", "Rate limit\x1b[2J reached")
    with (
        stub_server(lambda _: answer if next(calls) < 2 else completion("blue")) as stub,
        progress_reporter(lambda *step: steps.append(step)),
    ):
        assert ask(stub.spec()).text == "blue"
    (first, done, total), *_ = steps
    assert first == (
        "Waiting 1 s: the endpoint limits the requests (429): Rate limit\ufffd[2J reached"
    )
    assert (done, total) == (0, None)
    assert len(steps) == 1


@pytest.mark.slow
def test_a_long_wait_says_what_the_server_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    async def no_sleep(_: float) -> None: ...

    monkeypatch.setattr("locomo_vqa.models.retries.asyncio.sleep", no_sleep)
    calls = count(1)
    shown: list[str] = []
    with (
        stub_server(lambda _: limited("3600") if next(calls) < 2 else completion("b")) as stub,
        listening_to_notes(shown.append),
        pytest.raises(TimeoutError),
    ):
        asyncio.run(_ask_for_a_second(stub.spec()))
    assert shown == [
        "Waiting 60 s: the endpoint limits the requests (429): Rate limit reached "
        "(it asks for 3,600 s)"
    ]


async def _ask_for_a_second(spec: str) -> None:
    model = open_model(spec)
    try:
        async with asyncio.timeout(1):
            await model.ask(REQUEST)
    finally:
        await model.close()


def test_requests_that_wait_together_share_a_note() -> None:
    shown: list[str] = []
    with listening_to_notes(shown.append):
        for _ in range(50):
            note_wait("busy", 30)
        note_wait("busy", 0.3)
    assert shown == ["Waiting 30 s: busy"]


def test_a_spent_quota_is_not_waited_for() -> None:
    shown: list[str] = []
    body = {"error": {"message": "Check your plan", "code": "insufficient_quota"}}
    with (
        stub_server(lambda _: Answer(body, 429, {"retry-after": "30"})) as stub,
        listening_to_notes(shown.append),
        pytest.raises(ModelDenied, match="the quota is used up: Check your plan"),
    ):
        ask(stub.spec())
    assert (shown, len(stub.requests)) == ([], 1)


def test_notes_hide_keys_and_stay_short_and_a_faulty_callback_stops_nothing() -> None:
    add_secret("sk-planted-in-a-note")
    shown: list[str] = []
    with listening_to_notes(shown.append):
        note("no sk-planted-in-a-note here " + "x" * 10_000)
    assert shown[0].startswith("no … here")
    assert len(shown[0]) <= 240
    with listening_to_notes(lambda text: 1 / 0):  # type: ignore[arg-type, return-value]
        note("still here")


def test_notes_are_lines_above_the_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    terminal = Console(file=screen, force_terminal=True, width=80, color_system=None)
    monkeypatch.setattr("rich.console.Console", lambda **_: terminal)
    with progress_reporter(True) as report:
        report("judging", 1, 2)
        note("the endpoint limits the requests [bold]so[/bold] " + "much " * 12)
    written = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen.getvalue())
    assert "[bold]so[/bold]" in written
    assert all(len(line) <= 80 for line in written.splitlines() if "endpoint limits" in line)


def test_where_there_is_no_terminal_notes_are_lines_of_a_log(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with progress_reporter(True):
        note("a note " * 20)
    assert capsys.readouterr() == ("", "a note " * 19 + "a note\n")
    monkeypatch.setenv("LOCOMO_VQA_QUIET", "1")
    with progress_reporter(True):
        note("a note")
    with progress_reporter(False):
        note("a note")
    assert capsys.readouterr() == ("", "")


WAITS = """
import sys
from locomo_vqa.progress import progress_reporter
from tests.core.models.using import ask
with progress_reporter(True):
    ask(sys.argv[1])
"""


@pytest.mark.slow
def test_ctrl_c_ends_a_wait() -> None:
    with stub_server(lambda _: limited("50")) as stub:
        process: Any = subprocess.Popen(
            [sys.executable, "-c", WAITS, stub.spec()], stderr=subprocess.PIPE, text=True
        )
        assert process.stderr.readline().startswith("Waiting 50 s: the endpoint limits")
        os.kill(process.pid, signal.SIGINT)
        assert process.wait(timeout=30) != 0  # Not at the end of the wait.
        process.stderr.close()
