"""Finds a benchmark: the sample, a local folder, or a data set on the Hugging Face Hub."""

from __future__ import annotations

import re
from pathlib import Path

from locomo_vqa.errors import MissingResource
from locomo_vqa.key_variables import hide_hub_token

__all__ = ["SAMPLE_FOLDER", "find_folder"]

SAMPLE_FOLDER = Path(__file__).parent.parent / "sample" / "data" / "benchmark"
"""The folder of the sample benchmark."""

_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")

_FILES = ("*.jsonl", "benchmark.json", "report.json", "images/*")
"""The files of a benchmark folder; a published data set has more."""


def find_folder(source: str) -> Path:
    """Return the local folder of a benchmark: `"sample"`, a path, or a data set on the Hub.

    Raises:
        MissingResource: it is not a path, and can't be downloaded from the Hub.
    """
    if source == "sample":
        return SAMPLE_FOLDER
    path = Path(source)
    if path.exists() or not _HUB_NAME.fullmatch(source):
        return path
    return _download(source)


def _download(name: str) -> Path:
    from huggingface_hub import snapshot_download

    hide_hub_token()
    try:
        folder = snapshot_download(name, repo_type="dataset", allow_patterns=list(_FILES))
    except Exception as error:  # noqa: BLE001 - the client lets errors of several libraries through
        why, remedy = _why_not(error)
        raise MissingResource(
            f"{name}: is not a local folder, and the Hugging Face Hub {why}.",
            f"For a folder, check the path; for a data set, {remedy}.",
        ) from None
    return Path(folder)


def _why_not(error: Exception) -> tuple[str, str]:
    """Return two phrases: why the lookup on the Hub failed, and what to do."""
    from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError

    reason = str(error).strip().split("\n")[0].rstrip(".") or type(error).__name__
    if isinstance(error, RepositoryNotFoundError):
        return (
            "has no data set of that name that can be read without a token",
            "check its name, and set HF_TOKEN if it is private",
        )
    if isinstance(error, HfHubHTTPError):
        return f"did not return a data set of that name ({reason})", "check its name, and try again"
    return (
        f"can't be reached ({reason})",
        "check the network, and that HF_HUB_OFFLINE is not set",
    )
