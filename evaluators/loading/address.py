"""Loads systems behind an HTTP address, from the server's description."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from locomo_vqa.errors import SystemLoadError
from locomo_vqa.files import clean_text

from ..hosting import HttpHost, ImageTransfer, Limits, shown_address
from ..hosting.isolation import Failure
from ..hosting.sandbox import Sandbox
from .loaded import (
    ANSWERING_METHODS,
    ANSWERS,
    LoadedSystem,
    refuse_options,
    refuse_python,
    system_from_facts,
)

__all__ = ["load_address"]

_SHA256 = re.compile("[0-9a-f]{64}")


def load_address(address: str, *, python: Path | None) -> LoadedSystem:
    """Ask a server to describe its system.

    Raises:
        InputError: `python` is given.
        SystemLoadError: the server can't be reached, or its description does not match its schema.
    """
    refuse_python(address, python)
    shown = shown_address(address)
    if not urlsplit(address).hostname:
        raise SystemLoadError(
            f"{address!r} is not an address.", "Give one such as http://127.0.0.1:8000."
        )
    host = HttpHost(address)
    host.start()
    try:
        described = host.describe()
    finally:
        host.end()
    if isinstance(described, Failure):
        raise SystemLoadError(
            f"{shown}: does not describe a memory system ({described.reason}).",
            "Start the server, or check the address; docs/system-api.yaml describes its API.",
        )
    facts = _to_class_description(described, shown)
    images: ImageTransfer = "path" if described.get("images") == "path" else "data"

    def make(
        limits: Limits, log: Path, sandbox: Sandbox | None = None, home: Path | None = None
    ) -> HttpHost:
        assert sandbox is None
        return HttpHost(address, limits=limits, images=images)

    loaded = system_from_facts(shown, facts, make)
    return replace(loaded, address=True, check_options=refuse_options(shown))


def _to_class_description(described: Mapping[str, Any], address: str) -> dict[str, Any]:
    """Return a server's description in the form that the worker uses to describe a class."""
    text: dict[str, str | None] = {}
    for name in ("name", "version", "prompt_sha256"):
        value = described.get(name)
        if (value is not None and not isinstance(value, str)) or (name == "name" and not value):
            raise SystemLoadError(
                f"{address}: {name} in its description must be a string.",
                "See GET /system in docs/system-api.yaml.",
            )
        text[name] = None if value is None else clean_text(value)
    only_retrieves = described.get("only_retrieves", False) is True
    digits = text["prompt_sha256"]
    return {
        **text,
        "prompt_sha256": digits if digits is None or _SHA256.fullmatch(digits) else "",
        "uses_images": described.get("uses_images", True) is not False,
        "uses_model": described.get("uses_model", True) is not False,
        "any_model": False,
        "methods": [name for name in ANSWERING_METHODS if not (only_retrieves and name in ANSWERS)]
        + ["search"] * only_retrieves,
    }
