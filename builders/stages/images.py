"""The stage `images`: the images of the conversations, from their hosts or from a mirror.

Running it again retries the URLs that are worth retrying.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from locomo_vqa.unfinished import discard

from ..build_folder import BuildFolder
from .base import Stage, StageContext

__all__ = ["IMAGES"]


def _run(context: StageContext) -> None:
    from ..images.fetch_images import fetch_images
    from ..images.losses import read_losses

    folder = context.folder
    retried = _finish_retry(folder)
    if folder.with_images.exists():
        _remove_downloads(folder.with_images)
        if retried or not read_losses(folder.losses).by_state.get("not_fetched"):
            _remove_downloads(folder.retried_images)
            return
        source, out = folder.with_images, folder.retried_images
    else:
        source, out = folder.need(folder.ingested, "ingest"), folder.with_images
    fetch_images(
        source,
        out=out,
        settings=context.download,
        mirror=folder.sample if context.recipe.locomo == "sample" else context.mirror,
        phash_distance=None,
        progress=context.progress,
    )
    _finish_retry(folder)


def _finish_retry(folder: BuildFolder) -> bool:
    """Replace the first attempt with a finished second one, even after a kill in between."""
    if not folder.retried_images.exists():
        return False
    discard(folder.with_images)
    folder.retried_images.replace(folder.with_images)
    return True


def _remove_downloads(folder: Path) -> None:
    """Remove the work folder of a process that was killed when it was done."""
    shutil.rmtree(folder.with_name(f"{folder.name}.unfinished"), ignore_errors=True)


IMAGES = Stage(name="images", needs=("ingest",), makes=("2-with-images",), lasting=True, run=_run)
