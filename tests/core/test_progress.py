"""What a long call shows: nothing, bars in a notebook, or what a function makes of it."""

from __future__ import annotations

import pytest

from locomo_vqa.progress import ignore_progress, progress_reporter


def test_a_quiet_call_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("locomo_vqa.progress._in_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", lambda *_, **options: pytest.fail("is shown"))
    with progress_reporter(False) as report:
        report("Read", 1, 2)
    monkeypatch.setenv("LOCOMO_VQA_QUIET", "1")
    with progress_reporter(True) as report:
        report("Read", 1, 2)


def test_a_function_gets_every_step() -> None:
    steps: list[tuple[str, int, int | None]] = []
    with progress_reporter(lambda *step: steps.append(step)) as report:
        report("Read", 1, 2)
    assert steps == [("Read", 1, 2)]
    with progress_reporter(False) as report:
        assert report is ignore_progress


def test_without_a_terminal_nothing_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_reporter(True) as report:
        report("Read", 1, 2)
    assert capsys.readouterr() == ("", "")
