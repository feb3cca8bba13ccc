"""Adds the pixel certificate of an ablation to a submission."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from locomo_vqa.errors import InputError
from locomo_vqa.files import read_json, some, write_text
from locomo_vqa.run_seal import is_unchanged, sealed

from ..entry_files.certificate import check_certificate_file, differences
from ..entry_files.plain_files import CERTIFICATE, RUN, read_plain
from .public_copy import public_record

__all__ = ["write_public_certificate"]


def write_public_certificate(ablation: Path, out: Path) -> None:
    """Write the certificate.json of an ablation's folder into a submission that has its run.json.

    As there, paths become names, and private hosts an ellipsis.

    Raises:
        InputError: the folder has no certificate, or it is of another system, model or options.
    """
    path = ablation / CERTIFICATE
    if not path.is_file():
        raise InputError(
            f"`ablation`: {ablation} has no {CERTIFICATE}.",
            "Name the folder that `ablate` wrote, with the image modes pixels, caption and "
            "shuffled.",
        )
    document = read_json(path, what="the certificate")
    check_certificate_file(document, path)
    for asked in document["asked"]:
        for part in asked["runs"].values():
            part["run"] = _public(part["run"])
    unlike = dict.fromkeys(differences(document, json.loads(read_plain(out / RUN))))
    if unlike:
        raise InputError(
            f"`ablation`: {ablation} and the run differ in {some(list(unlike))}.",
            "Run `ablate` with the same system, model, options and split as the run.",
        )
    write_text(out / CERTIFICATE, json.dumps(document, ensure_ascii=False) + "\n")


def _public(info: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = public_record(info)
    if shown == info or "seal" not in info or not is_unchanged(info):
        return shown
    return sealed(shown)
