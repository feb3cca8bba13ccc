"""The state of a training run on disk: one file, replaced after each epoch."""

from __future__ import annotations

import contextlib
import pickle
from importlib import import_module
from pathlib import Path
from typing import Any

from locomo_vqa.errors import OutputError
from locomo_vqa.files import new_file

__all__ = ["TrainingState"]


class TrainingState:
    """A file with everything needed to train the next epoch."""

    def __init__(self, path: Path, identity: str) -> None:
        self._path = path
        self._identity = identity

    def read(self) -> dict[str, Any] | None:
        """Return the last saved state; None if there is no file.

        Raises:
            OutputError: the file belongs to a different training run, or is damaged.
        """
        if not self._path.exists():
            return None
        torch = import_module("torch")
        try:
            found: dict[str, Any] = torch.load(self._path, map_location="cpu", weights_only=True)
        except (OSError, RuntimeError, EOFError, ValueError, pickle.UnpicklingError) as error:
            raise OutputError(
                f"{self._path}: can't be read ({' '.join(str(error).split())[:200]}).",
                "Delete the file; the training run then starts over.",
            ) from None
        if found.get("identity") != self._identity:
            raise OutputError(
                f"{self._path}: belongs to a run with other examples, settings or student.",
                "Choose another `out`, repeat the call with the same arguments, or delete it.",
            )
        return found

    def write(self, **content: Any) -> None:
        """Replace the last saved state.

        Raises:
            OutputError: the file can't be written.
        """
        try:
            with new_file(self._path) as part:
                import_module("torch").save({"identity": self._identity, **content}, part)
        except RuntimeError as error:  # From torch, for example when the disk is full.
            raise OutputError(
                f"{self._path}: can't be written ({' '.join(str(error).split())[:200]}).",
                "Choose a writable folder with enough free space.",
            ) from None

    def remove(self) -> None:
        """Delete the file; called once the adapter exists."""
        with contextlib.suppress(OSError):
            self._path.unlink()
