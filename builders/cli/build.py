"""The command group `build`: all stages of a build in one command, or one at a time."""

from __future__ import annotations

from typing import Any

import click

from locomo_vqa.cli_support import CommandGroup, json_option, print_json

from .images import images
from .options import (
    budget_options,
    build_options,
    image_options,
    publish_options,
    retry_option,
    workers_option,
)
from .publish import publish
from .review import review
from .running import run_stages
from .tables import print_stage

__all__ = ["build"]


@click.group(cls=CommandGroup)
def build() -> None:
    """Build LoCoMo-VQA from LoCoMo: images, questions, selection and data set.

    `run` does everything. Every stage is also a separate command, which needs only the work folder
    once a build has begun there.

    \b
    Example:
      locomo-vqa build run sample --work sample-build --out sample-vqa
      locomo-vqa build review --work sample-build
      locomo-vqa build publish --work sample-build --out sample-vqa-reviewed
    """


@build.command("run")
@build_options
@image_options
@retry_option
@publish_options
@budget_options
@workers_option
@click.option("--strict", is_flag=True, help="Exit with status 1 even if only images were lost.")
@click.option(
    "--estimate",
    is_flag=True,
    help="Only ask about some images, and estimate what the whole build will cost.",
)
@click.option(
    "--sample-images",
    type=click.IntRange(min=1),
    default=6,
    show_default=True,
    metavar="N",
    help="With --estimate: ask about N images.",
)
def run_command(estimate: bool, sample_images: int, **options: Any) -> int:
    """Run all stages of RECIPE: a TOML file, `paper` or `sample`. Only `review` is left out.

    Run the same command again to continue a build that was interrupted. Exit status 1: a model gave
    no reply to some questions, which the same command asks again, or the budget is used up. With
    --strict also: some images are lost.

    \b
    Example:
      locomo-vqa build run sample --work sample-build --out sample-vqa
      locomo-vqa build run paper --locomo locomo10.json --work build --out trial --limit 20
      locomo-vqa build run paper --locomo locomo10.json --work build --out locomo-vqa
    """
    if estimate:
        from .estimate import print_estimate

        return print_estimate(sample_images, options)
    return run_stages(**options)


@build.command("ingest")
@build_options
def ingest_command(**options: Any) -> int:
    """Import the LoCoMo file of RECIPE into the work folder.

    \b
    Example:
      locomo-vqa build ingest paper --locomo locomo10.json --work build
    """
    return run_stages("ingest", **options)


build.add_command(images)


@build.command("split")
@build_options
def split_command(**options: Any) -> int:
    """Give conversations their splits, and remove images that several splits share.

    Images are the same by URL, bytes or perceptual hash. The recipe's table `split` may name the
    splits, and keep such an image in one of them.

    \b
    Example:
      locomo-vqa build split --work build
    """
    return run_stages("split", **options)


@build.command("probe")
@build_options
@budget_options
@workers_option
def probe_command(**options: Any) -> int:
    """Write questions of all candidate types about some images, and try them on the validator.

    Exit status 1: a model gave no reply to some questions; the same command asks these again.

    \b
    Example:
      locomo-vqa build probe --work build
    """
    return run_stages("probe", **options)


@build.command("select")
@build_options
@json_option
def select_command(as_json: bool, **options: Any) -> None:
    """Choose the types that the validator failed most often; write a table and a figure.

    \b
    Example:
      locomo-vqa build select --work build
    """
    from ..build import build as run_build

    done = run_build(stages=["select"], after_stage=None if as_json else print_stage, **options)
    if as_json and done.selection is not None:
        print_json(done.selection.to_json())


@build.command("generate")
@build_options
@budget_options
@workers_option
def generate_command(**options: Any) -> int:
    """Write questions of the chosen types about every image, and check their quality.

    Exit status 1: a model gave no reply to some questions; the same command asks these again.

    \b
    Example:
      locomo-vqa build generate --work build
    """
    return run_stages("generate", **options)


build.add_command(review)
build.add_command(publish)
