"""What a terminal shows of a run: the whole, and each conversation in work."""

from __future__ import annotations

import io

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TextColumn

from locomo_vqa.evaluators.running.display import RunDisplay
from locomo_vqa.runs import Prediction


def test_turns_are_counted_first_and_then_questions() -> None:
    text = TextColumn("{task.description}")
    console = Console(file=io.StringIO(), width=60, force_terminal=True, color_system=None)
    bars = Progress(text, MofNCompleteColumn(), console=console, auto_refresh=False)

    def shown() -> list[str]:
        with console.capture() as capture:
            console.print(bars.get_renderable())
        return [" ".join(line.split()) for line in capture.get().splitlines()]

    display = RunDisplay(bars, "[bold]mine")
    display.started(12, 2)
    display.begun("conv-1", 30, 5)
    display.begun("conv-2", 20, 5)
    display.read("conv-1", 10)
    display.read("conv-1", 8)
    assert shown() == ["[bold]mine 2/12", "conv-1: turns 18/30", "conv-2: turns 0/20"]
    ok = Prediction(question_id="conv-1/t/1", prediction="x", state="ok")
    failed = Prediction(question_id="conv-1/t/2", prediction=None, state="error", error="x")
    refused = Prediction(question_id="conv-1/t/3", prediction=None, state="refused", error="x")
    for prediction in (ok, failed, refused):
        display.answered("conv-1", prediction)
    assert shown() == [
        "[bold]mine 1 failed 5/12",
        "conv-1: questions 1 failed 3/5",
        "conv-2: turns 0/20",
    ]
    display.ended("conv-1")
    assert shown() == ["[bold]mine 1 failed 5/12", "conv-2: turns 0/20"]
