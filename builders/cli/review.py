"""The command `build review`."""

from __future__ import annotations

from pathlib import Path

import click

from locomo_vqa.cli_support import json_option, print_json

from .options import FOLDER

__all__ = ["review"]


@click.command()
@click.option("--work", type=FOLDER, required=True, help="Use this work folder.")
@click.option(
    "--benchmark", help="Take the images from this benchmark folder.  [default: WORK/3-split]"
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    help="Serve the page on this port.  [default: a free one]",
)
@click.option("--no-browser", is_flag=True, help="Only print the page's address.")
@json_option
def review(work: Path, benchmark: str | None, port: int, no_browser: bool, as_json: bool) -> None:
    """Accept, correct or reject the generated questions in the browser.

    The page is served to this machine only, at an address with a secret. Every decision is in
    WORK/review.jsonl before the page shows it as saved. End with the button "Done" or Ctrl-C, and
    continue at any time. A decision applies to the words it was made about: when the questions are
    generated again, decisions on changed questions are set aside.

    \b
    Example:
      locomo-vqa build review --work build
      locomo-vqa build review --work build --port 8800 --no-browser
    """
    from ..review.decisions import set_aside_sentence
    from ..stages.review import review_questions

    def show(url: str, set_aside: int) -> None:
        click.echo(f"Review at {url}", err=as_json)
        if set_aside:
            click.echo(set_aside_sentence(set_aside, work / "review.jsonl"), err=as_json)
        click.echo('End with "Done" on the page, or with Ctrl-C here.', err=as_json)

    counts = review_questions(
        work, benchmark=benchmark, port=port, open_browser=not no_browser, on_start=show
    )
    if as_json:
        print_json(counts)
        return
    decided = counts["questions"] - counts["open"]
    click.echo(
        f"{decided:,} of {counts['questions']:,} questions decided: {counts['accepted']:,} "
        f"accepted, {counts['corrected']:,} corrected, {counts['rejected']:,} rejected."
    )
    click.echo(f"Kept in {counts['file']}")
