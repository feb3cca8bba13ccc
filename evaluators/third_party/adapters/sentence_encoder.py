"""Finds the weights of a package's own sentence encoder; a run downloads nothing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

__all__ = ["weights_of"]


def weights_of(services: Any, default: str) -> str:
    """Return the folder of the sentence encoder in the option `embedder`, or of `default`.

    Either is a folder, or a model's name on the Hugging Face Hub that is in this machine's cache.

    Raises:
        RuntimeError: the encoder is not on this machine.
    """
    os.environ.update(HF_HUB_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1")
    named = services.options.get("embedder") or default
    folder = Path(named).expanduser()
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            raise RuntimeError(f"embedder={named}: the folder has no sentence encoder")
        return str(folder.absolute())
    from huggingface_hub import snapshot_download

    name = named if "/" in named else f"sentence-transformers/{named}"
    try:
        return str(snapshot_download(name, local_files_only=True))
    except (OSError, ValueError):
        raise RuntimeError(
            f"the embedder {named} is not on this machine: fetch it with `hf download {name}`, or "
            "set the option embedder to the folder of a sentence-transformers model"
        ) from None
