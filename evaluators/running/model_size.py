"""Measures the size of a run's model on disk: its weights and its experts' adapters."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from locomo_vqa.errors import InputError, MissingResource
from locomo_vqa.files import read_json
from locomo_vqa.models.experts import WEIGHTS
from locomo_vqa.models.names import ModelName, parse_name

from ..memory.settings import TEXT_STAGES
from ..memory.stage_names import is_model_name

__all__ = ["UNKNOWN", "ModelBytes", "size_of_model", "weights_in"]

_LOCAL = frozenset({"embedded", "lmdeploy", "transformers"})
_INDEX = "model.safetensors.index.json"
_ENDINGS = ("*.safetensors", "pytorch_model*.bin")
"""Patterns for a checkpoint's weight files; only the first that matches counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelBytes:
    """Sizes in bytes; None means unknown."""

    weights: int | None
    """The size of the weights that transformers and lmdeploy load."""
    adapters: int | None
    """The size of the experts' adapter_model.safetensors; 0 without experts."""

    @property
    def total(self) -> int | None:
        """The sum of both."""
        if self.weights is None or self.adapters is None:
            return None
        return self.weights + self.adapters


UNKNOWN = ModelBytes(weights=None, adapters=None)
"""The size of a model behind an endpoint, or whose files are not on this machine."""


def size_of_model(run: Path, info: Mapping[str, Any]) -> ModelBytes:
    """Return the size of the model named in run.json, on this machine.

    The models of single stages (mem0's options) count too. No network is used.
    """
    answerer = info["answerer"]
    options = dict(option.partition("=")[::2] for option in info.get("options", ()))
    if answerer["provider"] not in _LOCAL or not answerer["model"]:
        return UNKNOWN
    named = (options.get(stage, "") for stage in (*TEXT_STAGES, "vision"))
    models = {answerer["model"], *filter(is_model_name, named)}
    sizes = [_weight_bytes(spec) for spec in models]
    weights = [size for size in sizes if size is not None]
    if len(weights) < len(sizes):
        return UNKNOWN
    return ModelBytes(weights=sum(weights), adapters=_adapter_bytes(run, options))


def weights_in(folder: Path) -> int | None:
    """Return the size of a checkpoint's weights; None unless all files are in its folder."""
    try:
        if (folder / _INDEX).is_file():
            index = read_json(folder / _INDEX, what="the list of weights")
            files = [folder / name for name in sorted(set(index["weight_map"].values()))]
        elif (folder / "model.safetensors").is_file():
            files = [folder / "model.safetensors"]
        else:
            files = next(filter(None, (sorted(folder.glob(ending)) for ending in _ENDINGS)), [])
        return sum(file.stat().st_size for file in files) if files else None
    except (OSError, InputError, KeyError, TypeError, AttributeError):
        return None


def _weight_bytes(spec: str) -> int | None:
    try:
        name = parse_name(spec)
    except InputError:
        return None
    folder = _model_folder(name)
    return None if folder is None else weights_in(folder)


def _model_folder(name: ModelName) -> Path | None:
    """Return the folder with a local model's files."""
    if name.scheme == "embedded":
        from locomo_vqa.models.embedded_local import embedded_folder

        try:
            return embedded_folder(name.target)
        except MissingResource:
            return None
    if name.scheme not in _LOCAL:
        return None
    if Path(name.target).is_dir():
        return Path(name.target)
    from huggingface_hub import snapshot_download

    try:
        found = snapshot_download(
            name.target, revision=name.options.get("revision"), local_files_only=True
        )
    except (OSError, ValueError):  # Not in the cache, or not a valid name.
        return None
    return Path(found)


def _adapter_bytes(run: Path, options: Mapping[str, str]) -> int | None:
    """Return the size of the adapters that a run used: duomem's adapter or memlora's experts."""
    if options.keys() & {"experts", "experts_sha256"}:
        return sum(listed.values()) if (listed := _listed_experts(run)) else None
    if "adapter" not in options:
        return 0
    try:
        return (Path(options["adapter"]) / WEIGHTS).stat().st_size
    except OSError:
        return None


def _listed_experts(run: Path) -> dict[str, int]:
    """Return the bytes of each expert, which memlora lists in its work folders."""
    listed: dict[str, int] = {}
    for listing in (run / "work").glob("*/experts.json"):
        with suppress(InputError, KeyError, TypeError, ValueError):
            listed |= read_json(listing, what="the experts")["bytes"]
    return listed
