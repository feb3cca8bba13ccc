"""The options that commands of `build` share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from locomo_vqa.cli_support import PathType
from locomo_vqa.images import MAX_IMAGE_BYTES, PIXELS_CEILING

__all__ = [
    "FOLDER",
    "budget_options",
    "build_options",
    "image_options",
    "publish_options",
    "retry_option",
    "workers_option",
]

FOLDER = PathType()
"""An option's value that is a folder."""

Command = Callable[..., Any]


def build_options(command: Command) -> Command:
    """Add the options that every stage takes."""
    return _with_options(
        command,
        click.argument("recipe", metavar="RECIPE", required=False),
        click.option("--work", type=FOLDER, help="Use this work folder."),
        click.option("--locomo", help="Import this LoCoMo file instead of the recipe's."),
        click.option("--generator", help="Write questions with this model instead."),
        click.option("--validator", help="Use this model as the validator instead."),
        click.option("--verifier", help="Check questions with this model instead."),
        click.option(
            "--phash-distance",
            type=click.IntRange(0, 32),
            help="Treat images of different splits as the same when at most this many of the 64 "
            "bits of their perceptual hashes differ.  [default: the recipe's]",
        ),
        click.option(
            "--limit",
            type=click.IntRange(1),
            metavar="N",
            help="Try the build: write questions about at most N images. The whole build is the "
            "same command without it.",
        ),
    )


def image_options(command: Command) -> Command:
    """Add the options for fetching images; the work folder remembers them."""
    return _with_options(
        command,
        click.option(
            "--mirror",
            type=FOLDER,
            help="Take images from this folder instead of the network: files named HOST/PATH of "
            "their URL, or its SHA-256, or listed in a mirror.jsonl.",
        ),
        click.option(
            "--allow-private",
            is_flag=True,
            default=None,
            help="Allow private addresses and any port, for your own servers.",
        ),
        click.option(
            "--per-host",
            type=click.IntRange(1),
            help="Download at most this many images from one host at once.  [default: 4]",
        ),
        click.option(
            "--in-flight",
            type=click.IntRange(1, 1000),
            help="Download at most this many images at once.  [default: 32]",
        ),
        click.option(
            "--timeout",
            type=click.FloatRange(0.1),
            help="Limit a download to this many seconds.  [default: 60]",
        ),
        click.option(
            "--max-bytes",
            type=click.IntRange(1, MAX_IMAGE_BYTES),
            help="Limit an image to this many bytes.  [default: 20971520]",
        ),
        click.option(
            "--max-pixels",
            type=click.IntRange(1, PIXELS_CEILING),
            help="Limit an image to this many pixels.  [default: 50000000]",
        ),
    )


def retry_option(command: Command) -> Command:
    """Add the option for trying lost images again in a work folder."""
    return _with_options(
        command,
        click.option(
            "--retry-lost",
            is_flag=True,
            help="Try every lost image again, not only those that were not fetched.",
        ),
    )


def publish_options(command: Command) -> Command:
    """Add the options for the data set's destination."""
    return _with_options(
        command,
        click.option(
            "--out", type=FOLDER, help="Write the data set to this folder.  [default: WORK/dataset]"
        ),
        click.option(
            "--push", metavar="ORG/NAME", help="Push the data set to the Hugging Face Hub as well."
        ),
        click.option("--pull-request", is_flag=True, help="With --push: open a pull request."),
        click.option(
            "--verified/--no-verified",
            default=None,
            help="Publish only the questions that the verifier agrees with.",
        ),
    )


def budget_options(command: Command) -> Command:
    """Add the options for what the calls to endpoints may cost."""
    return _with_options(
        command,
        click.option(
            "--prices",
            type=PathType(dir_okay=False),
            help="Use these model prices, not the bundled table.",
        ),
        click.option(
            "--budget",
            type=click.FloatRange(min=0),
            metavar="DOLLARS",
            help="Stop in order before the calls cost more than this, with exit status 1.",
        ),
    )


def workers_option(command: Command) -> Command:
    """Add the option for where models are asked."""
    return _with_options(
        command,
        click.option(
            "--workers",
            metavar="ray[:ADDRESS]",
            help="Ask the models from the nodes of this Ray cluster.",
        ),
    )


def _with_options(command: Command, *options: Callable[[Command], Command]) -> Command:
    for option in reversed(options):
        command = option(command)
    return command
