"""Progress in a pipe: at most a line a minute, with the time that is left."""

from __future__ import annotations

import pytest

from locomo_vqa.progress import progress_bars
from locomo_vqa.progress_lines import ProgressLines


class Clock:
    """Seconds that the test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_line_a_minute_with_the_time_left() -> None:
    clock, lines = Clock(), []
    show = ProgressLines(lines.append, clock=clock)
    for second in range(0, 601):
        clock.now = 1000.0 + second
        show("images", second, 3600)
    assert len(lines) == 10
    # A picture a second: after one minute 3,540 are left, which take 59 minutes.
    assert lines[0] == "images: 60 of 3,600, about 59 min left"
    assert lines[-1] == "images: 600 of 3,600, about 50 min left"


def test_a_short_step_says_nothing() -> None:
    clock, lines = Clock(), []
    show = ProgressLines(lines.append, clock=clock)
    for second in range(59):
        clock.now = 1000.0 + second
        show("images", second, 59)
    assert lines == []


def test_what_was_done_before_does_not_count_for_the_rate() -> None:
    """A run that continues at 900 of 1,000 and answers one question a second has 40 s to go."""
    clock, lines = Clock(), []
    show = ProgressLines(lines.append, clock=clock)
    show("bm25", 900, 1000)
    clock.now += 60
    show("bm25", 960, 1000)
    clock.now += 7200
    show("waiting for the endpoint", 0, None)
    assert lines == ["bm25: 960 of 1,000, about 1 min left", "waiting for the endpoint: 0"]


def test_hours_are_told_apart_from_minutes() -> None:
    clock, lines = Clock(), []
    show = ProgressLines(lines.append, clock=clock)
    show("generate", 0, 1000)
    clock.now += 3600
    show("generate", 250, 1000)
    assert lines == ["generate: 250 of 1,000, about 3 h 0 min left"]


def test_quiet_means_nothing_at_all(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LOCOMO_VQA_QUIET", "1")
    with progress_bars() as show:
        show("step", 1, 2)
    assert capsys.readouterr().err == ""
