"""The client of the Hugging Face Hub, for what is sent there."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from locomo_vqa._version import __version__
from locomo_vqa.errors import MissingResource
from locomo_vqa.hub_errors import NO_TOKEN_REMEDY
from locomo_vqa.keys import add_secret

if TYPE_CHECKING:
    from huggingface_hub import HfApi

__all__ = ["hub_client", "quiet_unless_terminal"]


def hub_client(token: str | None = None, endpoint: str | None = None) -> HfApi:
    """Return a client that may write.

    Args:
        token: None uses HF_TOKEN or the token of `hf auth login`.
        endpoint: the Hub's address; None uses HF_ENDPOINT or huggingface.co.

    Raises:
        MissingResource: no token is set.
    """
    from huggingface_hub import HfApi, get_token

    token = token or get_token()
    if not token:
        raise MissingResource("No token for the Hugging Face Hub is set.", NO_TOKEN_REMEDY)
    add_secret(token)
    return HfApi(
        endpoint=endpoint, token=token, library_name="locomo-vqa", library_version=__version__
    )


@contextmanager
def quiet_unless_terminal() -> Iterator[None]:
    """Turn off the client's progress bars if standard error is not a terminal."""
    from huggingface_hub.utils.tqdm import (
        are_progress_bars_disabled,
        disable_progress_bars,
        enable_progress_bars,
    )

    change = not sys.stderr.isatty() and not are_progress_bars_disabled()
    if change:
        disable_progress_bars()
    try:
        yield
    finally:
        if change:
            enable_progress_bars()
