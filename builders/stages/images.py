"""The stage `images`: the images of the conversations, from their hosts or from a mirror.

Running it again tries all lost images again if some were not fetched, or if that is asked.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from locomo_vqa.unfinished import discard

from ..build_folder import BuildFolder
from .base import Stage, StageContext
from .recipe_splits import check_splits

if TYPE_CHECKING:
    from ..images.losses import Losses

__all__ = ["IMAGES"]


def _run(context: StageContext) -> None:
    from ..images.fetch_images import fetch_images
    from ..images.losses import read_losses

    folder = context.folder
    retried = _finish_retry(folder)
    if folder.with_images.exists():
        _remove_downloads(folder.with_images)
        if retried or not _worth_retrying(read_losses(folder.losses), context.retry_lost):
            _remove_downloads(folder.retried_images)
            return
        source, out = folder.with_images, folder.retried_images
    else:
        source, out = folder.need(folder.ingested, "ingest"), folder.with_images
        check_splits(folder, context.recipe)
    fetch_images(
        source,
        out=out,
        settings=context.download,
        mirror=folder.sample if context.recipe.locomo == "sample" else context.mirror,
        phash_distance=None,
        progress=context.progress,
    )
    _finish_retry(folder)


def _worth_retrying(losses: Losses, retry_lost: bool) -> bool:
    lost = losses.urls - losses.by_state.get("ok", 0)
    return bool(lost if retry_lost else losses.by_state.get("not_fetched"))


def _finish_retry(folder: BuildFolder) -> bool:
    """Replace the first attempt with a finished second one, even after a kill in between.

    If it found other images, the result of the stage `split` goes, which lacks them. If it found
    the same, the first attempt stays, so that a repeated build is the same to the byte.
    """
    if not folder.retried_images.exists():
        return False
    if _images_of(folder.retried_images) == _images_of(folder.with_images):
        discard(folder.retried_images)
        return True
    discard(folder.split)
    discard(folder.with_images)
    folder.retried_images.replace(folder.with_images)
    return True


def _images_of(folder: Path) -> bytes | None:
    path = folder / "images.jsonl"
    return path.read_bytes() if path.exists() else None


def _remove_downloads(folder: Path) -> None:
    """Remove the work folder of a process that was killed when it was done."""
    shutil.rmtree(folder.with_name(f"{folder.name}.unfinished"), ignore_errors=True)


IMAGES = Stage(name="images", needs=("ingest",), makes=("2-with-images",), lasting=True, run=_run)
