"""The command `build publish`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from locomo_vqa.cli_support import echo, json_option, print_json

from .options import build_options, publish_options
from .running import run_stages

__all__ = ["publish"]


@click.command()
@build_options
@publish_options
@click.option("--benchmark", help="Publish this benchmark folder, without a build.")
@json_option
def publish(
    benchmark: str | None,
    out: Path | None,
    push: str | None,
    pull_request: bool,
    verified: bool | None,
    as_json: bool,
    **options: Any,
) -> int:
    """Publish the reviewed questions as a data set for the Hugging Face Hub.

    The folder is also a benchmark folder. A data set that --push creates on the Hub is public
    unless the organisation has another default. If pushing fails, run the command again: a
    folder of the same revision is pushed unchanged.

    With --benchmark and --out instead of --work, any benchmark folder is published.

    \b
    Example:
      locomo-vqa build publish --work build --out locomo-vqa
      locomo-vqa build publish --work build --out locomo-vqa-verified --verified
      locomo-vqa build publish --work build --out locomo-vqa --push org/locomo-vqa --pull-request
      locomo-vqa build publish --benchmark locomo-images --out published
    """
    where = {"out": out, "push": push, "pull_request": pull_request}
    if benchmark is None:
        return _publish_build(as_json, verified=verified, **where, **options)
    if verified:
        raise click.UsageError("--verified needs a build: give --work instead of --benchmark.")
    if out is None or options["work"] or options["recipe"]:
        raise click.UsageError("--benchmark needs --out, and replaces --work.")
    return _publish_folder(benchmark, out, push, pull_request, as_json)


def _publish_build(as_json: bool, **options: Any) -> int:
    from ..build import build

    if options["work"] is None:
        raise click.UsageError("Give --work, or both --benchmark and --out.")
    if not as_json:
        return run_stages("publish", **options)
    done = build(stages=["publish"], **options)
    assert done.benchmark is not None and done.published is not None
    _print_json(done.out, done.benchmark.revision, done.published.url)
    return 0


def _publish_folder(
    benchmark: str, out: Path, push: str | None, pull_request: bool, as_json: bool
) -> int:
    from ..publishing import publish_benchmark

    done = publish_benchmark(benchmark, out=out, push=push, pull_request=pull_request)
    if as_json:
        _print_json(done.folder, done.revision, done.url)
        return 0
    echo(f"Wrote {done.folder}, revision {done.revision[:12]}")
    if done.url:
        echo(f"On the Hub: {done.url}")
    return 0


def _print_json(folder: Path, revision: str, url: str | None) -> None:
    print_json({"folder": str(folder), "revision": revision, "url": url})
