"""The command group `build`: the stages of a data set, and all of them in one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from locomo_vqa.cli_support import echo, json_option, print_json
from locomo_vqa.models.names import hide_credentials
from locomo_vqa.progress import progress_bars

from ..build_folder import WorkFolder
from ..data_stages import facts_of, fetch_pictures, finish_questions, ingest_source, separate
from ..recipe import Recipe, load_recipe
from ..review.decisions import aside_sentence
from ..stages import Builder, StageCounts
from .publish import publish_and_push
from .review import review
from .tables import print_counts, print_losses, print_selection, print_shares

__all__ = ["build"]

Command = Callable[..., Any]


@click.group()
def build() -> None:
    """Build LoCoMo-VQA from LoCoMo: pictures, questions, selection, data set.

    \b
    Example:
      locomo-vqa build run sample --work sample-build --out sample-vqa
    """


def _stage_options(command: Command) -> Command:
    """Add what every stage takes: the recipe, the work folder, and other models or another file."""
    options = [
        click.argument("recipe"),
        click.option(
            "--work", type=click.Path(path_type=Path), required=True, help="The work folder."
        ),
        click.option("--locomo", help="The LoCoMo file, instead of the recipe's."),
        click.option("--generator", help="The model that writes questions, likewise."),
        click.option("--validator", help="The model that tries them, likewise."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def _picture_options(command: Command) -> Command:
    options = [
        click.option(
            "--mirror",
            type=click.Path(path_type=Path),
            help="Take pictures from this folder, and none from the network.",
        ),
        click.option(
            "--allow-private",
            is_flag=True,
            help="Open private addresses and any port too: for servers of your own.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@contextmanager
def _builder(recipe: str, work: Path, **other: str | None) -> Iterator[Builder]:
    """Yield a builder whose steps are shown as progress bars."""
    chosen = _with_others(load_recipe(recipe), other)
    folder = WorkFolder(work)
    folder.begin(chosen)
    with progress_bars() as tick:
        yield Builder(recipe=chosen, work=folder, tick=tick)


def _with_others(recipe: Recipe, other: dict[str, str | None]) -> Recipe:
    """Put the command line's choices in the recipe's place, and into its text."""
    given = {name: value for name, value in other.items() if value is not None}
    lines = "".join(f"# --{n} {hide_credentials(value)}\n" for n, value in sorted(given.items()))
    return replace(recipe, **given, text=recipe.text + lines)  # type: ignore[arg-type]


@build.command("ingest")
@_stage_options
def ingest_command(**options: Any) -> None:
    """Import the LoCoMo file of RECIPE into the work folder.

    \b
    Example:
      locomo-vqa build ingest paper --locomo locomo10.json --work build
    """
    with _builder(**options) as builder:
        folder = ingest_source(builder.recipe, builder.work)
    echo(f"Wrote {folder}")


@build.command("images")
@_stage_options
@_picture_options
def images_command(mirror: Path | None, allow_private: bool, **options: Any) -> int:
    """Fetch the pictures, and tell which are lost and why.

    Exit status 1: some URLs are worth another try; remove 2-pictured and give the command again.

    \b
    Example:
      locomo-vqa build images paper --work build
    """
    with _builder(**options) as builder:
        return _pictures(builder, mirror, allow_private)


def _pictures(builder: Builder, mirror: Path | None, allow_private: bool) -> int:
    from ..images.addresses import Addresses
    from ..images.fetching import Settings
    from ..images.losses import read_losses

    done = fetch_pictures(
        builder.recipe,
        builder.work,
        settings=Settings(addresses=Addresses(allow_private=allow_private)),
        mirror=mirror,
        progress=lambda done, total: builder.tick("images", done, total),
    )
    losses = read_losses(builder.work.need(builder.work.pictured, "images") / "losses.json")
    if done is not None:
        print_losses(losses)
    return 1 if losses.by_state.get("not_fetched") else 0


@build.command("split")
@_stage_options
def split_command(**options: Any) -> None:
    """Remove the pictures that stand in several splits, by URL, bytes or look, from all of them.

    \b
    Example:
      locomo-vqa build split paper --work build
    """
    with _builder(**options) as builder:
        _split(builder)


def _split(builder: Builder) -> None:
    removed = separate(builder.recipe, builder.work)
    echo(f"{len(removed):,} pictures stood in several splits and were removed: removed.json")


@build.command("probe")
@_stage_options
def probe_command(**options: Any) -> int:
    """Have questions of all candidate types written and tried on a subset of the pictures.

    Exit status 1: a model gave no reply to some; the same command asks those again.

    \b
    Example:
      locomo-vqa build probe paper --work build
    """
    with _builder(**options) as builder:
        counts = builder.probe()
    print_counts("probe", counts)
    return _status(counts)


@build.command("select")
@_stage_options
@json_option
def select_command(as_json: bool, **options: Any) -> None:
    """Choose the types that the validator failed most; writes a table and a plot.

    \b
    Example:
      locomo-vqa build select paper --work build
    """
    with _builder(**options) as builder:
        selection = builder.select()
    if as_json:
        print_json(selection.to_json())
    else:
        print_selection(selection, builder.work.plot)


@build.command("generate")
@_stage_options
def generate_command(**options: Any) -> int:
    """Have questions of the chosen types written about every picture, and check their quality.

    Exit status 1: a model gave no reply to some; the same command asks those again.

    \b
    Example:
      locomo-vqa build generate paper --work build
    """
    with _builder(**options) as builder:
        counts = builder.generate()
        print_counts("generate", counts)
        print_shares(builder.questions())
    return _status(counts)


@build.command("publish")
@_stage_options
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="The data-set folder to make."
)
@click.option("--push", "repository", metavar="ORG/NAME", help="Put it on the Hugging Face Hub.")
@click.option("--pull-request", is_flag=True, help="With --push: propose it instead.")
def publish_command(out: Path, repository: str | None, pull_request: bool, **options: Any) -> None:
    """Publish the questions of the work folder, as reviewed, as a data set.

    \b
    Example:
      locomo-vqa build publish paper --work build --out locomo-vqa
    """
    with _builder(**options) as builder:
        _finish(builder, out, repository, pull_request)


def _finish(builder: Builder, out: Path, repository: str | None, pull_request: bool) -> None:
    done = finish_questions(builder.work)
    if done.aside:
        echo(aside_sentence(done.aside, builder.work.review))
    facts = facts_of(builder.recipe, builder.work, done.rows, repository)
    url = publish_and_push(done.benchmark, out, facts, pull_request=pull_request)
    number, revision = len(done.benchmark.visual_questions), done.benchmark.revision
    echo(f"Wrote {out}: {number:,} visual questions, {revision}")
    if url:
        echo(f"On the Hub: {url}")


@build.command("run")
@_stage_options
@_picture_options
@click.option(
    "--out", type=click.Path(path_type=Path), help="The data-set folder.  [default: WORK/dataset]"
)
def run_command(out: Path | None, mirror: Path | None, allow_private: bool, **options: Any) -> int:
    """Run all stages of RECIPE, a TOML file or one of paper and sample; review is by choice.

    A build that was interrupted goes on where it stopped when the same command is given again.

    \b
    Example:
      locomo-vqa build run sample --work sample-build --out sample-vqa
      locomo-vqa build run paper --locomo locomo10.json --work build --out locomo-vqa
    """
    with _builder(**options) as builder:
        ingest_source(builder.recipe, builder.work)
        status = _pictures(builder, mirror, allow_private)
        _split(builder)
        counts = builder.probe()
        print_counts("probe", counts)
        status |= _status(counts)
        print_selection(builder.select(), builder.work.plot)
        counts = builder.generate()
        print_counts("generate", counts)
        print_shares(builder.questions())
        status |= _status(counts)
        _finish(builder, out or builder.work.path / "dataset", None, False)
    return status


def _status(counts: StageCounts) -> int:
    return 1 if counts.failed else 0


build.add_command(review)
