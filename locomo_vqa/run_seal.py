"""Seals a finished run.json, so that a later change of it is found.

A seal protects against mistakes and careless edits; whoever wants to deceive can write a new one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .files import canonical_json, sha256_text

__all__ = ["is_unchanged", "sealed"]


def sealed(info: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of a run.json with a seal: the SHA-256 of everything else."""
    return {**info, "seal": _digits(info)}


def is_unchanged(info: Mapping[str, Any]) -> bool:
    """Return whether a run.json has its seal's content; one without a seal counts as unchanged.

    Earlier versions wrote no seal, and no record of the environment.
    """
    if "seal" not in info:
        return "record" not in info
    return bool(info["seal"] == _digits(info))


def _digits(info: Mapping[str, Any]) -> str:
    return sha256_text(canonical_json({key: info[key] for key in info if key != "seal"}))
