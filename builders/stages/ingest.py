"""The stage `ingest`: the LoCoMo file becomes a benchmark folder."""

from __future__ import annotations

import shutil
from pathlib import Path

from locomo_vqa.files import write_jsonl

from ..importing import LOCOMO_LICENSE, SAMPLE_LICENSE, import_licensed
from .base import Stage, StageContext
from .recipe_splits import check_splits

__all__ = ["INGEST"]


def _run(context: StageContext) -> None:
    folder, recipe = context.folder, context.recipe
    if not folder.ingested.exists():
        source, license = Path(recipe.locomo), LOCOMO_LICENSE
        if recipe.locomo == "sample":
            source, license = _write_sample(folder.sample), SAMPLE_LICENSE
        import_licensed(source, out=folder.ingested, name=recipe.name, license=license)
    check_splits(folder, recipe)


def _write_sample(folder: Path) -> Path:
    """Write the sample's LoCoMo file, and its images as a mirror with a list."""
    from ..sample.generate import image_name, write_sample

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    sample = write_sample(folder)
    files = [{"url": url, "file": f"images/{image_name(url)}"} for url in sample.scenes]
    write_jsonl(folder / "mirror.jsonl", files)
    return folder / "locomo.json"


INGEST = Stage(
    name="ingest",
    needs=(),
    makes=("1-ingested",),
    choices=("name", "locomo"),
    lasting=True,
    run=_run,
)
