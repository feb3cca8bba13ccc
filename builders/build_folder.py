"""The work folder of a build: what each stage writes there for the next, and how it was made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.files import read_json, write_json, write_text
from locomo_vqa.schemas import validate
from locomo_vqa.unfinished import discard

from .recipe import BuildRecipe, load_recipe

__all__ = ["BuildFolder", "BuildState"]

_LOCK = "build.lock"
BuildState = dict[str, Any]
"""What `build.json` holds: `images` (how they are fetched), `out`, and `stages` (the choices that
each was run with)."""


@dataclass(frozen=True, slots=True)
class BuildFolder:
    """Paths of a build's results. Every stage can be run again: replies come from the store."""

    path: Path
    """The folder."""

    @property
    def ingested(self) -> Path:
        """The benchmark folder without images (stage ingest)."""
        return self.path / "1-ingested"

    @property
    def sample(self) -> Path:
        """The sample's LoCoMo file and images, if the recipe builds from the sample."""
        return self.path / "sample"

    @property
    def with_images(self) -> Path:
        """The benchmark folder with images (stage images)."""
        return self.path / "2-with-images"

    @property
    def retried_images(self) -> Path:
        """The result of another attempt, until it replaces the folder above."""
        return self.path / "2-with-images.retried"

    @property
    def split(self) -> Path:
        """The benchmark folder without images that several splits share (stage split)."""
        return self.path / "3-split"

    @property
    def finished(self) -> Path:
        """The benchmark folder with the reviewed questions (stage publish)."""
        return self.path / "4-benchmark"

    @property
    def losses(self) -> Path:
        """What happened to every image's URL (stage images)."""
        return self.with_images / "losses.json"

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
        """The chosen question types."""
        return self.path / "selection.json"

    @property
    def plot(self) -> Path:
        """Their error rates as a figure; `selection.png` is the same."""
        return self.path / "selection.svg"

    @property
    def questions(self) -> Path:
        """The generated questions, with quality columns (stage generate)."""
        return self.path / "questions.jsonl"

    @property
    def models(self) -> Path:
        """What the known-answer checks found about the models."""
        return self.path / "models.json"

    @property
    def review(self) -> Path:
        """People's decisions (stage review)."""
        return self.path / "review.jsonl"

    @property
    def responses(self) -> Path:
        """The response store."""
        return self.path / "responses.sqlite"

    @property
    def calls(self) -> Path:
        """The list of calls to endpoints."""
        return self.path / "calls.jsonl"

    @property
    def _recipe_file(self) -> Path:
        return self.path / "recipe.toml"

    @property
    def _state_file(self) -> Path:
        return self.path / "build.json"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Create the folder if it is missing, and keep other builds out of it.

        If nothing was remembered in it, a folder that was created is removed again.

        Raises:
            OutputError: it has other content, another process is building in it, or it can't be
                written.
        """
        from filelock import FileLock, Timeout

        self._check_content()
        created = _missing_folders(self.path)
        lock = FileLock(self.path / _LOCK)
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            lock.acquire(timeout=0)
        except Timeout:
            raise OutputError(
                f"{self.path}: another process is building in this folder.",
                "Wait until it has finished, or choose another `work`.",
            ) from None
        except OSError as error:
            raise OutputError(
                f"{self.path}: can't be written ({error.strerror or error}).",
                "Choose another `work`.",
            ) from None
        try:
            yield
        finally:
            if not self._recipe_file.exists():
                with suppress(OSError):
                    (self.path / _LOCK).unlink()
                    for made in created:
                        made.rmdir()
            lock.release()

    def _check_content(self) -> None:
        if not self.path.exists():
            return
        empty = self.path.is_dir() and not any(self.path.iterdir())
        # Looked for last: another build may have made the folder just now.
        known = self._recipe_file.exists() or (self.path / _LOCK).exists()
        if not empty and not known:
            raise OutputError(
                f"{self.path}: already exists and is not the work folder of a build.",
                "Choose another `work`.",
            )

    def recipe(self) -> BuildRecipe | None:
        """Return the recipe that the folder remembers; None in a new folder."""
        return load_recipe(self._recipe_file) if self._recipe_file.exists() else None

    def state(self) -> BuildState:
        """Return what `build.json` holds."""
        if not self._state_file.exists():
            return {"schema_version": 1, "images": {}, "out": None, "stages": {}}
        state: BuildState = read_json(self._state_file, what="the record of the build")
        validate(
            state, "build", path=self._state_file, remedy="Choose another `work`, or remove it."
        )
        return state

    def remember(self, recipe: BuildRecipe, state: BuildState) -> None:
        """Write the recipe and the record, each whole."""
        write_text(self._recipe_file, recipe.to_toml())
        write_json(self._state_file, state)

    def need(self, path: Path, stage: str) -> Path:
        """Return a path that an earlier stage must have made.

        Raises:
            InputError: it is missing; the remedy names the stage.
        """
        if not path.exists():
            raise InputError(
                f"{path}: not found.",
                f"Run the stage {stage} first: `locomo-vqa build {stage}` with the same `work`.",
            )
        return path

    def cleared(self, folder: Path) -> Path:
        """Remove a stage's folder so that it can be made again, and return its path."""
        discard(folder)
        return folder

    def read(self, path: Path, stage: str) -> Any:
        """Return the parsed JSON that an earlier stage wrote."""
        return read_json(self.need(path, stage), what=f"the file of the stage {stage}")


def _missing_folders(path: Path) -> list[Path]:
    """Return a folder and those above it that don't exist yet, the innermost first."""
    return [each for each in (path, *path.parents) if not each.exists()]
