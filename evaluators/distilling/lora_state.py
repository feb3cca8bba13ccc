"""Where a training stands, on the disk: one file, replaced whole after each epoch."""

from __future__ import annotations

import contextlib
import pickle
from importlib import import_module
from pathlib import Path
from typing import Any

from locomo_vqa.errors import OutputError

__all__ = ["TrainingState"]


class TrainingState:
    """A file with all that the next epoch needs, replaced whole after each."""

    def __init__(self, path: Path, identity: str) -> None:
        self._path = path
        self._identity = identity

    def read(self) -> dict[str, Any] | None:
        """Return what was written last, or None where nothing was.

        Raises:
            OutputError: it belongs to another training, or is damaged.
        """
        if not self._path.exists():
            return None
        torch = import_module("torch")
        try:
            found: dict[str, Any] = torch.load(self._path, map_location="cpu", weights_only=True)
        except (OSError, RuntimeError, EOFError, ValueError, pickle.UnpicklingError) as error:
            raise OutputError(
                f"{self._path}: can't be read ({' '.join(str(error).split())[:200]}).",
                "Remove it; the training then begins anew.",
            ) from None
        if found.get("identity") != self._identity:
            raise OutputError(
                f"{self._path}: is of a training with other examples, settings or student.",
                "Choose another --out, give the command as it was, or remove the file.",
            )
        return found

    def write(self, **content: Any) -> None:
        """Replace what was written before.

        Raises:
            OutputError: it can't be written.
        """
        part = self._path.with_name(f".{self._path.name}.part")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            import_module("torch").save({"identity": self._identity, **content}, part)
            part.replace(self._path)
        except (OSError, RuntimeError) as error:
            part.unlink(missing_ok=True)
            raise OutputError(
                f"{self._path}: can't be written ({error}).",
                "Choose a folder that you may write to and that has room.",
            ) from None

    def remove(self) -> None:
        """Remove it; the adapter is there."""
        with contextlib.suppress(OSError):
            self._path.unlink()
