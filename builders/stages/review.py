"""The stage `review`: a person accepts, corrects or rejects the questions in the browser."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from locomo_vqa.benchmark import load_benchmark

from ..build_folder import BuildFolder
from .base import Stage, StageContext

__all__ = ["REVIEW", "review_questions"]


def review_questions(
    work: str | Path,
    *,
    benchmark: str | Path | None = None,
    port: int = 0,
    open_browser: bool = True,
    on_start: Callable[[str, int], None] = lambda url, set_aside: None,
) -> dict[str, Any]:
    """Serve the review of a work folder on this machine until it is ended, and return its counts.

    Args:
        work: the work folder, after the stage generate.
        benchmark: the benchmark folder with the images; None uses the build's own.
        port: 0 takes any free port.
        open_browser: whether to open the page if there is a display.
        on_start: called with the page's address and the number of decisions that are set aside.

    Returns:
        `file` (the decisions), `questions`, `accepted`, `corrected`, `rejected`, `open` and
        `set_aside`.

    Raises:
        InputError: the folder has no questions, or they don't belong to the benchmark.
        OutputError: another review of this folder is open, or the port can't be used.
    """
    from ..review.review import Review
    from ..review.server import ReviewServer

    folder = BuildFolder(Path(work))
    folder.need(folder.questions, "generate")
    with Review(folder.path, load_benchmark(benchmark or folder.split)) as review:
        server = ReviewServer(review, port=port)
        on_start(server.url, review.set_aside)
        if open_browser and _has_display():
            threading.Thread(target=_open_page, args=[server.url], daemon=True).start()
        with contextlib.suppress(KeyboardInterrupt):
            server.run()
        return {"file": str(review.path), **review.counts()}


def _has_display() -> bool:
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _open_page(url: str) -> None:
    import webbrowser

    webbrowser.open(url)


def _run(context: StageContext) -> None:
    review_questions(
        context.folder.path,
        on_start=lambda url, set_aside: context.progress(f"review at {url}", 0, None),
    )


REVIEW = Stage(name="review", needs=("generate", "split"), makes=("review.jsonl",), run=_run)
