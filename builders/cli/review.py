"""The command `build review`."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import click

from locomo_vqa.benchmark import load_benchmark
from locomo_vqa.cli_support import json_option, print_json

from ..build_folder import WorkFolder

__all__ = ["review"]


@click.command()
@click.argument("work", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option(
    "--benchmark", help="The benchmark folder with the pictures.  [default: WORK/3-split]"
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    help="Serve the page at this port.  [default: a free one]",
)
@click.option("--no-browser", is_flag=True, help="Print the page's address, and open nothing.")
@json_option
def review(work: Path, benchmark: str | None, port: int, no_browser: bool, as_json: bool) -> None:
    """Accept, correct or reject the generated questions of the folder WORK, in the browser.

    The page is served to this machine only, at an address with a secret. Every decision is in
    WORK/review.jsonl before the page says that it is saved; end with its button "Done" or
    Ctrl-C, and go on whenever you like. A decision counts for the words it was made about: when
    the questions were generated anew, those on changed questions are set aside.

    \b
    Example:
      locomo-vqa build review work
      locomo-vqa build review work --port 8800 --no-browser
    """
    from ..review.decisions import aside_sentence
    from ..review.review import Review
    from ..review.server import ReviewServer

    with Review(work, load_benchmark(benchmark or WorkFolder(work).split)) as under_way:
        server = ReviewServer(under_way, port=port)
        click.echo(f"Review at {server.url}", err=as_json)
        if under_way.set_aside:
            click.echo(aside_sentence(under_way.set_aside, under_way.path), err=as_json)
        click.echo('End with "Done" on the page, or with Ctrl-C here.', err=as_json)
        if not no_browser and _has_display():
            threading.Thread(target=_open, args=[server.url], daemon=True).start()
        try:
            server.run()
        except KeyboardInterrupt:
            click.echo(err=True)
        counts = under_way.counts()
    if as_json:
        print_json({"file": str(under_way.path), **counts})
        return
    decided = counts["questions"] - counts["open"]
    click.echo(
        f"{decided:,} of {counts['questions']:,} questions decided: {counts['accepted']:,} "
        f"accepted, {counts['corrected']:,} corrected, {counts['rejected']:,} rejected."
    )
    click.echo(f"Kept in {under_way.path}")


def _has_display() -> bool:
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _open(url: str) -> None:
    import webbrowser

    webbrowser.open(url)
