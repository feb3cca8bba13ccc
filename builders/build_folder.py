"""The work folder of a build: what each stage leaves there for the next."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.files import read_json, write_text

from .recipe import Recipe

__all__ = ["WorkFolder"]


@dataclass(frozen=True, slots=True)
class WorkFolder:
    """Paths of a build's stages. Every stage can be run again: replies come from the store."""

    path: Path
    """The folder."""

    @property
    def ingested(self) -> Path:
        """The benchmark folder without pictures (stage ingest)."""
        return self.path / "1-ingested"

    @property
    def pictured(self) -> Path:
        """The benchmark folder with pictures (stage images)."""
        return self.path / "2-pictured"

    @property
    def split(self) -> Path:
        """The benchmark folder without pictures that stand in several splits (stage split)."""
        return self.path / "3-split"

    @property
    def removed(self) -> Path:
        """What the stage split removed, and why."""
        return self.path / "removed.json"

    @property
    def probe(self) -> Path:
        """A row for every question of the probe, with the validator's answer."""
        return self.path / "probe.jsonl"

    @property
    def selection(self) -> Path:
        """The chosen types."""
        return self.path / "selection.json"

    @property
    def plot(self) -> Path:
        """Their error rates as a picture."""
        return self.path / "selection.png"

    @property
    def questions(self) -> Path:
        """The generated questions, with quality columns (stage generate)."""
        return self.path / "questions.jsonl"

    @property
    def models(self) -> Path:
        """What the probes found of the models."""
        return self.path / "models.json"

    @property
    def review(self) -> Path:
        """People's decisions (stage review)."""
        return self.path / "review.jsonl"

    @property
    def responses(self) -> Path:
        """The response store."""
        return self.path / "responses.sqlite"

    def begin(self, recipe: Recipe) -> None:
        """Make the folder, or check that it belongs to the recipe.

        Raises:
            OutputError: it holds something else, or another recipe's build.
        """
        target = self.path / "recipe.toml"
        if target.exists():
            if target.read_text(encoding="utf-8") != recipe.text:
                raise OutputError(
                    f"{self.path}: holds a build of another recipe.",
                    "Choose another --work, or give the recipe as it was.",
                )
            return
        if self.path.exists() and (not self.path.is_dir() or any(self.path.iterdir())):
            raise OutputError(
                f"{self.path}: exists already and is no build.", "Choose another --work."
            )
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"{self.path}: can't be made ({error.strerror}).", "Choose another --work."
            ) from None
        write_text(target, recipe.text)

    def need(self, path: Path, stage: str) -> Path:
        """Return a path that an earlier stage must have made.

        Raises:
            InputError: it is not there; the remedy names the stage.
        """
        if not path.exists():
            raise InputError(
                f"{path}: is not there yet.", f"Run `locomo-vqa build {stage}` with this --work."
            )
        return path

    def replace(self, folder: Path) -> Path:
        """Remove a stage's folder, so that it can be made anew."""
        shutil.rmtree(folder, ignore_errors=True)
        return folder

    def read(self, path: Path, stage: str) -> Any:
        """Return the JSON that an earlier stage wrote."""
        return read_json(self.need(path, stage), what=f"the file of the stage {stage}")
