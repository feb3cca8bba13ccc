"""Reads the pixel certificate of an entry, and compares its runs with the entry's."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from locomo_vqa.files import parse_json
from locomo_vqa.run_notes import embedder_of
from locomo_vqa.schemas import validate

from .plain_files import CERTIFICATE, read_plain

__all__ = ["check_certificate_file", "differences", "read_certificate"]

_RANKED = ("test", "all")
_REMEDY = "Submit the run again, with the folder that `ablate` wrote."


def read_certificate(entry: Path) -> dict[str, Any] | None:
    """Return the certificate.json of an entry's folder; None if it has none.

    Raises:
        InputError: it can't be read, or does not match its schema.
    """
    path = entry / CERTIFICATE
    if not os.path.lexists(path):
        return None
    name = Path(CERTIFICATE)
    document: dict[str, Any] = parse_json(read_plain(path), path=name, what="the certificate")
    check_certificate_file(document, name)
    return document


def check_certificate_file(document: Any, path: Path) -> None:
    """Check a certificate.json, and each run.json in it, against their schemas.

    Raises:
        InputError: it does not match.
    """
    validate(document, "certificate", path=path, remedy=_REMEDY)
    for asked in document["asked"]:
        for role, part in asked["runs"].items():
            validate(part["run"], "run", path=path, place=f"the run {role}", remedy=_REMEDY)


def differences(document: Mapping[str, Any], run: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the runs of a certificate have that an entry's run has not.

    The split is the entry's or one that entries are ranked on.
    """
    wanted = _identity(run)
    splits = {run["dataset"]["split"], *_RANKED}
    for asked in document["asked"]:
        for part in asked["runs"].values():
            if part["run"]["dataset"]["split"] not in splits:
                yield "split"
            for name, value in _identity(part["run"]).items():
                if value != wanted[name]:
                    yield name


def _identity(run: Mapping[str, Any]) -> dict[str, Any]:
    """Return what ran: the system with its version and own code, its models and options."""
    environment = (run.get("record") or {}).get("environment") or {}
    return {
        "system": run["system"],
        "answerer": run["answerer"],
        "options": run.get("options") or [],
        "passages (top_k)": run.get("top_k"),
        "embedder": embedder_of(run),
        "code": environment.get("modules"),
    }
