"""Puts a submission into a folder of submissions on this machine."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.files import new_folder

from .destination import Placed
from .draft import Draft, is_same_submission

__all__ = ["FolderDestination"]


@dataclass(frozen=True, slots=True)
class FolderDestination:
    """A folder of submissions."""

    folder: Path

    def explain(self, draft: Draft) -> str:
        """Return a sentence on what `send` will do."""
        return f"It is written to {self.folder / draft.name}."

    def send(self, draft: Draft) -> Placed:
        """Copy a submission into the folder, or find it there.

        Raises:
            InputError: it is a repository.
            OutputError: another submission has its name and date, or it can't be written.
        """
        if (self.folder / ".git").exists() and (self.folder / "submissions").is_dir():
            raise InputError(
                f"`to`: {self.folder} is a repository, not a folder of submissions.",
                f"Give {self.folder / 'submissions'}.",
            )
        found = self._find(draft)
        if found is not None:
            return Placed(place=str(found), folder=found, is_new=False)
        target = self.folder / draft.name
        remedy = "Choose another `date` or `name`; a submission is never replaced."
        try:
            with (
                _without_leftovers(target.parent),
                new_folder(target, what="the submission", remedy=remedy) as out,
            ):
                for name in draft.files:
                    shutil.copyfile(draft.folder / name, out / name)
        except OutputError:
            if not is_same_submission(draft, target):
                raise  # Otherwise the same call made it meanwhile, in another process.
        return Placed(place=str(target), folder=target)

    def _find(self, draft: Draft) -> Path | None:
        target = self.folder / draft.name
        if is_same_submission(draft, target):
            return target
        if not draft.any_day or target.exists():
            return None
        earlier = sorted(target.parent.iterdir()) if target.parent.is_dir() else []
        return next((path for path in earlier if is_same_submission(draft, path)), None)


@contextlib.contextmanager
def _without_leftovers(folder: Path) -> Iterator[None]:
    """If the block fails, remove `folder` and the folders above it that it created."""
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        yield
    except BaseException:
        for path in made:
            with contextlib.suppress(OSError):
                path.rmdir()
        raise
