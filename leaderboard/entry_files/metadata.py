"""Reads metadata.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .plain_yaml import parse_plain_yaml

__all__ = ["parse_metadata"]


def parse_metadata(text: str, *, path: Path) -> dict[str, Any]:
    """Parse and check a metadata.yaml; `path` is used in error messages only.

    Raises:
        InputError: it is not YAML of plain data, or does not match the schema `metadata`.
    """
    metadata: dict[str, Any] = parse_plain_yaml(text, path=path, schema="metadata")
    return metadata
