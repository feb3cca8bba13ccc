"""Reads the TOML files in `data/`."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any

__all__ = ["read_data"]


def read_data(name: str) -> dict[str, Any]:
    """Return the contents of `data/<name>.toml`."""
    file = files(__package__).joinpath("data", f"{name}.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))
