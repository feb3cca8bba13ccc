"""Checks that a model for transformers can be found, without loading anything."""

from __future__ import annotations

from pathlib import Path

from locomo_vqa.key_variables import hide_hub_token
from locomo_vqa.models.names import ModelName

__all__ = ["check_configuration"]

_CONFIGURATION = "config.json"


def check_configuration(name: ModelName) -> None:
    """Check that a model's configuration is in its folder, in the Hub's cache, or on the Hub.

    Raises:
        MissingResource: it is not.
    """
    from locomo_vqa.models.transformers_local import not_loaded

    folder = Path(name.target)
    if folder.is_dir():
        if not (folder / _CONFIGURATION).is_file():
            raise not_loaded(name, FileNotFoundError(f"the folder has no {_CONFIGURATION}"))
        return
    from huggingface_hub import hf_hub_download, try_to_load_from_cache

    hide_hub_token()
    revision = name.options.get("revision")
    try:
        if not isinstance(
            try_to_load_from_cache(name.target, _CONFIGURATION, revision=revision), str
        ):
            hf_hub_download(name.target, _CONFIGURATION, revision=revision)
    except Exception as error:  # noqa: BLE001 - the client lets errors of several libraries through
        raise not_loaded(name, error) from None
