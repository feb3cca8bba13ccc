"""Finds the weights of a package's own sentence encoder; a run downloads nothing."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import Any

__all__ = ["encoder_record", "weights_of"]

_SNAPSHOTS = "snapshots"
_WEIGHTS = (".safetensors", ".bin", ".onnx", ".json", ".txt")


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


def encoder_record(services: Any, folder: str) -> dict[str, str]:
    """Return what identifies the encoder in a folder, for `embedder_record`.

    That of a snapshot from the Hub is its revision; otherwise a SHA-256 over the names and contents
    of its weights and settings.
    """
    path = Path(folder)
    if path.parent.name == _SNAPSHOTS:
        return {"name": _hub_name(path), "revision": path.name}
    digest = hashlib.sha256()
    for file in sorted(path.rglob("*")):
        if file.is_file() and file.suffix in _WEIGHTS:
            name = file.relative_to(path).as_posix()
            digest.update(f"{name}\0{_sha256(file)}\n".encode())
    return {"name": services.options.get("embedder") or path.name, "sha256": digest.hexdigest()}


def _hub_name(snapshot: Path) -> str:
    """Return a model's name, such as `org/name`, from the path of its snapshot.

    Two hyphens separate `models`, the organisation and the name there.
    """
    return "/".join(re.split("-{2}", snapshot.parent.parent.name)[1:])


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as content:
        for part in iter(lambda: content.read(1 << 20), b""):
            digest.update(part)
    return digest.hexdigest()
