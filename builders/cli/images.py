"""The command `build images`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from locomo_vqa.cli_support import echo, json_option, print_json, quoted

from .options import FOLDER, build_options, image_options, retry_option
from .running import build_arguments, run_stages
from .tables import print_losses

__all__ = ["images"]


@click.command()
@build_options
@image_options
@retry_option
@click.option("--benchmark", help="Fetch the images of this benchmark folder, without a build.")
@click.option("--out", type=FOLDER, help="With --benchmark, write the new benchmark folder here.")
@json_option
def images(benchmark: str | None, out: Path | None, as_json: bool, **options: Any) -> int:
    """Fetch the images, and report which are lost and why.

    After an interruption, run the same command again: finished images are not fetched again.
    Exit status 1: some URLs are worth retrying; with --work, repeat the command. --retry-lost tries
    all lost images again, such as after a host came back or with another --mirror or --max-bytes.

    With --benchmark and --out instead of --work, any benchmark folder is copied with its images,
    without those that occur in several splits. To retry what failed, run the command on the new
    folder. losses.json in the new folder says what happened to every URL.

    \b
    Example:
      locomo-vqa build images --work build
      locomo-vqa build images --benchmark locomo --out locomo-images
      locomo-vqa build images --benchmark locomo --out locomo-images --mirror saved
      locomo-vqa build images --work build --retry-lost --mirror saved
    """
    if benchmark is None and out is None:
        return _fetch_for_build(as_json, **options)
    if benchmark is None or out is None or options["work"] or options["recipe"]:
        raise click.UsageError("Give --work, or both --benchmark and --out.")
    if options["retry_lost"]:
        raise click.UsageError(
            f"--retry-lost is for --work. To retry what {benchmark} lost, leave it out: every "
            "image that is missing there is tried."
        )
    return _fetch_for_folder(benchmark, out, as_json, **build_arguments(options))


def _fetch_for_build(as_json: bool, **options: Any) -> int:
    from ..build import build

    if options["work"] is None:
        raise click.UsageError("Give --work, or both --benchmark and --out.")
    if not as_json:
        return run_stages("images", **options)
    done = build(stages=["images"], **build_arguments(options))
    assert done.losses is not None
    print_json(done.losses.to_json())
    return 1 if done.incomplete else 0


def _fetch_for_folder(
    benchmark: str,
    out: Path,
    as_json: bool,
    *,
    mirror: Path | None,
    phash_distance: int | None,
    allow_private: bool | None,
    download: dict[str, Any],
    **others: Any,
) -> int:
    from ..images.duplicates import PHASH_DISTANCE
    from ..images.fetch_images import fetch_images
    from ..images.settings import remembered_settings

    done = fetch_images(
        benchmark,
        out=out,
        settings=remembered_settings({**download, "allow_private": allow_private}),
        mirror=mirror,
        phash_distance=PHASH_DISTANCE if phash_distance is None else phash_distance,
    )
    if as_json:
        losses = done.losses.to_json()
        print_json({"folder": str(out), "revision": done.revision, **losses})
    else:
        print_losses(
            done.losses,
            done.folder,
            retry=f"locomo-vqa build images --benchmark {quoted(out)} --out …",
        )
        echo(f"Wrote {out}, revision {done.revision[:12]}; details: losses.json")
    return 1 if done.losses.by_state.get("not_fetched") else 0
